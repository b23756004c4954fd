/* The row of a pair; docs/formats.md. */
#include "catalog/kv_pair.h"

enum { FLAG_HELD = 1 };

bool kv_pair_eq(const struct kv_pair *a, const struct kv_pair *b)
{
    return a->flags == b->flags && a->lock_index == b->lock_index &&
           uuid_eq(&a->session, &b->session) && bytes_eq(a->value, b->value);
}

void kv_pair_write(const struct kv_pair *p, struct buf *out)
{
    bool held = !uuid_is_zero(&p->session);
    buf_put_u8(out, KV_PAIR_FORMAT);
    buf_put_u8(out, held ? FLAG_HELD : 0);
    buf_put_u64(out, p->flags);
    buf_put_u64(out, p->lock_index);
    if (held)
        buf_put_bytes(out, uuid_bytes(&p->session));
    buf_put_run(out, p->value);
}

static void read_session(struct rd *r, struct uuid *ret)
{
    struct bytes session = rd_take(r, UUID_BYTES);
    if (r->err == OK)
        memcpy(ret->b, session.p, UUID_BYTES);
    if (r->err == OK && uuid_is_zero(ret))
        rd_fail(r, ERR_MALFORMED);
}

enum err kv_pair_read(struct bytes bytes, struct kv_pair *ret)
{
    struct rd r;
    struct kv_pair p = { 0 };
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != KV_PAIR_FORMAT)
        return ERR_VERSION;
    uint8_t flags = rd_u8(&r);
    if (flags > FLAG_HELD)
        rd_fail(&r, ERR_MALFORMED);
    p.flags = rd_u64(&r);
    p.lock_index = rd_u64(&r);
    if (flags == FLAG_HELD)
        read_session(&r, &p.session);
    p.value = rd_run(&r);
    if (p.value.n > KV_VALUE_MAX)
        rd_fail(&r, ERR_TOO_BIG);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = p;
    return e;
}
