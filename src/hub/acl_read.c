#include "hub/acl_read.h"

#include "access/acl_rules.h"
#include "access/secret.h"
#include "base/text.h"
#include "store/range.h"

/* -- one row ----------------------------------------------------------------------------------- */

static struct bytes key_of(enum acl_row_kind kind, struct bytes part, struct arena *arena)
{
    struct buf key;
    buf_init(&key, 4096);
    acl_key(kind, part, &key);
    struct bytes dup = arena_dup(arena, buf_bytes(&key));
    buf_fini(&key);
    return dup;
}

static enum err whole_value(const struct view *v, const struct value *value, struct arena *arena,
                            struct bytes *ret)
{
    *ret = bytes_of(value->p, value->n);
    if (value->p != NULL || value->n == 0)
        return OK;
    uint8_t *p = arena_alloc(arena, value->n);
    struct buf whole = { .p = p, .room = value->n, .max = value->n };
    *ret = bytes_of(p, value->n);
    return value_append(v, value, &whole);
}

static enum err row_get(const struct view *v, enum acl_row_kind kind, struct bytes part,
                        struct arena *arena, struct acl_stamp *ret)
{
    struct kv kv;
    enum err e = range_get(v, SPACE_SYSTEM, key_of(kind, part, arena), 0, arena, &kv);
    if (e == ERR_KEY_NOT_FOUND)
        return ERR_NOT_FOUND;
    if (e != OK)
        return e;
    *ret = (struct acl_stamp){ .create = kv.create, .modify = kv.mod, .lease = kv.lease };
    return whole_value(v, &kv.value, arena, &ret->row);
}

/* A row that cannot be read was written by somebody else: it is no refusal of what was asked. */
static enum err damaged(enum err e)
{
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

static enum err id_of_row(struct bytes row, struct uuid *ret)
{
    if (row.n != UUID_BYTES)
        return ERR_DAMAGED;
    memcpy(ret->b, row.p, UUID_BYTES);
    return OK;
}

/* -- objects ----------------------------------------------------------------------------------- */

enum err acl_token_get(const struct view *v, const struct uuid *accessor, struct arena *arena,
                       struct acl_token *ret, struct acl_stamp *ret_stamp)
{
    enum err e = row_get(v, ACL_ROW_TOKEN, uuid_bytes(accessor), arena, ret_stamp);
    struct acl_token anonymous = acl_anonymous_token();
    if (e == ERR_NOT_FOUND && uuid_eq(accessor, &anonymous.accessor)) {
        *ret = anonymous;
        *ret_stamp = (struct acl_stamp){ 0 };
        return OK;
    }
    if (e == OK)
        e = damaged(acl_token_read(ret_stamp->row, arena, ret));
    if (e == OK)
        ret->accessor = *accessor;
    return e;
}

enum err acl_token_of_secret(const struct view *v, struct bytes secret, struct arena *arena,
                             struct acl_token *ret, struct acl_stamp *ret_stamp)
{
    uint8_t digest[SECRET_DIGEST_BYTES];
    struct uuid accessor = acl_builtin_id(ACL_ANONYMOUS);
    if (secret.n == 0 || bytes_is(secret, ACL_ANONYMOUS_SECRET))
        return acl_token_get(v, &accessor, arena, ret, ret_stamp);
    if (secret.n > ACL_SECRET_MAX)
        return ERR_NOT_FOUND;
    secret_digest(secret, digest);
    enum err e = row_get(v, ACL_ROW_SECRET, bytes_of(digest, sizeof digest), arena, ret_stamp);
    if (e == OK)
        e = id_of_row(ret_stamp->row, &accessor);
    return e == OK ? acl_token_get(v, &accessor, arena, ret, ret_stamp) : e;
}

enum err acl_policy_get(const struct view *v, const struct uuid *id, struct arena *arena,
                        struct acl_policy *ret, struct acl_stamp *ret_stamp)
{
    *ret_stamp = (struct acl_stamp){ 0 };
    if (acl_builtin_policy(id, ret))
        return OK;
    enum err e = row_get(v, ACL_ROW_POLICY, uuid_bytes(id), arena, ret_stamp);
    if (e == OK)
        e = damaged(acl_policy_read(ret_stamp->row, arena, ret));
    if (e == OK)
        ret->id = *id;
    return e;
}

enum err acl_role_get(const struct view *v, const struct uuid *id, struct arena *arena,
                      struct acl_role *ret, struct acl_stamp *ret_stamp)
{
    enum err e = row_get(v, ACL_ROW_ROLE, uuid_bytes(id), arena, ret_stamp);
    if (e == OK)
        e = damaged(acl_role_read(ret_stamp->row, arena, ret));
    if (e == OK)
        ret->id = *id;
    return e;
}

enum err acl_auth_method_get(const struct view *v, struct bytes name, struct arena *arena,
                             struct acl_auth_method *ret, struct acl_stamp *ret_stamp)
{
    enum err e = row_get(v, ACL_ROW_AUTH_METHOD, name, arena, ret_stamp);
    return e == OK ? damaged(acl_auth_method_read(ret_stamp->row, ret)) : e;
}

enum err acl_binding_rule_get(const struct view *v, const struct uuid *id, struct arena *arena,
                              struct acl_binding_rule *ret, struct acl_stamp *ret_stamp)
{
    enum err e = row_get(v, ACL_ROW_BINDING_RULE, uuid_bytes(id), arena, ret_stamp);
    if (e == OK)
        e = damaged(acl_binding_rule_read(ret_stamp->row, ret));
    if (e == OK)
        ret->id = *id;
    return e;
}

enum err acl_id_of_name(const struct view *v, enum acl_row_kind kind, struct bytes name,
                        struct arena *arena, struct uuid *ret)
{
    static const uint8_t builtin[] = { ACL_MANAGEMENT_POLICY, ACL_READ_ONLY_POLICY };
    struct acl_stamp stamp;
    for (size_t i = 0; i < ARRAY_LEN(builtin) && kind == ACL_ROW_POLICY_NAME; i++) {
        struct acl_policy policy = { 0 };
        struct uuid id = acl_builtin_id(builtin[i]);
        if (acl_builtin_policy(&id, &policy) && text_eq_nocase(policy.name, name)) {
            *ret = id;
            return OK;
        }
    }
    enum err e = row_get(v, kind, name, arena, &stamp);
    return e == OK ? id_of_row(stamp.row, ret) : e;
}

enum err acl_bootstrapped(const struct view *v, struct arena *arena, struct uuid *ret,
                          uint64_t *ret_revision)
{
    struct acl_stamp stamp;
    enum err e = row_get(v, ACL_ROW_BOOTSTRAP, (struct bytes){ 0 }, arena, &stamp);
    if (e == OK)
        e = id_of_row(stamp.row, ret);
    if (e == OK)
        *ret_revision = stamp.modify;
    return e;
}

enum err acl_own_get(const struct view *v, enum acl_own own, struct arena *arena, struct bytes *ret)
{
    struct acl_stamp stamp;
    enum err e = row_get(v, ACL_ROW_OWN, bytes_str(acl_own_name(own)), arena, &stamp);
    if (e == OK)
        *ret = stamp.row;
    return e;
}

/* -- lists ------------------------------------------------------------------------------------- */

static enum err rows_of(const struct view *v, enum acl_row_kind kind, struct arena *arena,
                        struct range_result *ret)
{
    const char *prefix = acl_key_prefix(kind);
    char *end = arena_str(arena, bytes_str(prefix));
    end[strlen(prefix) - 1]++; /* the first key behind all that begin with it */
    struct range_query query = {
        .space = SPACE_SYSTEM, .key = bytes_str(prefix), .end = bytes_str(end), .keys_only = true
    };
    return range_read(v, &query, arena, ret);
}

/* The ids of what is built in, as text in the order of ids. */
static size_t put_builtin(enum acl_row_kind kind, struct bytes *into, struct arena *arena)
{
    static const uint8_t policies[] = { ACL_MANAGEMENT_POLICY, ACL_READ_ONLY_POLICY };
    static const uint8_t tokens[] = { ACL_ANONYMOUS };
    const uint8_t *ids = kind == ACL_ROW_POLICY ? policies : tokens;
    size_t n = kind == ACL_ROW_POLICY ? ARRAY_LEN(policies) : kind == ACL_ROW_TOKEN ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        struct uuid id = acl_builtin_id(ids[i]);
        into[i] = arena_dup(arena, uuid_bytes(&id));
    }
    return n;
}

