/* The row of an overlay; docs/formats.md. */
#include "catalog/overlay.h"

#include "catalog/identity.h"
#include "catalog/publication.h"

void overlay_write(const struct overlay *o, struct buf *out)
{
    buf_put_u8(out, OVERLAY_FORMAT);
    buf_put_u8(out, (uint8_t)o->has);
    buf_put_u8(out, o->enabled ? 1 : 0);
    buf_put_u32(out, o->weight);
    buf_put_u8(out, (uint8_t)o->status);
    labels_write(&o->metadata, out);
    buf_put_run(out, o->who);
    buf_put_run(out, o->why);
}

/* One form for one meaning: a field that is not decided is zero. */
static bool is_canonical(const struct overlay *o, uint8_t enabled)
{
    if (o->has == 0 || (o->has & ~(unsigned)OVERLAY_FIELDS) != 0)
        return false;
    if (enabled > 1 || o->weight > WEIGHT_MAX)
        return false;
    return (o->has & OVERLAY_ENABLED || enabled == 0) &&
           (o->has & OVERLAY_WEIGHT || o->weight == 0) &&
           (o->has & OVERLAY_STATUS || o->status == 0) &&
           (o->has & OVERLAY_METADATA || o->metadata.n == 0);
}

enum err overlay_read(struct bytes bytes, struct arena *arena, struct overlay *ret)
{
    struct rd r;
    struct overlay o = { 0 };
    if (bytes.n > OVERLAY_MAX)
        return ERR_TOO_BIG;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != OVERLAY_FORMAT)
        return ERR_VERSION;
    o.has = rd_u8(&r);
    uint8_t enabled = rd_u8(&r);
    o.enabled = enabled == 1;
    o.weight = rd_u32(&r);
    o.status = rd_status(&r);
    o.metadata = labels_read(&r, arena);
    o.who = rd_text(&r, NODE_NAME_MAX);
    o.why = rd_text(&r, OVERLAY_WHY_MAX);
    if (r.err == OK && !is_canonical(&o, enabled))
        rd_fail(&r, ERR_MALFORMED);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = o;
    return e;
}
