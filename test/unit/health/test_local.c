/* A node's checks on a whole kernel: from the catalog, run, and back. */
#include "health/local.h"

#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "catalog/change.h"
#include "catalog/kinds.h"
#include "catalog/read.h"
#include "health/check.h"
#include "kernel.h"
#include "test/lib/target.h"

#define NS bytes_str(NAMESPACE_DEFAULT)
#define NODE bytes_str("n1")

enum { REAP_MS = 20 };

struct world {
    struct kernel k;
    struct prober *prober;
    struct local_checks *local;
    struct hub_listener listener;
    struct loops_event changed; /* once a turn in which CATALOG changed */
    struct target *t;
    _Atomic uint64_t now_ms;
};

/* -- the server -------------------------------------------------------------------------------- */

static void on_changed(struct hub_listener *l, unsigned spaces, const struct view *view)
{
    struct world *w = CONTAINER_OF(l, struct world, listener);
    (void)view;
    if ((spaces & BIT(SPACE_CATALOG)) != 0)
        loops_event_happen(&w->changed);
}

static uint64_t clock_ms(void *ctx)
{
    return atomic_load(&((struct world *)ctx)->now_ms);
}

static void made(void *ctx)
{
    struct world *w = ctx;
    const struct prober_options prober = { .loop = w->k.loop };
    assert_int_equal(prober_new(&prober, &w->prober, NULL), OK);
    w->local = local_checks_new(&(struct local_options){ .hub = w->k.hub,
                                                         .box = w->k.box,
                                                         .ns = NAMESPACE_DEFAULT,
                                                         .node = "n1",
                                                         .of_member = true,
                                                         .prober = w->prober,
                                                         .metrics = w->k.metrics,
                                                         .reap_ms = REAP_MS,
                                                         .now_ms = clock_ms,
                                                         .ctx = w });
    w->listener.changed = on_changed;
    hub_listen(w->k.hub, &w->listener);
}

static void ended(void *ctx)
{
    struct world *w = ctx;
    hub_unlisten(w->k.hub, &w->listener);
    local_checks_free(w->local);
    prober_free(w->prober);
}

static void serve_nothing(struct target *t, int fd)
{
    (void)t, (void)fd;
}

static void start(struct world *w)
{
    w->k.replica_options.kinds = catalog_kinds(&w->k.replica_options.kind_n);
    w->k.replica_options.hooks = catalog_hooks();
    kernel_start(&w->k);
}

static int set_up(void **state)
{
    static struct world w;
    w = (struct world){ 0 };
    kernel_init(&w.k, NULL);
    w.k.made = made;
    w.k.ended = ended;
    w.k.ctx = &w;
    loops_event_init(&w.changed);
    w.t = target_start(serve_nothing, NULL);
    start(&w);
    *state = &w;
    return 0;
}

static void stop_checks(void *ctx)
{
    struct world *w = ctx;
    local_checks_stop(w->local);
    prober_stop(w->prober);
}

static void count(void *ctx)
{
    struct world *w = ctx;
    if (prober_count(w->prober) == 0)
        w->t = NULL;
}

static void stop(struct world *w)
{
    struct target *t = w->t;
    kernel_call(&w->k, stop_checks, w);
    for (int i = 0; i < 100000 && w->t != NULL; i++)
        kernel_call(&w->k, count, w);
    assert_null(w->t);
    w->t = t;
    kernel_stop(&w->k, true);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    stop(w);
    kernel_fini(&w->k);
    target_stop(w->t);
    loops_event_fini(&w->changed);
    return 0;
}

/* -- writing ----------------------------------------------------------------------------------- */

static enum err submit(struct world *w, const struct change_op *op)
{
    struct buf body;
    buf_init(&body, 1024 * 1024);
    change_write(op, 1, &body);
    uint64_t revision;
    enum err e = kernel_submit(&w->k, COMMAND_CATALOG_CHANGE, buf_bytes(&body), &revision);
    buf_fini(&body);
    return e;
}

static void put_service(struct world *w, const char *id)
{
    const struct publication p = { .reported = STATUS_UP,
                                   .enabled = true,
                                   .id = bytes_str(id),
                                   .address = bytes_str("10.0.0.1"),
                                   .port = 80,
                                   .weight = WEIGHT_ONE,
                                   .node = NODE };
    struct buf row;
    buf_init(&row, PUBLICATION_MAX);
    publication_write(&p, &row);
    const struct change_op op = { .kind = CHANGE_PUBLICATION,
                                  .ns = NS,
                                  .publication = { .when = { .verb = OP_SET },
                                                   .group = bytes_str(GROUP_DEFAULT),
                                                   .name = bytes_str("web"),
                                                   .owner = { FACE_CONSUL, NODE, bytes_str(id) },
                                                   .of_member = true,
                                                   .row = buf_bytes(&row) } };
    assert_int_equal(submit(w, &op), OK);
    buf_fini(&row);
}

