/* What rows have that only holds where they stand (a stamp, an index, a service's name that is read
 * beside them) is taken off or filled in. */
#include "faces/consul/snapshot/scan_rows.h"

#include "access/acl_row.h"
#include "base/text.h"
#include "catalog/key.h"
#include "catalog/key_read.h"
#include "catalog/object.h"
#include "catalog/publication.h"
#include "catalog/service.h"
#include "faces/consul/rows/rows_core.h"
#include "hub/ca_store.h"
#include "store/lease.h"
#include "store/side.h"

static bool is_own(const struct scanning *t, struct bytes node)
{
    return text_eq_nocase(node, bytes_str(t->self->node_name));
}

static struct restore_item change(enum change_kind kind)
{
    struct restore_item item = { .kind = RESTORE_CHANGE };
    item.change = (struct change_op){ .kind = kind, .ns = consul_rows_ns() };
    return item;
}

/* -- leases ----------------------------------------------------------------------------------- */

/* The lease that something hangs on, which is to be granted anew. */
static enum err give_lease(struct scanning *t, int64_t id)
{
    struct restore_item item = { .kind = RESTORE_LEASE };
    struct lease lease;
    if (id == 0)
        return OK;
    enum err e = lease_get(t->view, FACE_CONSUL, id, &lease);
    if (e != OK)
        return e == ERR_LEASE_NOT_FOUND ? ERR_DAMAGED : e;
    item.lease = lease.grant;
    t->each(t->ctx, ARCHIVE_INDEX, &item, false);
    return OK;
}

/* -- rows of the catalog ---------------------------------------------------------------------- */

enum err scan_node(struct scanning *t, const struct kv *kv, struct bytes row)
{
    struct restore_item item = change(CHANGE_NODE);
    struct node node;
    enum err e = node_read(row, t->scratch, &node);
    if (e != OK)
        return consul_rows_damage(e);
    item.change.node =
        (struct node_op){ .when = { .verb = OP_SET }, .name = node.name, .row = row };
    t->each(t->ctx, ARCHIVE_REGISTER, &item, kv == NULL);
    return OK;
}

/* Its names as they were first given; keys have them folded. */
static enum err find_service(struct scanning *t, const struct service_id *folded)
{
    struct snapshot_scan *s = t->s;
    struct service_state state;
    struct bytes row;
    struct buf key;
    if (s->name.p != NULL && bytes_eq(folded->group, s->group_folded) &&
        bytes_eq(folded->name, s->name_folded))
        return OK;
    buf_init(&key, SCAN_KEY_MAX);
    service_key(folded, &key);
    enum err e = side_get(t->view, buf_bytes(&key), &row);
    if (e == OK)
        e = service_state_read(row, &state);
    buf_fini(&key);
    if (e != OK)
        return consul_rows_damage(e);
    s->group_folded = arena_dup(s->arena, folded->group);
    s->name_folded = arena_dup(s->arena, folded->name);
    s->group = arena_dup(s->arena, state.group);
    s->name = arena_dup(s->arena, state.name);
    return OK;
}

enum err scan_publication(struct scanning *t, const struct kv *kv, struct bytes row)
{
    struct restore_item item = change(CHANGE_PUBLICATION);
    struct publication said;
    struct service_id id;
    struct owner owner;
    if (publication_key_service(kv->key, &id) != OK || publication_key_owner(kv->key, &owner) != OK)
        return ERR_DAMAGED;
    if (owner.face != FACE_CONSUL || kv->lease != 0)
        return OK; /* its owner's, who says it again */
    enum err e = publication_read(row, t->scratch, &said);
    if (e == OK)
        e = find_service(t, &id);
    if (e != OK)
        return consul_rows_damage(e);
    item.change.publication = (struct publication_op){
        .when = { .verb = OP_SET },
        .group = t->s->group,
        .name = t->s->name,
        .owner = { .face = FACE_CONSUL, .name = said.node, .part = said.id },
        .of_member = is_own(t, said.node),
        .row = publication_stamp(row, LEASE_LIVE, 0, t->scratch),
    };
    t->each(t->ctx, ARCHIVE_REGISTER, &item, false);
    return OK;
}

enum err scan_check(struct scanning *t, const struct kv *kv, struct bytes row)
{
    struct restore_item item = change(CHANGE_CHECK);
    struct check check;
    struct check_id id;
    struct buf plain;
    enum err e = check_read(row, &check);
    if (e != OK || check_key_read(kv->key, &id) != OK)
        return e == OK ? ERR_DAMAGED : consul_rows_damage(e);
    check.group = check.service = bytes_str("");
    buf_init(&plain, CHECK_MAX + 1);
    check_write(&check, &plain);
    item.change.check = (struct check_op){ .when = { .verb = OP_SET },
                                           .node = id.node,
                                           .instance = id.instance,
                                           .id = check.id,
                                           .of_member = is_own(t, id.node),
                                           .row = buf_bytes(&plain) };
    t->each(t->ctx, ARCHIVE_REGISTER, &item, false);
    buf_fini(&plain);
    return OK;
}

