/* The row of a publication: fixed fields, then runs and lists; docs/formats.md. */
#include "catalog/publication.h"

#include "base/text.h"
#include "catalog/identity.h"

enum { FLAG_ENABLED = 1, FLAG_EPHEMERAL = 2, FLAGS = 3, STAMP_AT = 1, STAMP_END = 10 };

void publication_write(const struct publication *p, struct buf *out)
{
    buf_put_u8(out, PUBLICATION_FORMAT);
    buf_put_u8(out, (uint8_t)p->stage);
    buf_put_u64(out, p->spoke);
    buf_put_u8(out, (p->enabled ? FLAG_ENABLED : 0) | (p->ephemeral ? FLAG_EPHEMERAL : 0));
    buf_put_u8(out, (uint8_t)p->reported);
    buf_put_u16(out, p->port);
    buf_put_u32(out, p->weight);
    buf_put_run(out, p->id);
    buf_put_run(out, p->address);
    buf_put_run(out, p->cluster);
    buf_put_run(out, p->zone);
    buf_put_run(out, p->node);
    buf_put_u16(out, (uint16_t)p->port_n);
    for (size_t i = 0; i < p->port_n; i++) {
        buf_put_run(out, p->ports[i].name);
        buf_put_u16(out, p->ports[i].port);
    }
    buf_put_u16(out, (uint16_t)p->tag_n);
    for (size_t i = 0; i < p->tag_n; i++)
        buf_put_run(out, p->tags[i]);
    labels_write(&p->metadata, out);
    buf_put_run(out, p->extras);
}

static void read_ports(struct rd *r, struct arena *arena, struct publication *p)
{
    enum { PORT_MIN_BYTES = 7 };
    struct bytes last = { 0 };
    p->port_n = rd_count(r, NAMED_PORTS_MAX, PORT_MIN_BYTES);
    p->ports = arena_zalloc(arena, p->port_n, sizeof *p->ports);
    for (size_t i = 0; i < p->port_n; i++) {
        p->ports[i].name = rd_text(r, TAG_MAX);
        p->ports[i].port = rd_u16(r);
        if (bytes_cmp(last, p->ports[i].name) >= 0)
            rd_fail(r, ERR_MALFORMED);
        last = p->ports[i].name;
    }
}

static void read_tags(struct rd *r, struct arena *arena, struct publication *p)
{
    enum { TAG_MIN_BYTES = 4 };
    p->tag_n = rd_count(r, TAGS_MAX, TAG_MIN_BYTES);
    p->tags = arena_zalloc(arena, p->tag_n, sizeof *p->tags);
    for (size_t i = 0; i < p->tag_n; i++)
        p->tags[i] = rd_text(r, TAG_MAX);
}

static void read_head(struct rd *r, struct publication *p)
{
    uint8_t stage = rd_u8(r);
    p->spoke = rd_u64(r);
    uint8_t flags = rd_u8(r);
    p->reported = rd_status(r);
    p->port = rd_u16(r);
    p->weight = rd_u32(r);
    if (stage > LEASE_DOWN || (flags & ~FLAGS) != 0 || p->weight > WEIGHT_MAX)
        rd_fail(r, ERR_MALFORMED);
    p->stage = stage <= LEASE_DOWN ? (enum lease_stage)stage : LEASE_LIVE;
    p->enabled = (flags & FLAG_ENABLED) != 0;
    p->ephemeral = (flags & FLAG_EPHEMERAL) != 0;
}

/* A run that is empty or a name. */
static struct bytes read_name(struct rd *r, size_t max)
{
    struct bytes name = rd_text(r, max);
    if (name.n > 0 && !is_name(name, max))
        rd_fail(r, ERR_MALFORMED);
    return name;
}

enum err publication_read(struct bytes bytes, struct arena *arena, struct publication *ret)
{
    struct rd r;
    struct publication p = { 0 };
    if (bytes.n > PUBLICATION_MAX)
        return ERR_TOO_BIG;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != PUBLICATION_FORMAT)
        return ERR_VERSION;
    read_head(&r, &p);
    p.id = read_name(&r, INSTANCE_ID_MAX);
    p.address = read_name(&r, ADDRESS_MAX);
    p.cluster = read_name(&r, CLUSTER_MAX);
    p.zone = read_name(&r, CLUSTER_MAX);
    p.node = read_name(&r, NODE_NAME_MAX);
    if (p.address.n == 0 && p.node.n == 0)
        rd_fail(&r, ERR_MALFORMED); /* neither its own address nor a node to take one from */
    read_ports(&r, arena, &p);
    read_tags(&r, arena, &p);
    p.metadata = labels_read(&r, arena);
    p.extras = rd_run(&r);
    if (p.extras.n > EXTRAS_MAX)
        rd_fail(&r, ERR_TOO_BIG);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = p;
    return e;
}

struct bytes publication_stamp(struct bytes row, enum lease_stage stage, uint64_t spoke,
                               struct arena *arena)
{
    uint8_t *copy = arena_alloc(arena, row.n);
    struct buf stamp = { .p = copy + STAMP_AT, .room = 9, .max = 9 };
    memcpy(copy, row.p, row.n);
    buf_put_u8(&stamp, (uint8_t)stage);
    buf_put_u64(&stamp, spoke);
    return bytes_of(copy, row.n);
}

bool publication_rows_agree(struct bytes a, struct bytes b)
{
    return a.n == b.n && a.n >= STAMP_END && a.p[0] == b.p[0] &&
           bytes_eq(bytes_skip(a, STAMP_END), bytes_skip(b, STAMP_END));
}