static void put_check(struct world *w, const char *instance, const char *id,
                      struct check_definition d, enum status status)
{
    struct buf extras, row;
    buf_init(&extras, CHECK_DEFINITION_MAX);
    buf_init(&row, CHECK_MAX);
    assert_int_equal(check_settle(&d, NULL), OK);
    check_definition_write(&d, &extras);
    const struct check check = { .status = status,
                                 .id = bytes_str(id),
                                 .name = bytes_str(id),
                                 .type = bytes_str(check_kind_name(d.kind)),
                                 .extras = buf_bytes(&extras) };
    check_write(&check, &row);
    const struct change_op op = { .kind = CHANGE_CHECK,
                                  .ns = NS,
                                  .check = { .when = { .verb = OP_SET },
                                             .node = NODE,
                                             .instance = bytes_str(instance),
                                             .id = bytes_str(id),
                                             .of_member = true,
                                             .row = buf_bytes(&row) } };
    assert_int_equal(submit(w, &op), OK);
    buf_fini(&extras);
    buf_fini(&row);
}

static struct check_definition tcp_check(uint16_t port)
{
    static char target[40];
    snprintf(target, sizeof(target), "127.0.0.1:%u", port);
    return (struct check_definition){ .tcp = bytes_str(target), .interval_ms = 1000 };
}

/* -- reading ----------------------------------------------------------------------------------- */

struct reading {
    struct world *w;
    struct hub_read read;
    struct loops_event done;
    struct bytes instance, id;
    bool is_there;
    enum status status;
    char output[300];
    bool has_service;
};

static void on_view(struct hub_read *read, enum err err, const struct view *view)
{
    struct reading *r = CONTAINER_OF(read, struct reading, read);
    struct arena arena;
    struct check check;
    struct from_node published;
    const struct check_id id = { NS, NODE, r->instance, r->id };
    const struct owner owner = { FACE_CONSUL, NODE, r->instance };
    assert_int_equal(err, OK);
    arena_init(&arena, 0);
    r->is_there = check_row_read(view, &id, &arena, &check) == OK;
    if (r->is_there) {
        r->status = check.status;
        snprintf(r->output, sizeof(r->output), "%.*s", (int)check.output.n,
                 (const char *)check.output.p);
    }
    r->has_service = from_node_find(view, NS, &owner, &arena, &published) == OK;
    arena_fini(&arena);
    loops_event_happen(&r->done);
}

static void begin_read(void *ctx)
{
    struct reading *r = ctx;
    r->read =
        (struct hub_read){ .linearizable = true, .granted = r->w->k.granted, .ready = on_view };
    hub_read(r->w->k.hub, &r->read);
}

static struct reading read_check(struct world *w, const char *instance, const char *id)
{
    static struct reading r;
    r = (struct reading){ .w = w, .instance = bytes_str(instance), .id = bytes_str(id) };
    loops_event_init(&r.done);
    kernel_call(&w->k, begin_read, &r);
    assert_true(loops_event_wait(&r.done, 1, LOOPS_DEADLINE_MS));
    loops_event_fini(&r.done);
    return r;
}

/* Until the check is STATUS, looking after each change of the catalog. */
static struct reading wait_status(struct world *w, const char *instance, const char *id,
                                  enum status status)
{
    for (;;) {
        unsigned seen = w->changed.count;
        struct reading r = read_check(w, instance, id);
        if (r.is_there && r.status == status)
            return r;
        if (!loops_event_wait(&w->changed, seen + 1, LOOPS_DEADLINE_MS))
            fail_msg("%s stays at %d: %s", id, r.status, r.output);
    }
}

/* -- results ----------------------------------------------------------------------------------- */

static void probe_of_a_service_ends_in_its_row(void **state)
{
    struct world *w = *state;
    put_service(w, "web1");
    put_check(w, "web1", "c", tcp_check(target_port(w->t)), STATUS_DOWN);
    struct reading r = wait_status(w, "web1", "c", STATUS_UP);
    assert_non_null(strstr(r.output, ": Success"));
}

static void new_definition_replaces_the_old(void **state)
{
    struct world *w = *state;
    put_check(w, "", "c", tcp_check(target_port(w->t)), STATUS_DOWN);
    wait_status(w, "", "c", STATUS_UP);
    put_check(w, "", "c", tcp_check(target_dead_port()), STATUS_UP);
    struct reading r = wait_status(w, "", "c", STATUS_DOWN);
    assert_non_null(strstr(r.output, "connection refused"));
}

static void what_others_say_of_a_probed_check_does_not_stay(void **state)
{
    struct world *w = *state;
    put_check(w, "", "c", tcp_check(target_port(w->t)), STATUS_DOWN);
    wait_status(w, "", "c", STATUS_UP);
    put_check(w, "", "c", tcp_check(target_port(w->t)), STATUS_DOWN); /* the same definition */
    wait_status(w, "", "c", STATUS_UP);
}

