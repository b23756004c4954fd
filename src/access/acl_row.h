/* access/acl_row.h -- the rows of ACL objects, and their keys; docs/formats.md.
 *
 * What is read lends from the bytes and lies in the arena; ids that stand in the key are the
 * caller's to fill in. A row that _read takes is one that _write makes. */
#ifndef ACCESS_ACL_ROW_H
#define ACCESS_ACL_ROW_H

#include "access/acl.h"
#include "base/buf.h"

enum { ACL_FORMAT = 1 };

/* -- keys in SPACE_SYSTEM ---------------------------------------------------------------------- */

enum acl_row_kind {
    ACL_ROW_TOKEN,
    ACL_ROW_POLICY,
    ACL_ROW_ROLE,
    ACL_ROW_AUTH_METHOD,
    ACL_ROW_BINDING_RULE,
    ACL_ROW_SECRET,      /* secret_digest of a secret -> accessor */
    ACL_ROW_POLICY_NAME, /* folded name -> id */
    ACL_ROW_ROLE_NAME,
    ACL_ROW_OWN,       /* what a token is for -> its secret */
    ACL_ROW_BOOTSTRAP, /* a single one: the first token's accessor */
    ACL_ROW_KINDS
};

/* What the keys of KIND begin with. */
const char *acl_key_prefix(enum acl_row_kind kind);
/* PART: an id's bytes, a digest, a name (folded where names are not told apart by case). */
void acl_key(enum acl_row_kind kind, struct bytes part, struct buf *out);

/* The part of a key of KIND, which must be one; an id's bytes in ARENA. ERR_MALFORMED. */
MUST_CHECK enum err acl_key_part(enum acl_row_kind kind, struct bytes key, struct arena *arena,
                                 struct bytes *ret);

/* -- rows -------------------------------------------------------------------------------------- */

void acl_policy_write(const struct acl_policy *p, struct buf *out);
void acl_role_write(const struct acl_role *r, struct buf *out);
void acl_token_write(const struct acl_token *t, struct buf *out);
void acl_auth_method_write(const struct acl_auth_method *m, struct buf *out);
void acl_binding_rule_write(const struct acl_binding_rule *b, struct buf *out);

/* ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err acl_policy_read(struct bytes row, struct arena *arena, struct acl_policy *ret);
MUST_CHECK enum err acl_role_read(struct bytes row, struct arena *arena, struct acl_role *ret);
MUST_CHECK enum err acl_token_read(struct bytes row, struct arena *arena, struct acl_token *ret);
MUST_CHECK enum err acl_auth_method_read(struct bytes row, struct acl_auth_method *ret);
MUST_CHECK enum err acl_binding_rule_read(struct bytes row, struct acl_binding_rule *ret);

#endif
