#include "health/script_client.h"

#include <assert.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/conn.h"
#include "net/conn_set.h"

struct script_client {
    struct loop *loop;
    struct conn_set *set;
    struct conn *conn; /* NULL: the process has ended */
    struct buf in;
    struct list waiting, running; /* script_runs */
    size_t running_n;
    uint64_t next_id;
    bool is_stopping;
    struct loop_hook later; /* linked: those that wait are to be told that it has ended */
};

struct script_run {
    struct list link;
    struct script_client *client;
    uint64_t id; /* 0: waits */
    const struct bytes *args;
    size_t arg_n;
    uint64_t timeout_ms;
    uint32_t output_max;
    script_done_fn done;
    void *ctx;
};

/* -- orders ------------------------------------------------------------------------------------ */

static void send_order(struct script_client *c, const struct script_order *o)
{
    if (c->conn == NULL)
        return;
    script_order_write(o, conn_out(c->conn));
    conn_touch(c->conn);
}

static void run_next(struct script_client *c)
{
    while (c->running_n < SCRIPTS_AT_ONCE && !list_is_empty(&c->waiting)) {
        struct script_run *r = CONTAINER_OF(c->waiting.next, struct script_run, link);
        struct script_order o = { .verb = SCRIPT_RUN, .timeout_ms = r->timeout_ms };
        list_remove(&r->link);
        list_append(&c->running, &r->link);
        c->running_n++;
        r->id = o.id = ++c->next_id;
        o.output_max = r->output_max;
        o.arg_n = r->arg_n;
        for (size_t i = 0; i < r->arg_n; i++)
            o.args[i] = r->args[i];
        send_order(c, &o);
    }
}

static void drop_run(struct script_run *r)
{
    list_remove(&r->link);
    if (r->id != 0)
        r->client->running_n--;
    mem_free(r);
}

static void finish_run(struct script_run *r, const struct script_outcome *o)
{
    script_done_fn done = r->done;
    void *ctx = r->ctx;
    drop_run(r);
    done(ctx, o);
}

/* The process has ended: so have all that it ran or was to run. */
static void finish_all(struct script_client *c)
{
    static const struct script_outcome none = { .end = SCRIPT_NOT_STARTED };
    list_splice(&c->running, &c->waiting);
    while (!list_is_empty(&c->running))
        finish_run(CONTAINER_OF(c->running.next, struct script_run, link), &none);
}

static void on_later(struct loop_hook *hook)
{
    loop_hook_remove(hook);
    finish_all(CONTAINER_OF(hook, struct script_client, later));
}

static void finish_all_later(struct script_client *c)
{
    if (list_is_linked(&c->later.link))
        return;
    c->later.run = on_later;
    loop_hook_add(c->loop, LOOP_STAGE_MAIL, &c->later);
    loop_again(c->loop);
}

/* -- outcomes ---------------------------------------------------------------------------------- */

static void take_outcome(struct script_client *c, const struct script_outcome *o)
{
    LIST_FOR_EACH(link, &c->running)
    {
        struct script_run *r = CONTAINER_OF(link, struct script_run, link);
        if (r->id == o->id) {
            finish_run(r, o);
            break;
        }
    }
    run_next(c);
}

static void on_feed(void *self, struct bytes in)
{
    struct script_client *c = self;
    struct script_outcome o;
    size_t used, total = 0;
    buf_put_bytes(&c->in, in);
    enum err e;
    while ((e = script_outcome_read(bytes_skip(buf_bytes(&c->in), total), &o, &used)) == OK) {
        take_outcome(c, &o);
        total += used;
    }
    memmove(c->in.p, c->in.p + total, c->in.n - total);
    c->in.n -= total;
    if (e != ERR_TRUNCATED || c->in.full)
        conn_close(c->conn, CONN_AT_ONCE);
}

static void on_ended(void *self)
{
    conn_close(((struct script_client *)self)->conn, CONN_AT_ONCE);
}

static void on_gone(void *self, enum err why)
{
    struct script_client *c = self;
    (void)why;
    c->conn = NULL;
    if (!c->is_stopping)
        log_error("health: the process that runs scripts has ended, their checks are critical");
    finish_all(c);
}

static const struct conn_protocol protocol = {
    .name = "scripts", .feed = on_feed, .ended = on_ended, .shutdown = on_ended, .gone = on_gone
};

/* -- use --------------------------------------------------------------------------------------- */

struct script_run *script_start(struct script_client *c, const struct bytes *args, size_t n,
                                uint64_t timeout_ms, uint32_t output_max, script_done_fn done,
                                void *ctx)
{
    struct script_run *r = mem_zalloc(1, sizeof(*r));
    assert(n > 0 && n <= SCRIPT_ARGS_MAX);
    *r = (struct script_run){ .client = c, .args = args, .arg_n = n, .done = done, .ctx = ctx };
    r->timeout_ms = timeout_ms;
    r->output_max = output_max;
    list_append(&c->waiting, &r->link);
    if (c->conn != NULL)
        run_next(c);
    else
        finish_all_later(c);
    return r;
}

void script_cancel(struct script_run *r)
{
    struct script_client *c = r->client;
    const struct script_order o = { .verb = SCRIPT_KILL, .id = r->id };
    if (r->id != 0)
        send_order(c, &o);
    drop_run(r);
    run_next(c);
}

/* -- life -------------------------------------------------------------------------------------- */

enum err script_client_new(struct loop *loop, int take_fd, struct script_client **ret)
{
    struct script_client *c = mem_zalloc(1, sizeof(*c));
    c->loop = loop;
    list_init(&c->waiting);
    list_init(&c->running);
    buf_init(&c->in, 4 * SCRIPT_MESSAGE_MAX);
    c->set = conn_set_new(loop, NULL, NULL);
    enum err e = conn_open(c->set, take_fd, NULL, &protocol, c, &c->conn);
    if (e != OK) {
        script_client_free(c);
        return e;
    }
    *ret = c;
    return OK;
}

void script_client_stop(struct script_client *c)
{
    c->is_stopping = true;
    if (c->conn != NULL)
        conn_close(c->conn, CONN_AT_ONCE);
}

bool script_client_is_stopped(const struct script_client *c)
{
    return c->conn == NULL;
}

void script_client_free(struct script_client *c)
{
    if (c == NULL)
        return;
    assert(list_is_empty(&c->waiting) && list_is_empty(&c->running));
    loop_hook_remove(&c->later);
    conn_set_free(c->set);
    buf_fini(&c->in);
    mem_free(c);
}
