/* Writing keys, part by part. */
#include "catalog/key.h"

#include "base/rd.h"
#include "base/text.h"

static void put_part(struct buf *out, struct bytes part)
{
    buf_put_bytes(out, part);
    buf_put_u8(out, 0);
}

static void put_folded(struct buf *out, struct bytes part)
{
    fold_append(part, out);
    buf_put_u8(out, 0);
}

static void put_service(struct buf *out, const struct service_id *service)
{
    put_part(out, service->ns);
    put_folded(out, service->group);
    put_folded(out, service->name);
}

static void put_owner_part(struct buf *out, const struct owner *owner)
{
    if (owner->face == FACE_CONSUL)
        fold_append(owner->part, out);
    else
        buf_put_bytes(out, owner->part);
}

static bool has_zero(struct bytes text)
{
    return text.n > 0 && memchr(text.p, 0, text.n) != NULL;
}

enum err owner_check(const struct owner *owner)
{
    if (owner->name.n > NODE_NAME_MAX || owner->part.n > OWNER_PART_MAX)
        return ERR_TOO_BIG;
    if (owner->face == FACE_NONE || owner->face >= FACES || has_zero(owner->name))
        return ERR_INVALID;
    return owner->name.n == 0 && owner->part.n == 0 ? ERR_INVALID : OK;
}

bool owner_eq(const struct owner *a, const struct owner *b)
{
    if (a->face != b->face || !text_eq_nocase(a->name, b->name))
        return false;
    return a->face == FACE_CONSUL ? text_eq_nocase(a->part, b->part) : bytes_eq(a->part, b->part);
}

/* -- rows ------------------------------------------------------------------------------------- */

void publication_prefix(const struct service_id *service, struct buf *out)
{
    buf_put_u8(out, 'p');
    put_service(out, service);
}

void publications_prefix(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 'p');
    put_part(out, ns);
}

void publication_key(const struct service_id *service, const struct owner *owner, struct buf *out)
{
    publication_prefix(service, out);
    buf_put_u8(out, (uint8_t)owner->face);
    put_folded(out, owner->name);
    put_owner_part(out, owner);
}

/* What an overlay and a place have in common; the cluster is not closed. */
static void put_place(struct buf *out, struct bytes address, uint16_t port, struct bytes cluster)
{
    put_folded(out, address);
    buf_put_u8(out, (uint8_t)(port >> 8));
    buf_put_u8(out, (uint8_t)port);
    buf_put_bytes(out, cluster.n == 0 ? bytes_str(CLUSTER_DEFAULT) : cluster);
}

void overlay_prefix(const struct service_id *service, struct buf *out)
{
    buf_put_u8(out, 'o');
    put_service(out, service);
}

void overlay_key(const struct service_id *service, struct bytes address, uint16_t port,
                 struct bytes cluster, struct buf *out)
{
    overlay_prefix(service, out);
    put_place(out, address, port, cluster);
}

void service_prefix(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 's');
    put_part(out, ns);
}

void service_key(const struct service_id *service, struct buf *out)
{
    service_prefix(service->ns, out);
    put_folded(out, service->group);
    fold_append(service->name, out);
}

void node_prefix(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 'n');
    put_part(out, ns);
}

void node_key(struct bytes ns, struct bytes node, struct buf *out)
{
    node_prefix(ns, out);
    fold_append(node, out);
}

void node_id_key(struct bytes ns, struct bytes id, struct buf *out)
{
    buf_put_u8(out, 'i');
    put_part(out, ns);
    fold_append(id, out);
}

void checks_prefix(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 'c');
    put_part(out, ns);
}

void check_prefix(struct bytes ns, struct bytes node, struct bytes instance, struct buf *out)
{
    checks_prefix(ns, out);
    put_folded(out, node);
    if (instance.p != NULL)
        put_folded(out, instance);
}

void check_key(const struct check_id *id, struct buf *out)
{
    struct bytes instance = id->instance.p != NULL ? id->instance : bytes_str("");
    check_prefix(id->ns, id->node, instance, out);
    fold_append(id->check, out);
}

void from_node_prefix(struct bytes ns, struct bytes node, struct buf *out)
{
    buf_put_u8(out, 'w');
    put_part(out, ns);
    put_folded(out, node);
}

