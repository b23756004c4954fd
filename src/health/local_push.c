/* Results on their way into the catalog.
 *
 * Written is the row as it was read, with another status and output, if it still stands as it was
 * read (compare and set): a definition that somebody replaces meanwhile is never overwritten by a
 * result of the old one. What is refused as stale is looked at again when the new row has come;
 * what failed otherwise is tried again after a moment. */
#include "health/local_push.h"

#include "base/metric.h"

static void retry_later(struct local_check *c)
{
    struct local_checks *l = c->local;
    if (list_is_linked(&c->retry))
        return;
    list_append(&l->retries, &c->retry);
    if (!timer_is_set(&l->retry))
        timer_start(&l->retry, LOCAL_RETRY_MS);
}

void local_push_retries(struct timer *timer)
{
    struct local_checks *l = CONTAINER_OF(timer, struct local_checks, retry);
    struct list now;
    list_init(&now);
    list_splice(&now, &l->retries);
    while (!list_is_empty(&now)) {
        struct local_check *c = CONTAINER_OF(now.next, struct local_check, retry);
        list_remove(&c->retry);
        local_push(c);
    }
}

static void on_written(void *ctx, enum err err, const struct command_result *result)
{
    struct local_check *c = ctx;
    c->write = NULL;
    bool is_done = err == OK && result->err == OK;
    if (is_done && c->local->writes_total != NULL)
        metric_add(c->local->writes_total, 1);
    if (c->modify != c->tried)
        local_push(c);
    else if (!is_done && err != ERR_STOPPING) /* else the new row is still on its way */
        retry_later(c);
}

struct change_op local_cas(const struct local_check *c, const struct check *row, struct buf *bytes)
{
    const struct local_checks *l = c->local;
    struct check put = *row;
    put.group = put.service = (struct bytes){ 0 }; /* filled in when it is planned */
    check_write(&put, bytes);
    return (struct change_op){ .kind = CHANGE_CHECK,
                               .ns = local_ns(l),
                               .check = { .when = { .verb = OP_CAS, .index = c->modify },
                                          .node = local_node(l),
                                          .instance = c->id.instance,
                                          .id = row->id,
                                          .of_member = l->options.of_member,
                                          .row = buf_bytes(bytes) } };
}

static void submit(struct local_check *c, const struct check *row)
{
    struct buf bytes, body;
    buf_init(&bytes, CHECK_MAX);
    buf_init(&body, 2 * CHECK_MAX);
    const struct change_op op = local_cas(c, row, &bytes);
    change_write(&op, 1, &body);
    c->tried = c->modify;
    c->write = hub_submit(c->local->options.hub, granted_self(), COMMAND_CATALOG_CHANGE,
                          buf_bytes(&body), on_written, c);
    buf_fini(&bytes);
    buf_fini(&body);
}

void local_push(struct local_check *c)
{
    struct check row;
    if (c->write != NULL || check_read(buf_bytes(&c->row), &row) != OK)
        return;
    /* Others do not say how a check is that is probed. */
    bool is_overwritten = c->has_verdict && c->kind != CHECK_TTL && row.status != c->verdict;
    if (!c->is_wanted && !is_overwritten)
        return;
    enum status wanted = c->is_wanted ? c->wanted : c->verdict;
    bool stands = row.status == wanted && bytes_eq(row.output, buf_bytes(&c->output));
    c->is_wanted = !stands;
    if (stands)
        return;
    row.status = wanted;
    row.output = buf_bytes(&c->output);
    submit(c, &row);
}

void local_push_result(void *ctx, struct bytes id, enum status status, struct bytes output)
{
    struct local_checks *l = ctx;
    struct local_check *c = local_find(l, id);
    if (c == NULL)
        return;
    c->has_verdict = c->is_wanted = true;
    c->verdict = c->wanted = status;
    buf_clear(&c->output, SIZE_MAX);
    buf_put_bytes(&c->output,
                  output.n > CHECK_TEXT_MAX ? bytes_of(output.p, CHECK_TEXT_MAX) : output);
    local_push(c);
}