enum err acl_list(const struct view *v, enum acl_row_kind kind, struct arena *arena,
                  struct acl_texts *ret)
{
    enum { BUILTIN_MAX = 2 };
    struct range_result rows;
    struct uuid anonymous = acl_builtin_id(ACL_ANONYMOUS);
    enum err e = rows_of(v, kind, arena, &rows);
    if (e != OK)
        return e;
    struct acl_texts list = { .all =
                                  arena_zalloc(arena, rows.kv_n + BUILTIN_MAX, sizeof *list.all) };
    list.n = put_builtin(kind, list.all, arena);
    for (size_t i = 0; i < rows.kv_n; i++) {
        struct bytes part;
        e = acl_key_part(kind, rows.kvs[i].key, arena, &part);
        if (e != OK)
            return ERR_DAMAGED;
        if (kind != ACL_ROW_TOKEN || !bytes_eq(part, uuid_bytes(&anonymous)))
            list.all[list.n++] = part;
    }
    *ret = list;
    return OK;
}

/* -- rules ------------------------------------------------------------------------------------- */

static enum err add_policies(const struct view *v, const struct acl_ids *ids, struct bytes dc,
                             struct access_rules *out)
{
    enum err e = OK;
    for (size_t i = 0; i < ids->n && (e == OK || e == ERR_NOT_FOUND); i++) {
        struct acl_policy policy;
        struct acl_stamp stamp;
        e = acl_policy_get(v, &ids->all[i], out->arena, &policy, &stamp);
        if (e == OK)
            acl_policy_rules(&policy, dc, out);
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err add_grants(const struct view *v, const struct acl_grants *g, struct bytes dc,
                           struct access_rules *out)
{
    acl_identity_rules(g, dc, out);
    return add_policies(v, &g->policies, dc, out);
}

enum err acl_token_rules(const struct view *v, const struct acl_token *token, struct bytes dc,
                         struct access_rules *out)
{
    const struct acl_ids *roles = &token->grants.roles;
    enum err e = add_grants(v, &token->grants, dc, out);
    for (size_t i = 0; i < roles->n && e == OK; i++) {
        struct acl_role role;
        struct acl_stamp stamp;
        e = acl_role_get(v, &roles->all[i], out->arena, &role, &stamp);
        if (e == OK)
            e = add_grants(v, &role.grants, dc, out);
        else if (e == ERR_NOT_FOUND)
            e = OK;
    }
    return e;
}
