/* Numbers behind a format; docs/formats.md. */
#include "catalog/last.h"

void node_state_write(uint64_t revision, struct buf *out)
{
    buf_put_u8(out, NODE_STATE_FORMAT);
    buf_put_u64(out, revision);
}

enum err node_state_read(struct bytes bytes, uint64_t *ret_revision)
{
    struct rd r;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != NODE_STATE_FORMAT)
        return ERR_VERSION;
    uint64_t revision = rd_u64(&r);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret_revision = revision;
    return e;
}

static size_t tables_in(uint8_t format)
{
    return format == 1 ? REGISTRY_COORDINATES : REGISTRY_TABLES;
}

void registry_tables_write(const struct registry_tables *t, struct buf *out)
{
    uint8_t format = t->last[REGISTRY_COORDINATES] == 0 ? 1 : TABLES_FORMAT;
    buf_put_u8(out, format);
    for (size_t i = 0; i < tables_in(format); i++)
        buf_put_u64(out, t->last[i]);
}

enum err registry_tables_read(struct bytes bytes, struct registry_tables *ret)
{
    struct rd r;
    struct registry_tables t = { 0 };
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && (format == 0 || format > TABLES_FORMAT))
        return ERR_VERSION;
    for (size_t i = 0; i < tables_in(format); i++)
        t.last[i] = rd_u64(&r);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = t;
    return e;
}
