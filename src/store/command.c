/* Bodies of the kernel's small commands: fixed fields, little-endian. */
#include "store/command.h"

#include "base/rd.h"

static enum face take_face(struct rd *r)
{
    uint8_t face = rd_u8(r);
    if (face >= FACES)
        rd_fail(r, ERR_MALFORMED);
    return face < FACES ? (enum face)face : FACE_NONE;
}

static enum lease_stage take_stage(struct rd *r)
{
    uint8_t stage = rd_u8(r);
    if (stage > LEASE_REMOVED)
        rd_fail(r, ERR_MALFORMED);
    return stage <= LEASE_REMOVED ? (enum lease_stage)stage : LEASE_LIVE;
}

void lease_grant_encode(const struct lease_grant *g, struct buf *out)
{
    buf_put_u64(out, (uint64_t)g->id);
    buf_put_u64(out, g->ttl_ms);
    buf_put_u64(out, g->suspect_ms);
    buf_put_u64(out, g->down_ms);
    buf_put_u64(out, g->remove_ms);
    buf_put_u8(out, (uint8_t)g->face);
}

enum err lease_grant_decode(struct bytes body, struct lease_grant *ret)
{
    struct rd r;
    struct lease_grant g;
    rd_init(&r, body);
    g.id = (int64_t)rd_u64(&r);
    g.ttl_ms = rd_u64(&r);
    g.suspect_ms = rd_u64(&r);
    g.down_ms = rd_u64(&r);
    g.remove_ms = rd_u64(&r);
    g.face = take_face(&r);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = g;
    return e;
}

enum { REVOKE_MARKED_BYTES = 17 };

void lease_revoke_encode(const struct lease_revoke *v, struct buf *out)
{
    buf_put_u64(out, (uint64_t)v->id);
    buf_put_u8(out, (uint8_t)v->face);
    if (v->key_set_mark != 0)
        buf_put_u64(out, v->key_set_mark);
}

/* Without a mark at its end: nobody was asked about keys, and it is as it always was. */
enum err lease_revoke_decode(struct bytes body, struct lease_revoke *ret)
{
    struct rd r;
    struct lease_revoke v = { 0 };
    rd_init(&r, body);
    v.id = (int64_t)rd_u64(&r);
    v.face = take_face(&r);
    if (body.n == REVOKE_MARKED_BYTES) {
        v.key_set_mark = rd_u64(&r);
        if (v.key_set_mark == 0)
            return ERR_MALFORMED; /* one way to say it only */
    }
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = v;
    return e;
}

void lease_move_encode(const struct lease_move *m, struct buf *out)
{
    buf_put_u64(out, (uint64_t)m->id);
    buf_put_u8(out, (uint8_t)m->from);
    buf_put_u8(out, (uint8_t)m->to);
}

enum err lease_move_decode(struct bytes body, struct lease_move *ret)
{
    struct rd r;
    struct lease_move m;
    rd_init(&r, body);
    m.id = (int64_t)rd_u64(&r);
    m.from = take_stage(&r);
    m.to = take_stage(&r);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = m;
    return e;
}

void lease_checkpoint_encode(const struct lease_remaining *leases, size_t n, struct buf *out)
{
    buf_put_u32(out, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        buf_put_u64(out, (uint64_t)leases[i].id);
        buf_put_u64(out, leases[i].remaining_ms);
    }
}

enum err lease_checkpoint_decode(struct bytes body, struct arena *arena,
                                 struct lease_remaining **ret, size_t *ret_n)
{
    struct rd r;
    rd_init(&r, body);
    size_t n = rd_u32(&r);
    if (r.err == OK && n != r.left.n / 16)
        rd_fail(&r, ERR_TRUNCATED);
    if (r.err != OK)
        return r.err;
    struct lease_remaining *leases = arena_zalloc(arena, n, sizeof *leases);
    for (size_t i = 0; i < n; i++) {
        leases[i].id = (int64_t)rd_u64(&r);
        leases[i].remaining_ms = rd_u64(&r);
    }
    enum err e = rd_end(&r);
    if (e == OK) {
        *ret = leases;
        *ret_n = n;
    }
    return e;
}

void compact_encode(const struct compact *c, struct buf *out)
{
    buf_put_u8(out, (uint8_t)c->space);
    buf_put_u64(out, c->revision);
}

enum err compact_decode(struct bytes body, struct compact *ret)
{
    struct rd r;
    rd_init(&r, body);
    uint8_t space = rd_u8(&r);
    uint64_t revision = rd_u64(&r);
    enum err e = rd_end(&r);
    if (e == OK && space >= SPACES)
        e = ERR_MALFORMED;
    if (e == OK)
        *ret = (struct compact){ .space = (enum space)space, .revision = revision };
    return e;
}
