/* Services whose check has been critical for as long as it says are deregistered, with all their
 * checks. The command holds only if the check's row still stands as it was read: a check that has
 * recovered meanwhile, on its way or in another entry, keeps its service. */
#include "health/local_reap.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "health/local_push.h"

struct reaping {
    struct list link;
    struct local_checks *local;
    struct hub_write *write;
};

static void on_reaped(void *ctx, enum err err, const struct command_result *result)
{
    struct reaping *r = ctx;
    /* What was refused or failed is looked at again in the next round. */
    if (err == OK && result->err == OK && r->local->deregistered_total != NULL)
        metric_add(r->local->deregistered_total, 1);
    list_remove(&r->link);
    mem_free(r);
}

static void reap(struct local_check *c)
{
    struct local_checks *l = c->local;
    struct check row;
    struct buf bytes, body;
    if (check_read(buf_bytes(&c->row), &row) != OK)
        return;
    buf_init(&bytes, CHECK_MAX);
    buf_init(&body, 2 * CHECK_MAX);
    const struct change_op ops[] = {
        local_cas(c, &row, &bytes),
        { .kind = CHANGE_PUBLICATION,
          .ns = local_ns(l),
          .publication = { .when = { .verb = OP_DELETE },
                           .owner = { FACE_CONSUL, local_node(l), c->id.instance },
                           .of_member = l->options.of_member } },
    };
    change_write(ops, ARRAY_LEN(ops), &body);
    struct reaping *r = mem_zalloc(1, sizeof(*r));
    r->local = l;
    list_append(&l->reaps, &r->link);
    log_info("health: deregistering a service service_id=%.*s check=%.*s critical_ms=%" PRIu64,
             (int)c->id.instance.n, (const char *)c->id.instance.p, (int)row.id.n,
             (const char *)row.id.p, local_now_ms(l) - c->critical_since_ms);
    r->write = hub_submit(l->options.hub, granted_self(), COMMAND_CATALOG_CHANGE, buf_bytes(&body),
                          on_reaped, r);
    buf_fini(&bytes);
    buf_fini(&body);
}

static void on_timer(struct timer *timer)
{
    struct local_checks *l = CONTAINER_OF(timer, struct local_checks, reap);
    uint64_t now = local_now_ms(l);
    struct local_check *c, *next;
    HASH_ITER(hh, l->checks, c, next)
    {
        bool is_due = c->deregister_after_ms > 0 && c->id.instance.n > 0 &&
                      c->status == STATUS_DOWN &&
                      now - c->critical_since_ms >= c->deregister_after_ms;
        if (is_due)
            reap(c);
    }
    timer_start(&l->reap, l->options.reap_ms);
}

void local_reap_init(struct local_checks *l)
{
    if (l->options.reap_ms == 0)
        l->options.reap_ms = LOCAL_REAP_MS;
    list_init(&l->reaps);
    timer_init(&l->reap, local_loop(l), on_timer);
    timer_start(&l->reap, l->options.reap_ms);
}

void local_reap_fini(struct local_checks *l)
{
    timer_stop(&l->reap);
    while (!list_is_empty(&l->reaps)) {
        struct reaping *r = CONTAINER_OF(l->reaps.next, struct reaping, link);
        list_remove(&r->link);
        hub_write_abandon(r->write);
        mem_free(r);
    }
}
