/* Bytes: u8 format, u8 flags, u32 passing, u32 warning, runs kind, socket path, proxy, connect,
 * locality, u16 number of tagged addresses, each run name, run address, u32 port; from format 2 on
 * run ports. */
#include "faces/consul/rows/extras.h"

#include "base/rd.h"
#include "base/text.h"

enum { FLAG_TAG_OVERRIDE = 1, FLAG_SIDECAR = 2, FLAGS = 3, TAGGED_BYTES = 12 };

struct consul_extras consul_extras_none(void)
{
    return (struct consul_extras){ .passing = 1, .warning = 1 };
}

void consul_extras_write(const struct consul_extras *x, struct buf *out)
{
    buf_put_u8(out, x->ports.n > 0 ? CONSUL_EXTRAS_FORMAT : 1);
    buf_put_u8(out, (uint8_t)((x->has_tag_override ? FLAG_TAG_OVERRIDE : 0) |
                              (x->is_sidecar ? FLAG_SIDECAR : 0)));
    buf_put_u32(out, x->passing);
    buf_put_u32(out, x->warning);
    const struct bytes texts[] = { x->kind, x->socket_path, x->proxy, x->connect, x->locality };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_put_run(out, texts[i]);
    buf_put_u16(out, (uint16_t)x->tagged_n);
    for (size_t i = 0; i < x->tagged_n; i++) {
        buf_put_run(out, x->tagged[i].name);
        buf_put_run(out, x->tagged[i].address);
        buf_put_u32(out, x->tagged[i].port);
    }
    if (x->ports.n > 0)
        buf_put_run(out, x->ports);
}

static struct bytes rd_utf8(struct rd *r)
{
    struct bytes text = rd_run(r);
    if (!text_is_utf8(text))
        rd_fail(r, ERR_MALFORMED);
    return text;
}

static void read_tagged(struct rd *r, struct arena *arena, struct consul_extras *x)
{
    x->tagged_n = rd_u16(r);
    if (x->tagged_n > CONSUL_TAGGED_MAX)
        rd_fail(r, ERR_TOO_BIG);
    if (x->tagged_n * TAGGED_BYTES > r->left.n)
        rd_fail(r, ERR_TRUNCATED);
    if (r->err != OK)
        return;
    x->tagged = arena_zalloc(arena, x->tagged_n, sizeof *x->tagged);
    for (size_t i = 0; i < x->tagged_n; i++) {
        x->tagged[i].name = rd_utf8(r);
        x->tagged[i].address = rd_utf8(r);
        x->tagged[i].port = rd_u32(r);
        if (i > 0 && bytes_cmp(x->tagged[i - 1].name, x->tagged[i].name) >= 0)
            rd_fail(r, ERR_MALFORMED);
    }
}

enum err consul_extras_read(struct bytes bytes, struct arena *arena, struct consul_extras *ret)
{
    struct rd r;
    struct consul_extras x = consul_extras_none();
    if (bytes.n == 0) {
        *ret = x;
        return OK;
    }
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r), flags = rd_u8(&r);
    if (r.err == OK && (format == 0 || format > CONSUL_EXTRAS_FORMAT))
        return ERR_VERSION;
    x.has_tag_override = (flags & FLAG_TAG_OVERRIDE) != 0;
    x.is_sidecar = (flags & FLAG_SIDECAR) != 0;
    x.passing = rd_u32(&r);
    x.warning = rd_u32(&r);
    x.kind = rd_utf8(&r);
    x.socket_path = rd_utf8(&r);
    x.proxy = rd_utf8(&r);
    x.connect = rd_utf8(&r);
    x.locality = rd_utf8(&r);
    read_tagged(&r, arena, &x);
    if (format > 1) {
        x.ports = rd_utf8(&r);
        if (x.ports.n == 0) /* it would be written in the first format */
            rd_fail(&r, ERR_MALFORMED);
    }
    if (flags > FLAGS || x.passing > CONSUL_WEIGHT_MAX || x.warning > CONSUL_WEIGHT_MAX)
        rd_fail(&r, ERR_MALFORMED);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = x;
    return e;
}