enum err scan_session(struct scanning *t, const struct kv *kv, struct bytes row)
{
    struct restore_item item = change(CHANGE_SESSION_CREATE);
    struct session_create *create = &item.change.session;
    struct bytes in;
    enum err e = session_read(row, t->scratch, &create->session);
    if (e != OK || session_key_read(kv->key, &in, &create->id) != OK)
        return e == OK ? ERR_DAMAGED : consul_rows_damage(e);
    create->lease = kv->lease;
    create->of_member = is_own(t, create->session.node);
    e = give_lease(t, kv->lease);
    if (e == OK)
        t->each(t->ctx, ARCHIVE_SESSION, &item, false);
    return e;
}

static enum err give_object(struct scanning *t, enum object_kind kind, struct bytes key,
                            struct bytes row)
{
    static const enum archive_kind kinds[OBJECT_KINDS] = {
        [OBJECT_CONFIG] = ARCHIVE_ENTRY,
        [OBJECT_QUERY] = ARCHIVE_QUERY,
        [OBJECT_COORDINATE] = ARCHIVE_COORDINATE,
        [OBJECT_VIRTUAL] = ARCHIVE_VIRTUAL,
    };
    struct restore_item item = change(CHANGE_OBJECT);
    struct buf prefix;
    buf_init(&prefix, SCAN_KEY_MAX);
    object_prefix(kind, consul_rows_ns(), &prefix);
    struct bytes rest = bytes_skip(key, prefix.n);
    buf_fini(&prefix);
    const uint8_t *end = rest.n == 0 ? NULL : memchr(rest.p, 0, rest.n);
    if (end == NULL)
        return ERR_DAMAGED;
    size_t type_n = (size_t)(end - rest.p);
    item.change.object = (struct object_op){ .when = { .verb = OP_SET },
                                             .kind = kind,
                                             .type = bytes_of(rest.p, type_n),
                                             .name = bytes_skip(rest, type_n + 1),
                                             .row = row };
    t->each(t->ctx, kinds[kind], &item, false);
    return OK;
}

enum err scan_entry(struct scanning *t, const struct kv *kv, struct bytes row)
{
    return give_object(t, OBJECT_CONFIG, kv->key, row);
}

enum err scan_query(struct scanning *t, const struct kv *kv, struct bytes row)
{
    return give_object(t, OBJECT_QUERY, kv->key, row);
}

enum err scan_coordinate(struct scanning *t, const struct kv *kv, struct bytes row)
{
    return give_object(t, OBJECT_COORDINATE, kv->key, row);
}

enum err scan_virtual(struct scanning *t, const struct kv *kv, struct bytes row)
{
    return give_object(t, OBJECT_VIRTUAL, kv->key, row);
}

/* -- other spaces ----------------------------------------------------------------------------- */

enum err scan_pair(struct scanning *t, const struct kv *kv, struct bytes row)
{
    struct restore_item item = { .kind = RESTORE_PAIR };
    item.pair.key = kv->key;
    item.pair.row = row;
    t->each(t->ctx, ARCHIVE_PAIR, &item, false);
    return OK;
}

static bool is_of(struct bytes key, enum acl_row_kind kind)
{
    return bytes_starts(key, bytes_str(acl_key_prefix(kind)));
}

static enum archive_kind kind_of_system(struct bytes key)
{
    static const struct {
        enum acl_row_kind row;
        enum archive_kind kind;
    } kinds[] = {
        { ACL_ROW_TOKEN, ARCHIVE_TOKEN },
        { ACL_ROW_POLICY, ARCHIVE_POLICY },
        { ACL_ROW_ROLE, ARCHIVE_ROLE },
        { ACL_ROW_AUTH_METHOD, ARCHIVE_AUTH_METHOD },
        { ACL_ROW_BINDING_RULE, ARCHIVE_BINDING_RULE },
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (is_of(key, kinds[i].row))
            return kinds[i].kind;
    if (bytes_starts(key, bytes_str(CA_KEYS)))
        return bytes_is(key, CA_KEYS "config") ? ARCHIVE_CA_CONFIG : ARCHIVE_CA;
    return bytes_starts(key, bytes_str("operator/")) ? ARCHIVE_AUTOPILOT : ARCHIVE_INDEX;
}

/* A token and the row that finds it by its secret hang on one lease, which comes with the token. */
enum err scan_system(struct scanning *t, const struct kv *kv, struct bytes row)
{
    struct restore_item item = { .kind = RESTORE_SYSTEM };
    item.system.lease = kv->lease;
    item.system.key = kv->key;
    item.system.value = row;
    enum err e = is_of(kv->key, ACL_ROW_TOKEN) ? give_lease(t, kv->lease) : OK;
    if (e == OK)
        t->each(t->ctx, kind_of_system(kv->key), &item, false);
    return e;
}
