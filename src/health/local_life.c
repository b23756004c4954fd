/* The table of a node's checks, kept as the catalog has it.
 *
 * A watcher tells which rows change; each is read again from the view, so that it does not matter
 * in how many steps it changed. At the start, and if changes were compacted away unseen, all are
 * read. Only checks with a definition of ours are in the table. */
#include "health/local.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "catalog/key_read.h"
#include "catalog/read.h"
#include "health/local_alias.h"
#include "health/local_core.h"
#include "health/local_push.h"
#include "health/local_reap.h"
#include "loop/mailbox.h"

/* -- the table --------------------------------------------------------------------------------- */

static void drop(struct local_check *c)
{
    struct local_checks *l = c->local;
    runner_remove(l->runner, c->key);
    if (c->write != NULL)
        hub_write_abandon(c->write);
    if (c->kind == CHECK_ALIAS)
        l->alias_n--;
    list_remove(&c->retry);
    HASH_DEL(l->checks, c);
    buf_fini(&c->row);
    buf_fini(&c->output);
    arena_fini(&c->arena);
    mem_free(c);
}

static void drop_key(struct local_checks *l, struct bytes key)
{
    struct local_check *c = local_find(l, key);
    if (c != NULL)
        drop(c);
}

static struct local_check *add(struct local_checks *l, struct bytes key)
{
    struct local_check *c = mem_zalloc(1, sizeof(*c));
    c->local = l;
    c->kind = CHECK_TTL;
    c->status = STATUS_UP;
    arena_init(&c->arena, 0);
    c->key = arena_dup(&c->arena, key);
    if (check_key_read(c->key, &c->id) != OK)
        c->id = (struct check_id){ 0 }; /* no such key is asked for */
    buf_init(&c->row, CHECK_MAX);
    buf_init(&c->output, CHECK_TEXT_MAX);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, l->checks, c->key.p, c->key.n,
                                (unsigned)siphash(&l->key, c->key), c);
    return c;
}

static void note_definition(struct local_check *c, const struct check_definition *d)
{
    struct local_checks *l = c->local;
    l->alias_n += (d->kind == CHECK_ALIAS) - (c->kind == CHECK_ALIAS);
    c->has_verdict = c->is_wanted = false;
    c->kind = d->kind;
    c->deregister_after_ms = d->deregister_after_ms;
    if (d->kind != CHECK_ALIAS)
        return;
    c->alias_node = arena_dup(&c->arena, d->alias_node.n > 0 ? d->alias_node : local_node(l));
    c->alias_service = arena_dup(&c->arena, d->alias_service);
    local_alias_soon(l);
}

/* What a row says that is new or has changed. */
static void take_row(struct local_checks *l, struct bytes key, const struct check *row,
                     const struct check_definition *d)
{
    struct local_check *c = local_find(l, key);
    bool is_new = c == NULL;
    struct bytes extras = { 0 };
    struct check before;
    if (is_new)
        c = add(l, key);
    else if (check_read(buf_bytes(&c->row), &before) == OK)
        extras = before.extras;
    bool is_other = is_new || !bytes_eq(extras, row->extras);
    if (row->status == STATUS_DOWN && (is_new || c->status != STATUS_DOWN))
        c->critical_since_ms = local_now_ms(l);
    bool has_moved = !is_new && c->status != row->status;
    c->is_seen = true;
    c->status = row->status;
    c->modify = row->modify;
    if (is_other) {
        note_definition(c, d);
        runner_set(l->runner, c->key, d, row->status, row->output);
    }
    buf_clear(&c->row, SIZE_MAX);
    check_write(row, &c->row);
    /* Somebody else has said how a service is that tells us itself. */
    if (has_moved && c->kind == CHECK_TTL && !(c->has_verdict && c->verdict == row->status))
        IGNORE(runner_note(l->runner, c->key, row->status, row->output)); /* it is there */
    local_push(c);
}

static void read_row(struct local_checks *l, struct bytes key, const struct check *row,
                     struct arena *arena)
{
    struct check_definition d;
    bool is_ours = row->extras.n > 0 && row->extras.p[0] == CHECK_DEFINITION_FORMAT &&
                   check_definition_read(row->extras, arena, &d) == OK && !d.is_external;
    if (is_ours)
        take_row(l, key, row, &d);
    else
        drop_key(l, key);
}

/* -- following the catalog --------------------------------------------------------------------- */

static void refresh(struct local_checks *l, const struct view *view, struct bytes key)
{
    struct arena arena;
    struct check_id id;
    struct check row;
    arena_init(&arena, 0);
    enum err e = check_key_read(key, &id);
    if (e == OK)
        e = check_row_read(view, &id, &arena, &row);
    if (e == OK)
        read_row(l, key, &row, &arena);
    else
        drop_key(l, key);
    arena_fini(&arena);
}

static void on_events(struct watcher *w, const struct watch_events *e)
{
    struct local_checks *l = watch_stream_ctx(watcher_stream(w));
    for (size_t i = 0; i < e->n && !l->is_stopped; i++)
        refresh(l, e->view, e->events[i]->kv.key);
}

static void take_all(struct local_checks *l, const struct view *view)
{
    struct arena arena;
    struct all_checked all = { 0 };
    struct local_check *c, *next;
    struct buf key;
    arena_init(&arena, 0);
    buf_init(&key, LOCAL_KEY_MAX);
    enum err e = checked_read(view, local_ns(l), local_node(l), &arena, &all);
    if (e != OK)
        log_error("health: the node's checks cannot be read: %s", err_text(e));
    HASH_ITER(hh, l->checks, c, next)
    {
        c->is_seen = e != OK;
    }
    for (size_t i = 0; i < all.n; i++) {
        const struct checked *at = &all.all[i];
        const struct check_id id = { local_ns(l), at->node, at->instance, at->check.id };
        buf_clear(&key, SIZE_MAX);
        check_key(&id, &key);
        read_row(l, buf_bytes(&key), &at->check, &arena);
    }
    HASH_ITER(hh, l->checks, c, next)
    {
        if (!c->is_seen)
            drop(c);
    }
    buf_fini(&key);
    arena_fini(&arena);
}

