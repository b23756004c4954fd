/* Checks that follow a service, of this node or another: judged anew, all of them, when anything in
 * the catalog has changed, at most once in LOCAL_ALIAS_MS. */
#include "health/local_alias.h"

#include "base/text.h"
#include "catalog/read.h"
#include "health/alias.h"

/* A check of the node that follows one of its services does not follow itself. */
static void leave_out(struct checks *checks, const struct local_check *c)
{
    size_t n = 0;
    for (size_t i = 0; i < checks->n; i++)
        if (!text_eq_nocase(checks->all[i].id, c->id.check))
            checks->all[n++] = checks->all[i];
    checks->n = n;
}

static void judge_one(struct local_check *c, const struct view *view)
{
    struct local_checks *l = c->local;
    const struct owner owner = { FACE_CONSUL, c->alias_node, c->alias_service };
    struct from_node published;
    struct checks of_service = { 0 }, of_node = { 0 };
    struct alias_target target = { .node = c->alias_node,
                                   .service = c->alias_service,
                                   .of_service = &of_service,
                                   .of_node = &of_node };
    struct arena arena;
    struct buf out;
    arena_init(&arena, 0);
    buf_init(&out, CHECK_TEXT_MAX + 1024);
    target.is_there = c->alias_service.n == 0 ||
                      from_node_find(view, local_ns(l), &owner, &arena, &published) == OK;
    enum err e = checks_read(view, local_ns(l), c->alias_node, bytes_str(""), &arena, &of_node);
    if (e == OK && c->alias_service.n > 0)
        e = checks_read(view, local_ns(l), c->alias_node, c->alias_service, &arena, &of_service);
    bool is_here = text_eq_nocase(c->alias_node, local_node(l));
    if (is_here && c->id.instance.n == 0)
        leave_out(&of_node, c);
    if (is_here && text_eq_nocase(c->alias_service, c->id.instance))
        leave_out(&of_service, c);
    if (e == OK) {
        enum status status = alias_judge(&target, &out);
        IGNORE(runner_note(l->runner, c->key, status, buf_bytes(&out))); /* it is there */
    }
    buf_fini(&out);
    arena_fini(&arena);
}

static void on_view(struct hub_read *r, enum err err, const struct view *view)
{
    struct local_checks *l = CONTAINER_OF(r, struct local_checks, judge);
    struct local_check *c, *next;
    l->is_judging = false;
    if (err != OK)
        return;
    HASH_ITER(hh, l->checks, c, next)
    {
        if (c->kind == CHECK_ALIAS)
            judge_one(c, view);
    }
}

static void on_timer(struct timer *timer)
{
    struct local_checks *l = CONTAINER_OF(timer, struct local_checks, alias);
    if (l->is_judging)
        return;
    l->is_judging = true;
    l->judge = (struct hub_read){ .granted = granted_self(), .ready = on_view };
    hub_read(l->options.hub, &l->judge);
}

void local_alias_soon(struct local_checks *l)
{
    if (!timer_is_set(&l->alias))
        timer_start(&l->alias, LOCAL_ALIAS_MS);
}

static void on_changed(struct hub_listener *listener, unsigned spaces, const struct view *view)
{
    struct local_checks *l = CONTAINER_OF(listener, struct local_checks, listener);
    (void)view;
    if (l->alias_n > 0 && (spaces & BIT(SPACE_CATALOG)) != 0)
        local_alias_soon(l);
}

void local_alias_init(struct local_checks *l)
{
    timer_init(&l->alias, local_loop(l), on_timer);
    l->listener.changed = on_changed;
    hub_listen(l->options.hub, &l->listener);
}

void local_alias_fini(struct local_checks *l)
{
    timer_stop(&l->alias);
    hub_unlisten(l->options.hub, &l->listener);
    if (l->is_judging)
        hub_read_cancel(l->options.hub, &l->judge);
}
