/* The active checks of a server's node, put together on a kernel: they run, and they end. */
#include "server/node_checks.h"

#include <setjmp.h>
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

struct world {
    struct kernel k;
    struct node_checks *checks;
    struct hub_listener listener;
    struct loops_event warned; /* the check is SUSPECT, and what it says */
    char output[100];
};

static void on_changed(struct hub_listener *l, unsigned spaces, const struct view *view)
{
    struct world *w = CONTAINER_OF(l, struct world, listener);
    const struct check_id id = { .ns = bytes_str(NAMESPACE_DEFAULT),
                                 .node = bytes_str("n1"),
                                 .check = bytes_str("c") };
    struct arena arena;
    struct check check;
    (void)spaces;
    arena_init(&arena, 0);
    if (check_row_read(view, &id, &arena, &check) == OK && check.status == STATUS_SUSPECT) {
        snprintf(w->output, sizeof w->output, "%.*s", (int)check.output.n,
                 (const char *)check.output.p);
        loops_event_happen(&w->warned);
    }
    arena_fini(&arena);
}

static void made(void *ctx)
{
    struct world *w = ctx;
    struct why why = { "" };
    if (node_checks_open(w->checks, w->k.hub, w->k.box, "n1", w->k.metrics, &why) != OK)
        fail_msg("%s", why.text);
    w->listener.changed = on_changed;
    hub_listen(w->k.hub, &w->listener);
}

static void ended(void *ctx)
{
    struct world *w = ctx;
    hub_unlisten(w->k.hub, &w->listener);
    node_checks_close(w->checks);
    node_checks_free(w->checks); /* the sanitizer sees what it leaves */
}

static void start(struct world *w, bool scripts)
{
    struct why why = { "" };
    *w = (struct world){ 0 };
    if (node_checks_new(scripts, &w->checks, &why) != OK)
        fail_msg("%s", why.text);
    kernel_init(&w->k, NULL);
    w->k.made = made;
    w->k.ended = ended;
    w->k.ctx = w;
    w->k.replica_options.kinds = catalog_kinds(&w->k.replica_options.kind_n);
    w->k.replica_options.hooks = catalog_hooks();
    loops_event_init(&w->warned);
    kernel_start(&w->k);
}

static void stop(struct world *w)
{
    node_checks_stop(w->checks);
    node_checks_wait(w->checks, LOOPS_DEADLINE_MS);
    kernel_stop(&w->k, true);
    kernel_fini(&w->k);
    loops_event_fini(&w->warned);
}

static void register_check(struct world *w, struct check_definition d)
{
    struct buf extras, row, body;
    uint64_t revision;
    buf_init(&extras, CHECK_DEFINITION_MAX);
    buf_init(&row, CHECK_MAX);
    buf_init(&body, 2 * CHECK_MAX);
    assert_int_equal(check_settle(&d, NULL), OK);
    check_definition_write(&d, &extras);
    const struct check check = { .status = STATUS_DOWN,
                                 .id = bytes_str("c"),
                                 .name = bytes_str("c"),
                                 .extras = buf_bytes(&extras) };
    check_write(&check, &row);
    const struct change_op op = { .kind = CHANGE_CHECK,
                                  .ns = bytes_str(NAMESPACE_DEFAULT),
                                  .check = { .when = { .verb = OP_SET },
                                             .node = bytes_str("n1"),
                                             .id = bytes_str("c"),
                                             .of_member = true,
                                             .row = buf_bytes(&row) } };
    change_write(&op, 1, &body);
    assert_int_equal(kernel_submit(&w->k, COMMAND_CATALOG_CHANGE, buf_bytes(&body), &revision), OK);
    buf_fini(&extras);
    buf_fini(&row);
    buf_fini(&body);
}

static void script_runs_where_it_is_enabled(void **state)
{
    static struct world w;
    const struct bytes args[] = { bytes_str("/bin/sh"), bytes_str("-c"),
                                  bytes_str("echo hm; exit 1") };
    start(&w, true);
    register_check(&w, (struct check_definition){ .args = args, .arg_n = 3, .interval_ms = 1000 });
    assert_true(loops_event_wait(&w.warned, 1, LOOPS_DEADLINE_MS));
    assert_string_equal(w.output, "hm\n");
    stop(&w);
}

static void note_reaches_a_check_with_a_ttl(void **state)
{
    static struct world w;
    start(&w, false);
    register_check(&w, (struct check_definition){ .ttl_ms = 60000 });
    node_checks_note(w.checks, bytes_str(""), bytes_str("c"), STATUS_SUSPECT, bytes_str("slow"));
    assert_true(loops_event_wait(&w.warned, 1, LOOPS_DEADLINE_MS));
    assert_string_equal(w.output, "slow");
    stop(&w);
}

static void probes_under_way_do_not_hold_up_the_end(void **state)
{
    static struct world w;
    const struct bytes args[] = { bytes_str("/bin/sh"), bytes_str("-c"),
                                  bytes_str("exec sleep 1000") };
    start(&w, true);
    register_check(&w, (struct check_definition){ .args = args, .arg_n = 3, .interval_ms = 1000 });
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(script_runs_where_it_is_enabled),
        cmocka_unit_test(note_reaches_a_check_with_a_ttl),
        cmocka_unit_test(probes_under_way_do_not_hold_up_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