void from_node_key(struct bytes ns, const struct owner *owner, struct buf *out)
{
    from_node_prefix(ns, owner->name, out);
    buf_put_u8(out, (uint8_t)owner->face);
    put_owner_part(out, owner);
}

void at_place_prefix(const struct service_id *service, struct bytes address, uint16_t port,
                     struct bytes cluster, struct buf *out)
{
    buf_put_u8(out, 'a');
    put_service(out, service);
    put_place(out, address, port, cluster);
    buf_put_u8(out, 0);
}

void at_place_key(const struct service_id *service, struct bytes address, uint16_t port,
                  struct bytes cluster, const struct owner *owner, struct buf *out)
{
    at_place_prefix(service, address, port, cluster, out);
    buf_put_u8(out, (uint8_t)owner->face);
    put_folded(out, owner->name);
    put_owner_part(out, owner);
}

void appears_key(struct bytes key, struct buf *out)
{
    buf_put_u8(out, 'j');
    buf_put_bytes(out, key);
}

void tables_key(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 't');
    buf_put_bytes(out, ns);
}

void object_prefix(enum object_kind kind, struct bytes ns, struct buf *out)
{
    static const char letters[OBJECT_KINDS] = { [OBJECT_CONFIG] = 'g',
                                                [OBJECT_QUERY] = 'q',
                                                [OBJECT_COORDINATE] = 'l',
                                                [OBJECT_VIRTUAL] = 'i' };
    buf_put_u8(out, (uint8_t)letters[kind]);
    put_part(out, ns);
}

void object_key(enum object_kind kind, struct bytes ns, struct bytes type, struct bytes name,
                struct buf *out)
{
    object_prefix(kind, ns, out);
    put_part(out, type);
    buf_put_bytes(out, name);
}

void virtual_last_key(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 'i');
    buf_put_bytes(out, ns);
}

/* -- sessions and locks ----------------------------------------------------------------------- */

void session_prefix(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 'x');
    put_part(out, ns);
}

void session_key(struct bytes ns, const struct uuid *session, struct buf *out)
{
    session_prefix(ns, out);
    buf_put_bytes(out, uuid_bytes(session));
}

void bound_prefix(struct bytes ns, struct bytes node, struct bytes check, struct buf *out)
{
    buf_put_u8(out, 'b');
    put_part(out, ns);
    put_folded(out, node);
    put_folded(out, check);
}

void bound_key(struct bytes ns, struct bytes node, struct bytes check, const struct uuid *session,
               struct buf *out)
{
    bound_prefix(ns, node, check, out);
    buf_put_bytes(out, uuid_bytes(session));
}

void held_prefix(const struct uuid *session, struct buf *out)
{
    buf_put_u8(out, 'h');
    buf_put_bytes(out, uuid_bytes(session));
}

void held_key(const struct uuid *session, struct bytes key, struct buf *out)
{
    held_prefix(session, out);
    buf_put_bytes(out, key);
}

void lock_delay_key(struct bytes key, struct buf *out)
{
    buf_put_u8(out, 'd');
    buf_put_bytes(out, key);
}

static void put_be64(struct buf *out, uint64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_put_u8(out, (uint8_t)(v >> shift));
}

void lock_delay_end_key(uint64_t until_ms, struct bytes key, struct buf *out)
{
    buf_put_u8(out, 'e');
    put_be64(out, until_ms);
    buf_put_bytes(out, key);
}

void user_event_prefix(struct bytes ns, struct buf *out)
{
    buf_put_u8(out, 'v');
    put_part(out, ns);
}

void user_event_key(struct bytes ns, uint64_t number, struct buf *out)
{
    user_event_prefix(ns, out);
    put_be64(out, number);
}

/* -- ranges ------------------------------------------------------------------------- */

void prefix_end(struct bytes prefix, struct buf *out)
{
    while (prefix.n > 0 && prefix.p[prefix.n - 1] == 0xff)
        prefix.n--;
    if (prefix.n > 0)
        buf_put(out, prefix.p, prefix.n - 1);
    buf_put_u8(out, prefix.n > 0 ? (uint8_t)(prefix.p[prefix.n - 1] + 1) : 0);
}
