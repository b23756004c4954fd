/* The rows of a service; docs/formats.md. */
#include "catalog/service.h"

enum { FLAG_KEEP_EMPTY = 1, FLAG_EPHEMERAL = 2, FLAGS = 3 };

void service_write(const struct service *s, struct buf *out)
{
    buf_put_u8(out, SERVICE_FORMAT);
    buf_put_u8(out, (s->keep_empty ? FLAG_KEEP_EMPTY : 0) | (s->ephemeral ? FLAG_EPHEMERAL : 0));
    buf_put_u32(out, s->protect_threshold);
    labels_write(&s->metadata, out);
    buf_put_run(out, s->extras);
}

enum err service_read(struct bytes bytes, struct arena *arena, struct service *ret)
{
    struct rd r;
    struct service s = { 0 };
    if (bytes.n > SERVICE_MAX)
        return ERR_TOO_BIG;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != SERVICE_FORMAT)
        return ERR_VERSION;
    uint8_t flags = rd_u8(&r);
    s.keep_empty = (flags & FLAG_KEEP_EMPTY) != 0;
    s.ephemeral = (flags & FLAG_EPHEMERAL) != 0;
    s.protect_threshold = rd_u32(&r);
    if ((flags & ~FLAGS) != 0 || s.protect_threshold > THRESHOLD_ONE)
        rd_fail(&r, ERR_MALFORMED);
    s.metadata = labels_read(&r, arena);
    s.extras = rd_run(&r);
    if (s.extras.n > SERVICE_EXTRAS_MAX)
        rd_fail(&r, ERR_TOO_BIG);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = s;
    return e;
}

void service_state_write(const struct service_state *s, struct buf *out)
{
    buf_put_u8(out, SERVICE_STATE_FORMAT);
    buf_put_u64(out, s->revision);
    buf_put_u64(out, s->last_removal);
    buf_put_u64(out, s->publication_n);
    buf_put_run(out, s->group);
    buf_put_run(out, s->name);
}

enum err service_state_read(struct bytes bytes, struct service_state *ret)
{
    struct rd r;
    struct service_state s = { 0 };
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != SERVICE_STATE_FORMAT)
        return ERR_VERSION;
    s.revision = rd_u64(&r);
    s.last_removal = rd_u64(&r);
    s.publication_n = rd_u64(&r);
    s.group = rd_text(&r, GROUP_MAX);
    s.name = rd_text(&r, SERVICE_NAME_MAX);
    if (r.err == OK && (s.group.n == 0 || s.name.n == 0))
        rd_fail(&r, ERR_MALFORMED);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = s;
    return e;
}
