/* The rows of nodes and checks; docs/formats.md. */
#include "catalog/node.h"

static struct bytes read_extras(struct rd *r)
{
    struct bytes extras = rd_run(r);
    if (extras.n > NODE_EXTRAS_MAX)
        rd_fail(r, ERR_TOO_BIG);
    return extras;
}

/* A run that must be a name. */
static struct bytes read_name(struct rd *r, size_t max)
{
    struct bytes name = rd_text(r, max);
    if (!is_name(name, max))
        rd_fail(r, ERR_MALFORMED);
    return name;
}

void node_write(const struct node *n, struct buf *out)
{
    buf_put_u8(out, NODE_FORMAT);
    buf_put_run(out, n->name);
    buf_put_run(out, n->id);
    buf_put_run(out, n->address);
    labels_write(&n->metadata, out);
    buf_put_run(out, n->extras);
}

static struct bytes read_address(struct rd *r)
{
    struct bytes address = rd_text(r, ADDRESS_MAX);
    if (address.n > 0 && !is_name(address, ADDRESS_MAX))
        rd_fail(r, ERR_MALFORMED);
    return address;
}

enum err node_read(struct bytes bytes, struct arena *arena, struct node *ret)
{
    struct rd r;
    struct node n = { 0 };
    if (bytes.n > NODE_MAX)
        return ERR_TOO_BIG;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != NODE_FORMAT)
        return ERR_VERSION;
    n.name = read_name(&r, NODE_NAME_MAX);
    n.id = rd_text(&r, NODE_ID_MAX);
    n.address = read_address(&r);
    n.metadata = labels_read(&r, arena);
    n.extras = read_extras(&r);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = n;
    return e;
}

bool check_has_status(enum status status)
{
    return status == STATUS_UP || status == STATUS_SUSPECT || status == STATUS_DOWN;
}

void check_write(const struct check *c, struct buf *out)
{
    buf_put_u8(out, CHECK_FORMAT);
    buf_put_u8(out, (uint8_t)c->status);
    buf_put_run(out, c->id);
    buf_put_run(out, c->name);
    buf_put_run(out, c->notes);
    buf_put_run(out, c->output);
    buf_put_run(out, c->type);
    buf_put_run(out, c->group);
    buf_put_run(out, c->service);
    buf_put_run(out, c->extras);
}

enum err check_read(struct bytes bytes, struct check *ret)
{
    struct rd r;
    struct check c = { 0 };
    if (bytes.n > CHECK_MAX)
        return ERR_TOO_BIG;
    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != CHECK_FORMAT)
        return ERR_VERSION;
    c.status = rd_status(&r);
    c.id = read_name(&r, INSTANCE_ID_MAX);
    c.name = rd_text(&r, INSTANCE_ID_MAX);
    c.notes = rd_text(&r, CHECK_TEXT_MAX);
    c.output = rd_text(&r, CHECK_TEXT_MAX);
    c.type = rd_text(&r, CHECK_TYPE_MAX);
    c.group = rd_text(&r, GROUP_MAX);
    c.service = rd_text(&r, SERVICE_NAME_MAX);
    c.extras = read_extras(&r);
    if (r.err == OK && (!check_has_status(c.status) || (c.group.n == 0) != (c.service.n == 0)))
        rd_fail(&r, ERR_MALFORMED);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = c;
    return e;
}
