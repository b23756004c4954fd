#include "faces/dns/answer_node.h"

#include "catalog/read.h"

/* -- metadata as text -------------------------------------------------------------------------- */

static void put_escaped(struct buf *out, struct bytes text, bool is_key)
{
    size_t first = 0, last = text.n;
    while (is_key && first < text.n && text.p[first] == ' ')
        first++;
    while (is_key && last > first && text.p[last - 1] == ' ')
        last--;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool outer = is_key && c == ' ' && (i < first || i >= last);
        if (c == '`' || (is_key && c == '=') || outer)
            buf_put_u8(out, '`');
        buf_put_u8(out, c);
    }
}

/* RFC 1464's form; a key that begins with rfc1035- gives its value alone. */
static struct bytes text_of(struct lookup *l, const struct label *label)
{
    static const char bare[] = "rfc1035-";
    struct buf out;
    if (bytes_starts(label->key, bytes_str(bare)))
        return label->value;
    buf_init(&out, 2 * (label->key.n + label->value.n) + 1);
    put_escaped(&out, label->key, true);
    buf_put_u8(&out, '=');
    put_escaped(&out, label->value, false);
    struct bytes text = arena_dup(l->reply->arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

void lookup_put_meta(struct lookup *l, struct dns_records *section, struct bytes owner,
                     const struct labels *metadata, uint32_t ttl, size_t of)
{
    for (size_t i = 0; i < metadata->n; i++)
        dns_add_txt(l->reply, section, owner, ttl, text_of(l, &metadata->all[i]), of);
}

/* -- a node ------------------------------------------------------------------------------------ */

/* At IP or, if that is none, at HOST. */
static void put_address(struct lookup *l, const struct ip *ip, struct bytes host, uint16_t type)
{
    if (ip->n > 0 && wants(type, ip->n == 4 ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA))
        dns_add_address(l->reply, &l->reply->answer, l->owner, l->source->config->node_ttl,
                        ip_bytes(ip), 0);
    else if (ip->n == 0)
        lookup_follow(l, host, l->source->config->node_ttl, type);
}

static void put_place(struct lookup *l, const struct ip *ip, struct bytes host,
                      const struct labels *metadata, uint16_t type)
{
    struct dns_reply *r = l->reply;
    uint32_t ttl = l->source->config->node_ttl;
    if (type != KNOT_RRTYPE_TXT)
        put_address(l, ip, host, type);
    if (wants(type, KNOT_RRTYPE_TXT))
        lookup_put_meta(l, &r->answer, l->owner, metadata, ttl, 0);
    else if (r->answer.n > 0 && l->source->config->node_meta_txt && l->depth == 0)
        lookup_put_meta(l, &r->additional, l->owner, metadata, ttl, 0);
    if (r->answer.n == 0)
        lookup_deny(l, KNOT_RCODE_NOERROR);
}

static void put_node(struct lookup *l, const struct node *node, uint16_t type)
{
    struct bytes address = lookup_address(l, node->address, node->extras);
    struct ip ip = ip_parse(address);
    put_place(l, &ip, address, &node->metadata, type);
}

/* This server's own node is there without having been registered. */
static void put_own_node(struct lookup *l, uint16_t type)
{
    const struct dns_config *c = l->source->config;
    put_place(l, &c->node_address, (struct bytes){ 0 }, &c->node_metadata, type);
}

void lookup_node(struct lookup *l, const struct dns_asked *asked, uint16_t type)
{
    struct node node;
    bool is_ours =
        wants(type, KNOT_RRTYPE_A) || type == KNOT_RRTYPE_AAAA || type == KNOT_RRTYPE_TXT;
    if (!is_ours)
        return; /* an empty answer, whether there is such a node or not */
    struct bytes ns = lookup_namespace(asked->ns);
    enum err e = lookup_may(l, ACCESS_NODE, asked->name)
                     ? node_row_read(l->source->view, ns, asked->name, l->reply->arena, &node)
                     : ERR_DENIED;
    dns_stamp_node(&l->reply->stamp, l->source->view, ns, asked->name, l->reply->arena);
    if (e == OK && node.address.n > 0)
        put_node(l, &node, type);
    else if ((e == OK || e == ERR_NOT_FOUND) && lookup_is_own_node(l, asked->ns, asked->name))
        put_own_node(l, type);
    else if (e == ERR_NOT_FOUND || e == ERR_DENIED || e == OK)
        lookup_deny(l, KNOT_RCODE_NXDOMAIN);
    else
        l->reply->rcode = KNOT_RCODE_SERVFAIL;
}
