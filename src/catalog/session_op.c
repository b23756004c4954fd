/* Sessions to begin, as bytes of a command. */
#include "catalog/session_op.h"

enum { FLAG_OF_MEMBER = 1 };

void session_create_put(const struct session_create *c, struct buf *out)
{
    buf_put_bytes(out, uuid_bytes(&c->id));
    buf_put_u64(out, (uint64_t)c->lease);
    buf_put_u8(out, c->of_member ? FLAG_OF_MEMBER : 0);
    session_put(&c->session, out);
}

struct session_create session_create_take(struct rd *r, struct arena *arena)
{
    struct session_create c = { 0 };
    struct bytes id = rd_take(r, UUID_BYTES);
    if (r->err == OK)
        memcpy(c.id.b, id.p, UUID_BYTES);
    c.lease = (int64_t)rd_u64(r);
    uint8_t flags = rd_u8(r);
    if (flags > FLAG_OF_MEMBER || uuid_is_zero(&c.id))
        rd_fail(r, ERR_MALFORMED);
    c.of_member = flags == FLAG_OF_MEMBER;
    c.session = session_take(r, arena);
    return c;
}