static void on_reload(struct hub_read *r, enum err err, const struct view *view)
{
    struct local_checks *l = CONTAINER_OF(r, struct local_checks, reload);
    l->is_reloading = false;
    if (err == OK)
        take_all(l, view);
}

static void on_created(struct watcher *w, uint64_t revision)
{
    struct local_checks *l = watch_stream_ctx(watcher_stream(w));
    (void)revision;
    if (l->is_reloading || l->is_stopped)
        return;
    l->is_reloading = true;
    l->reload = (struct hub_read){ .granted = granted_self(), .ready = on_reload };
    hub_read(l->options.hub, &l->reload);
}

static void watch_node(struct local_checks *l)
{
    struct buf end;
    buf_init(&end, LOCAL_KEY_MAX);
    prefix_end(buf_bytes(&l->prefix), &end);
    const struct watch_options options = { .space = SPACE_CATALOG,
                                           .key = buf_bytes(&l->prefix),
                                           .end = buf_bytes(&end) };
    watch_open(l->stream, granted_self(), &options);
    buf_fini(&end);
}

static void on_compacted(struct watcher *w, uint64_t revision)
{
    struct local_checks *l = watch_stream_ctx(watcher_stream(w));
    (void)revision;
    if (!l->is_stopped)
        watch_node(l);
}

static size_t pending(void *ctx)
{
    (void)ctx;
    return 0; /* nothing is kept */
}

static void free_shared(void *shared)
{
    (void)shared;
}

static const struct watch_ops ops = { .created = on_created,
                                      .events = on_events,
                                      .compacted = on_compacted,
                                      .pending = pending,
                                      .free_shared = free_shared };

/* -- what services say themselves -------------------------------------------------------------- */

struct note {
    struct mail mail;
    struct local_checks *local;
    enum status status;
    struct buf key, output;
};

static void deliver_note(struct mail *take_mail)
{
    struct note *n = CONTAINER_OF(take_mail, struct note, mail);
    struct local_checks *l = n->local;
    struct local_check *c = l->is_stopped ? NULL : local_find(l, buf_bytes(&n->key));
    if (c != NULL && c->kind == CHECK_TTL)
        IGNORE(runner_note(l->runner, c->key, n->status, buf_bytes(&n->output))); /* it is there */
    buf_fini(&n->key);
    buf_fini(&n->output);
    mem_free(n);
}

void local_checks_note(struct local_checks *l, struct bytes instance, struct bytes check,
                       enum status status, struct bytes output)
{
    const struct check_id id = { local_ns(l), local_node(l), instance, check };
    struct note *n = mem_zalloc(1, sizeof(*n));
    n->mail.deliver = deliver_note;
    n->local = l;
    n->status = status;
    buf_init(&n->key, LOCAL_KEY_MAX);
    check_key(&id, &n->key);
    buf_init(&n->output, CHECK_TEXT_MAX);
    buf_put_bytes(&n->output,
                  output.n > CHECK_TEXT_MAX ? bytes_of(output.p, CHECK_TEXT_MAX) : output);
    mailbox_send(l->options.box, &n->mail);
}

/* -- life -------------------------------------------------------------------------------------- */

struct local_checks *local_checks_new(const struct local_options *options)
{
    struct local_checks *l = mem_zalloc(1, sizeof(*l));
    l->options = *options;
    entropy_fill(&l->key, sizeof(l->key));
    l->runner = runner_new(&(struct runner_options){ .loop = hub_loop(options->hub),
                                                     .prober = options->prober,
                                                     .seed = entropy_u64(),
                                                     .at_once = options->at_once,
                                                     .metrics = options->metrics,
                                                     .sink = local_push_result,
                                                     .ctx = l });
    list_init(&l->retries);
    timer_init(&l->retry, local_loop(l), local_push_retries);
    buf_init(&l->prefix, LOCAL_KEY_MAX);
    check_prefix(local_ns(l), local_node(l), (struct bytes){ 0 }, &l->prefix);
    if (options->metrics != NULL) {
        l->writes_total = metric_counter(options->metrics, "muster_check_writes_total",
                                         "Changes of checks that were written to the catalog");
        l->deregistered_total =
            metric_counter(options->metrics, "muster_check_deregistered_services_total",
                           "Services that were deregistered because a check stayed critical");
    }
    local_alias_init(l);
    local_reap_init(l);
    l->stream = watch_stream_new(options->hub, &ops, l);
    watch_node(l);
    return l;
}

void local_checks_stop(struct local_checks *l)
{
    struct local_check *c, *next;
    if (l->is_stopped)
        return;
    l->is_stopped = true;
    watch_stream_free(l->stream);
    if (l->is_reloading)
        hub_read_cancel(l->options.hub, &l->reload);
    local_alias_fini(l);
    local_reap_fini(l);
    timer_stop(&l->retry);
    HASH_ITER(hh, l->checks, c, next)
    {
        drop(c);
    }
    runner_stop(l->runner);
}

void local_checks_free(struct local_checks *l)
{
    if (l == NULL)
        return;
    local_checks_stop(l);
    runner_free(l->runner);
    buf_fini(&l->prefix);
    mem_free(l);
}
