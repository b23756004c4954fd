/* Waits, found by the ranges they hang on as watchers are (watch_index.h).
 *
 * A change puts the waits it concerns on the list of those that are due; they are woken by a work
 * of the hub, some a turn, so that ten thousand who wait for one thing do not hold up the thread.
 * When changes have been compacted away unseen, all are woken: they look for themselves. */
#include "hub/wait.h"

#include <assert.h>

#include "base/mem.h"
#include "hub/gate.h"
#include "hub/watch.h"
#include "hub/watch_index.h"

enum { WOKEN_A_TURN = 200 };

struct wait_hook {    /* of one wait in one range */
    struct list link; /* group->watchers */
    struct watch_group *group;
    struct wait *wait;
    struct wait_hook *next; /* of the same wait */
};

struct wait_table {
    struct hub *hub;
    struct watch_index *index;
    struct watch_stream *stream;
    struct list due;
    struct hub_work work;
    bool works;
    struct hub_listener listener;
};

static const enum space watched[] = { SPACE_CATALOG, SPACE_CONSUL_KV };

/* -- waking ----------------------------------------------------------------------------------- */

static void unhook(struct wait *w)
{
    while (w->hooks != NULL) {
        struct wait_hook *hook = w->hooks;
        w->hooks = hook->next;
        list_remove(&hook->link);
        if (--hook->group->watcher_n == 0)
            watch_index_drop(w->table->index, hook->group);
        mem_free(hook);
    }
}

static bool wake_some(struct hub_work *work, const struct view *view)
{
    struct wait_table *t = CONTAINER_OF(work, struct wait_table, work);
    for (int i = 0; i < WOKEN_A_TURN && !list_is_empty(&t->due); i++) {
        struct wait *w = LIST_FIRST(&t->due, struct wait, link);
        list_remove(&w->link);
        w->is_due = false;
        unhook(w);
        w->woken(w, view);
    }
    t->works = !list_is_empty(&t->due);
    return !t->works;
}

static void wake_group(void *ctx, struct watch_group *g)
{
    struct wait_table *t = ctx;
    LIST_FOR_EACH(link, &g->watchers)
    {
        struct wait *w = CONTAINER_OF(link, struct wait_hook, link)->wait;
        if (w->is_due)
            continue;
        w->is_due = true;
        list_append(&t->due, &w->link);
    }
    if (!t->works && !list_is_empty(&t->due)) {
        t->works = true;
        hub_work_add(t->hub, &t->work);
    }
}

/* -- watching --------------------------------------------------------------------------------- */

static void created(struct watcher *w, uint64_t revision)
{
}

static enum space *space_of(struct watcher *w)
{
    return watcher_ctx(w);
}

static void events(struct watcher *w, const struct watch_events *e)
{
    struct wait_table *t = watch_stream_ctx(watcher_stream(w));
    for (size_t i = 0; i < e->n; i++)
        watch_index_find(t->index, *space_of(w), e->events[i]->kv.key, wake_group, t);
}

static void watch_space(struct wait_table *t, const enum space *space)
{
    static const uint8_t zero[1] = { 0 };
    struct watch_options options = { .space = *space,
                                     .key = bytes_of(zero, 1),
                                     .end = bytes_of(zero, 1),
                                     .ctx = (void *)(uintptr_t)space };
    watch_open(t->stream, granted_self(), &options);
}

static void compacted(struct watcher *w, uint64_t revision)
{
    struct wait_table *t = watch_stream_ctx(watcher_stream(w));
    watch_index_each(t->index, *space_of(w), wake_group, t);
    watch_space(t, space_of(w)); /* from now on */
}

/* SYSTEM counts revisions of its own and has no watchers; it changes seldom. */
static void changed(struct hub_listener *l, unsigned spaces, const struct view *view)
{
    struct wait_table *t = CONTAINER_OF(l, struct wait_table, listener);
    if ((spaces & BIT(SPACE_SYSTEM)) != 0)
        watch_index_each(t->index, SPACE_SYSTEM, wake_group, t);
}

static size_t pending(void *ctx)
{
    return 0; /* nothing is kept: it is never behind by itself */
}

static void free_shared(void *shared)
{
}

static const struct watch_ops ops = { .created = created,
                                      .events = events,
                                      .compacted = compacted,
                                      .pending = pending,
                                      .free_shared = free_shared };

struct wait_table *wait_table_new(struct hub *h)
{
    struct siphash_key key;
    struct wait_table *t = mem_zalloc(1, sizeof *t);
    entropy_fill(&key, sizeof key);
    t->hub = h;
    t->index = watch_index_new(&key);
    t->work.run = wake_some;
    list_init(&t->due);
    t->stream = watch_stream_new(h, &ops, t);
    for (size_t i = 0; i < ARRAY_LEN(watched); i++)
        watch_space(t, &watched[i]);
    t->listener.changed = changed;
    hub_listen(h, &t->listener);
    return t;
}

void wait_table_free(struct wait_table *t)
{
    if (t == NULL)
        return;
    assert(list_is_empty(&t->due));
    if (t->works)
        hub_work_remove(t->hub, &t->work);
    hub_unlisten(t->hub, &t->listener);
    watch_stream_free(t->stream);
    watch_index_free(t->index);
    mem_free(t);
}

/* -- hanging on ------------------------------------------------------------------------------- */

void wait_init(struct wait *w, struct wait_table *t,
               void (*woken)(struct wait *w, const struct view *view))
{
    *w = (struct wait){ .table = t, .woken = woken };
}

void wait_on(struct wait *w, enum space space, struct bytes key, struct bytes end)
{
    struct wait_hook *hook = mem_zalloc(1, sizeof *hook);
    hook->wait = w;
    hook->group = watch_index_group(w->table->index, space, key, end);
    hook->group->watcher_n++;
    list_append(&hook->group->watchers, &hook->link);
    hook->next = w->hooks;
    w->hooks = hook;
}

void wait_on_prefix(struct wait *w, enum space space, struct bytes prefix)
{
    static const uint8_t zero[1] = { 0 };
    struct buf end;
    buf_init(&end, prefix.n + 1);
    buf_put_bytes(&end, prefix);
    while (end.n > 0 && end.p[end.n - 1] == 0xff)
        end.n--;
    if (end.n > 0)
        end.p[end.n - 1]++;
    wait_on(w, space, prefix.n == 0 ? bytes_of(zero, 1) : prefix,
            end.n == 0 ? bytes_of(zero, 1) : buf_bytes(&end));
    buf_fini(&end);
}

void wait_end(struct wait *w)
{
    if (w->table == NULL)
        return;
    unhook(w);
    if (w->is_due)
        list_remove(&w->link);
    w->is_due = false;
}
