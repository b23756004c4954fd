#include "hub/acl_write.h"

#include <assert.h>

#include "access/secret.h"
#include "store/policy.h"

enum { OPS_OF_EDIT = 3, COMPARES_OF_EDIT = 2 }; /* the row, its index; an index that goes */

void acl_edits_init(struct acl_edits *e, size_t edits, struct arena *arena)
{
    *e = (struct acl_edits){ .arena = arena, .room = edits };
    e->compares = arena_zalloc(arena, edits * COMPARES_OF_EDIT, sizeof *e->compares);
    e->ops = arena_zalloc(arena, edits * OPS_OF_EDIT + 1, sizeof *e->ops);
}

/* -- parts ------------------------------------------------------------------------------------- */

static struct bytes key_of(struct acl_edits *e, enum acl_row_kind kind, struct bytes part)
{
    struct buf key;
    buf_init(&key, 4096);
    acl_key(kind, part, &key);
    struct bytes dup = arena_dup(e->arena, buf_bytes(&key));
    buf_fini(&key);
    return dup;
}

/* The row of KEY is the one of revision SEEN; 0: there is none. */
static void expect(struct acl_edits *e, struct bytes key, uint64_t seen)
{
    assert(e->compare_n < e->room * COMPARES_OF_EDIT);
    e->compares[e->compare_n++] = (struct compare){ .space = SPACE_SYSTEM,
                                                    .key = key,
                                                    .result = COMPARE_EQUAL,
                                                    .target = COMPARE_MOD,
                                                    .number = (int64_t)seen };
}

static void put(struct acl_edits *e, struct bytes key, struct bytes value, int64_t lease)
{
    assert(e->op_n < e->room * OPS_OF_EDIT);
    e->ops[e->op_n++] = (struct op){
        .kind = OP_PUT,
        .put = { .space = SPACE_SYSTEM, .key = key, .value = value, .lease = lease },
    };
}

static void take_away(struct acl_edits *e, struct bytes key)
{
    assert(e->op_n < e->room * OPS_OF_EDIT);
    e->ops[e->op_n++] =
        (struct op){ .kind = OP_REMOVE, .remove = { .space = SPACE_SYSTEM, .key = key } };
}

/* Takes what was written. */
static struct bytes kept(struct acl_edits *e, struct buf *row)
{
    struct bytes dup = arena_dup(e->arena, buf_bytes(row));
    assert(buf_err(row) == OK); /* what was checked fits */
    buf_fini(row);
    return dup;
}

static uint64_t seen_at(const struct acl_stamp *stamp)
{
    return stamp == NULL ? 0 : stamp->modify;
}

/* The row itself. A change of one that stands changes what somebody may do. */
static void put_row(struct acl_edits *e, enum acl_row_kind kind, struct bytes part,
                    const struct acl_stamp *stamp, struct bytes row, int64_t lease)
{
    struct bytes key = key_of(e, kind, part);
    expect(e, key, seen_at(stamp));
    put(e, key, row, lease);
    e->moves_policy |= stamp != NULL;
}

static void remove_row(struct acl_edits *e, enum acl_row_kind kind, struct bytes part,
                       const struct acl_stamp *stamp)
{
    struct bytes key = key_of(e, kind, part);
    expect(e, key, seen_at(stamp));
    take_away(e, key);
    e->moves_policy = true;
}

/* The row that leads from NAME to the object; the one from BEFORE, if that is another, goes. */
static void put_index(struct acl_edits *e, enum acl_row_kind kind, struct bytes name,
                      const struct bytes *before, struct bytes id, int64_t lease)
{
    struct bytes key = key_of(e, kind, name);
    struct bytes old = before == NULL ? (struct bytes){ 0 } : key_of(e, kind, *before);
    if (before != NULL && bytes_eq(key, old))
        return;
    if (before != NULL)
        take_away(e, old);
    expect(e, key, 0);
    put(e, key, id, lease);
}

/* -- tokens ------------------------------------------------------------------------------------ */

static struct bytes digest_of(struct acl_edits *e, struct bytes secret)
{
    uint8_t *digest = arena_alloc(e->arena, SECRET_DIGEST_BYTES);
    secret_digest(secret, digest);
    return bytes_of(digest, SECRET_DIGEST_BYTES);
}

static bool is_anonymous(const struct acl_token *t)
{
    struct uuid anonymous = acl_builtin_id(ACL_ANONYMOUS);
    return uuid_eq(&t->accessor, &anonymous);
}

void acl_put_token(struct acl_edits *e, const struct acl_token *t, const struct acl_token *before,
                   const struct acl_stamp *stamp, int64_t lease)
{
    struct buf row;
    buf_init(&row, ACL_ROW_MAX);
    acl_token_write(t, &row);
    put_row(e, ACL_ROW_TOKEN, uuid_bytes(&t->accessor), stamp, kept(e, &row), lease);
    if (before == NULL)
        put_index(e, ACL_ROW_SECRET, digest_of(e, t->secret), NULL,
                  arena_dup(e->arena, uuid_bytes(&t->accessor)), lease);
    e->moves_policy |= is_anonymous(t); /* it was there without a row */
}

