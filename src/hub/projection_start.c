#include "hub/projection_start.h"

#include "base/log.h"
#include "base/mem.h"
#include "catalog/projection.h"
#include "hub/gate.h"

enum { RETRY_MS = 1000, BODY_BYTES = 64 * 1024 };

struct projection_start {
    struct hub *hub;
    bool on;
    struct hub_read read;
    struct hub_write *write;
    struct timer retry;
};

static void ask(struct projection_start *s)
{
    s->read.linearizable = true;
    hub_read(s->hub, &s->read);
}

static void ring(struct timer *timer)
{
    ask(CONTAINER_OF(timer, struct projection_start, retry));
}

static void written(void *ctx, enum err err, const struct command_result *result)
{
    struct projection_start *s = ctx;
    s->write = NULL;
    if (err == OK && result->err == OK)
        log_info("projection: rules are set on=%d", s->on);
    else if (err != ERR_STOPPING)
        timer_start(&s->retry, RETRY_MS); /* there is no leader yet */
}

static void set(struct projection_start *s)
{
    struct projection_rules rules = { .n = 0 };
    struct buf body;
    if (s->on)
        rules = projection_defaults();
    buf_init(&body, BODY_BYTES);
    projection_rules_write(&rules, &body);
    s->write = hub_submit(s->hub, granted_self(), COMMAND_PROJECTION, buf_bytes(&body), written, s);
    buf_fini(&body);
}

/* The defaults hold without a row, and a store in which nothing was written yet needs none. What
 * was written before there were rules is reached by setting them. */
static bool must_set(const struct projection_start *s, const struct view *view)
{
    struct arena arena;
    struct draft_row row;
    struct projection_rules rules;
    arena_init(&arena, 0);
    struct draft *d = draft_new(view, &arena);
    bool there = draft_get(d, SPACE_SYSTEM, bytes_str(PROJECTION_KEY), &row) == OK;
    bool known = there && projection_rules_read(row.value, &rules) == OK;
    bool must = known ? (rules.n > 0) != s->on : !s->on || view_revision(view) > 1;
    arena_fini(&arena);
    return must;
}

static void ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct projection_start *s = CONTAINER_OF(r, struct projection_start, read);
    if (err == OK && must_set(s, view))
        set(s);
    else if (err != OK && err != ERR_STOPPING)
        timer_start(&s->retry, RETRY_MS);
}

struct projection_start *projection_start_new(struct hub *h, bool on)
{
    struct projection_start *s = mem_zalloc(1, sizeof *s);
    s->hub = h;
    s->on = on;
    s->read = (struct hub_read){ .granted = granted_self(), .ready = ready };
    timer_init(&s->retry, hub_loop(h), ring);
    ask(s);
    return s;
}

void projection_start_free(struct projection_start *s)
{
    if (s == NULL)
        return;
    hub_read_cancel(s->hub, &s->read);
    timer_stop(&s->retry);
    if (s->write != NULL)
        hub_write_abandon(s->write);
    mem_free(s);
}