static void checks_are_there_again_after_a_restart(void **state)
{
    struct world *w = *state;
    put_check(w, "", "c", tcp_check(target_port(w->t)), STATUS_DOWN);
    wait_status(w, "", "c", STATUS_UP);
    stop(w);
    target_stop(w->t);
    start(w);
    struct reading r = wait_status(w, "", "c", STATUS_DOWN);
    assert_non_null(strstr(r.output, "connection refused"));
    w->t = target_start(serve_nothing, NULL);
}

/* -- TTL --------------------------------------------------------------------------------------- */

static void ttl_expires_in_its_row(void **state)
{
    struct world *w = *state;
    put_check(w, "", "t", (struct check_definition){ .ttl_ms = 20 }, STATUS_UP);
    struct reading r = wait_status(w, "", "t", STATUS_DOWN);
    assert_string_equal(r.output, "TTL expired");
    local_checks_note(w->local, bytes_str(""), bytes_str("t"), STATUS_SUSPECT, bytes_str("hm"));
    wait_status(w, "", "t", STATUS_SUSPECT);
    r = wait_status(w, "", "t", STATUS_DOWN);
    assert_string_equal(r.output, "TTL expired (last output before timeout follows): hm");
}

static void ttl_that_somebody_else_passes_begins_again(void **state)
{
    struct world *w = *state;
    put_check(w, "", "t", (struct check_definition){ .ttl_ms = 20 }, STATUS_DOWN);
    put_check(w, "", "t", (struct check_definition){ .ttl_ms = 20 }, STATUS_UP);
    wait_status(w, "", "t", STATUS_DOWN);
    put_check(w, "", "t", (struct check_definition){ .ttl_ms = 20 }, STATUS_UP);
    wait_status(w, "", "t", STATUS_DOWN);
}

static void notes_for_what_is_not_there_are_ignored(void **state)
{
    struct world *w = *state;
    local_checks_note(w->local, bytes_str("x"), bytes_str("y"), STATUS_UP, bytes_str(""));
    put_check(w, "", "t", (struct check_definition){ .ttl_ms = 20 }, STATUS_UP);
    wait_status(w, "", "t", STATUS_DOWN);
}

/* -- alias ------------------------------------------------------------------------------------- */

static void alias_follows_its_service(void **state)
{
    struct world *w = *state;
    const struct check_definition alias = { .is_alias = true, .alias_service = bytes_str("web1") };
    put_check(w, "", "a", alias, STATUS_UP);
    struct reading r = wait_status(w, "", "a", STATUS_DOWN);
    assert_string_equal(r.output, "Service web1 could not be found on node n1");
    put_service(w, "web1");
    r = wait_status(w, "", "a", STATUS_UP);
    assert_string_equal(r.output, "No checks found.");
    put_check(w, "web1", "t", (struct check_definition){ .ttl_ms = 60000 }, STATUS_SUSPECT);
    r = wait_status(w, "", "a", STATUS_SUSPECT);
    assert_string_equal(r.output, "Aliased check \"t\" failing: ");
    put_check(w, "web1", "t", (struct check_definition){ .ttl_ms = 60000 }, STATUS_UP);
    wait_status(w, "", "a", STATUS_UP);
}

/* -- deregistering ----------------------------------------------------------------------------- */

static void critical_service_goes_after_its_time(void **state)
{
    struct world *w = *state;
    put_service(w, "web1");
    put_check(w, "web1", "keeps", (struct check_definition){ .ttl_ms = 60000 }, STATUS_DOWN);
    put_check(w, "web1", "t",
              (struct check_definition){ .ttl_ms = 60000, .deregister_after_ms = 60000 },
              STATUS_DOWN);
    atomic_store(&w->now_ms, 59999);
    /* what takes as long as some rounds */
    put_check(w, "", "u", (struct check_definition){ .ttl_ms = 5 * REAP_MS }, STATUS_UP);
    wait_status(w, "", "u", STATUS_DOWN);
    struct reading r = read_check(w, "web1", "t");
    assert_true(r.is_there && r.has_service);
    atomic_store(&w->now_ms, 60000);
    for (;;) {
        unsigned seen = w->changed.count;
        r = read_check(w, "web1", "t");
        if (!r.has_service)
            break;
        assert_true(loops_event_wait(&w->changed, seen + 1, LOOPS_DEADLINE_MS));
    }
    assert_false(r.is_there);
    assert_false(read_check(w, "web1", "keeps").is_there);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(probe_of_a_service_ends_in_its_row),
        WORLD_TEST(new_definition_replaces_the_old),
        WORLD_TEST(what_others_say_of_a_probed_check_does_not_stay),
        WORLD_TEST(checks_are_there_again_after_a_restart),
        WORLD_TEST(ttl_expires_in_its_row),
        WORLD_TEST(ttl_that_somebody_else_passes_begins_again),
        WORLD_TEST(notes_for_what_is_not_there_are_ignored),
        WORLD_TEST(alias_follows_its_service),
        WORLD_TEST(critical_service_goes_after_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