void acl_remove_token(struct acl_edits *e, const struct acl_token *t, const struct acl_stamp *stamp)
{
    remove_row(e, ACL_ROW_TOKEN, uuid_bytes(&t->accessor), stamp);
    take_away(e, key_of(e, ACL_ROW_SECRET, digest_of(e, t->secret)));
}

void acl_bootstrap(struct acl_edits *e, const struct acl_token *t)
{
    struct bytes key = key_of(e, ACL_ROW_BOOTSTRAP, (struct bytes){ 0 });
    expect(e, key, 0);
    put(e, key, arena_dup(e->arena, uuid_bytes(&t->accessor)), 0);
}

void acl_put_own(struct acl_edits *e, enum acl_own own, struct bytes secret)
{
    struct bytes key = key_of(e, ACL_ROW_OWN, bytes_str(acl_own_name(own)));
    if (secret.n > 0)
        put(e, key, secret, 0);
    else
        take_away(e, key);
    e->moves_policy = true;
}

/* -- policies and roles ------------------------------------------------------------------------ */

void acl_put_policy(struct acl_edits *e, const struct acl_policy *p,
                    const struct acl_policy *before, const struct acl_stamp *stamp)
{
    struct buf row;
    buf_init(&row, ACL_ROW_MAX);
    acl_policy_write(p, &row);
    put_row(e, ACL_ROW_POLICY, uuid_bytes(&p->id), stamp, kept(e, &row), 0);
    put_index(e, ACL_ROW_POLICY_NAME, p->name, before == NULL ? NULL : &before->name,
              arena_dup(e->arena, uuid_bytes(&p->id)), 0);
}

void acl_remove_policy(struct acl_edits *e, const struct acl_policy *p,
                       const struct acl_stamp *stamp)
{
    remove_row(e, ACL_ROW_POLICY, uuid_bytes(&p->id), stamp);
    take_away(e, key_of(e, ACL_ROW_POLICY_NAME, p->name));
}

void acl_put_role(struct acl_edits *e, const struct acl_role *r, const struct acl_role *before,
                  const struct acl_stamp *stamp)
{
    struct buf row;
    buf_init(&row, ACL_ROW_MAX);
    acl_role_write(r, &row);
    put_row(e, ACL_ROW_ROLE, uuid_bytes(&r->id), stamp, kept(e, &row), 0);
    put_index(e, ACL_ROW_ROLE_NAME, r->name, before == NULL ? NULL : &before->name,
              arena_dup(e->arena, uuid_bytes(&r->id)), 0);
}

void acl_remove_role(struct acl_edits *e, const struct acl_role *r, const struct acl_stamp *stamp)
{
    remove_row(e, ACL_ROW_ROLE, uuid_bytes(&r->id), stamp);
    take_away(e, key_of(e, ACL_ROW_ROLE_NAME, r->name));
}

/* -- logging in -------------------------------------------------------------------------------- */

void acl_put_auth_method(struct acl_edits *e, const struct acl_auth_method *m,
                         const struct acl_stamp *stamp)
{
    struct buf row;
    buf_init(&row, ACL_ROW_MAX);
    acl_auth_method_write(m, &row);
    put_row(e, ACL_ROW_AUTH_METHOD, m->name, stamp, kept(e, &row), 0);
}

void acl_remove_auth_method(struct acl_edits *e, struct bytes name, const struct acl_stamp *stamp)
{
    remove_row(e, ACL_ROW_AUTH_METHOD, name, stamp);
}

void acl_put_binding_rule(struct acl_edits *e, const struct acl_binding_rule *b,
                          const struct acl_stamp *stamp)
{
    struct buf row;
    buf_init(&row, ACL_ROW_MAX);
    acl_binding_rule_write(b, &row);
    put_row(e, ACL_ROW_BINDING_RULE, uuid_bytes(&b->id), stamp, kept(e, &row), 0);
}

void acl_remove_binding_rule(struct acl_edits *e, const struct uuid *id,
                             const struct acl_stamp *stamp)
{
    remove_row(e, ACL_ROW_BINDING_RULE, uuid_bytes(id), stamp);
}

/* -- the whole --------------------------------------------------------------------------------- */

const struct txn *acl_edits_txn(struct acl_edits *e)
{
    if (e->moves_policy)
        e->ops[e->op_n++] = (struct op){
            .kind = OP_PUT,
            .put = { .space = SPACE_SYSTEM, .key = bytes_str(POLICY_KEY), .value = bytes_str("") },
        };
    struct txn *txn = arena_zalloc(e->arena, 1, sizeof *txn);
    *txn = (struct txn){
        .compares = e->compares, .compare_n = e->compare_n, .then_ops = e->ops, .then_n = e->op_n
    };
    return txn;
}
