/* The row of a session; docs/formats.md. */
#include "catalog/session.h"

#include "catalog/identity.h"
#include "catalog/label.h"

static void put_checks(const struct session_checks *checks, struct buf *out)
{
    buf_put_u16(out, (uint16_t)checks->n);
    for (size_t i = 0; i < checks->n; i++)
        buf_put_run(out, checks->ids[i]);
}

static struct bytes take_name(struct rd *r, size_t max)
{
    struct bytes name = rd_text(r, max);
    if (!is_name(name, max))
        rd_fail(r, ERR_MALFORMED);
    return name;
}

static struct session_checks take_checks(struct rd *r, struct arena *arena)
{
    enum { RUN_MIN = 5 };
    struct session_checks checks = { .n = rd_count(r, SESSION_CHECKS_MAX, RUN_MIN) };
    checks.ids = arena_zalloc(arena, checks.n, sizeof *checks.ids);
    for (size_t i = 0; i < checks.n; i++)
        checks.ids[i] = take_name(r, INSTANCE_ID_MAX);
    return checks;
}

void session_put(const struct session *s, struct buf *out)
{
    buf_put_u8(out, (uint8_t)s->behavior);
    buf_put_u64(out, s->lock_delay_ns);
    buf_put_run(out, s->name);
    buf_put_run(out, s->node);
    buf_put_run(out, s->ttl);
    put_checks(&s->node_checks, out);
    put_checks(&s->service_checks, out);
}

struct session session_take(struct rd *r, struct arena *arena)
{
    struct session s = { 0 };
    uint8_t behavior = rd_u8(r);
    if (behavior >= SESSION_BEHAVIORS)
        rd_fail(r, ERR_MALFORMED);
    s.behavior = (enum session_behavior)behavior;
    s.lock_delay_ns = rd_u64(r);
    if (s.lock_delay_ns > SESSION_LOCK_DELAY_MAX_NS)
        rd_fail(r, ERR_TOO_BIG);
    s.name = rd_text(r, SESSION_NAME_MAX);
    s.node = take_name(r, NODE_NAME_MAX);
    s.ttl = rd_text(r, SESSION_TTL_MAX);
    s.node_checks = take_checks(r, arena);
    s.service_checks = take_checks(r, arena);
    return s;
}

void session_write(const struct session *s, struct buf *out)
{
    buf_put_u8(out, SESSION_FORMAT);
    session_put(s, out);
}

enum err session_read(struct bytes bytes, struct arena *arena, struct session *ret)
{
    struct rd r;
    if (bytes.n > SESSION_MAX)
        return ERR_TOO_BIG;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != SESSION_FORMAT)
        return ERR_VERSION;
    struct session s = session_take(&r, arena);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = s;
    return e;
}
