/* access/acl.h -- what Consul's ACL system keeps: policies, roles, tokens, auth methods, binding
 * rules.
 *
 * Structs lend their bytes. Links name policies and roles by id alone; what has been removed is
 * found to be so when it is looked up. Rows: access/acl_row.h. */
#ifndef ACCESS_ACL_H
#define ACCESS_ACL_H

#include "base/arena.h"
#include "base/uuid.h"

enum {
    ACL_DESCRIPTION_MAX = 4096,
    ACL_RULES_MAX = 512 * 1024, /* bytes of a policy's rules */
    ACL_LINKS_MAX = 512,        /* policies, roles, identities of each kind of one token or role */
    ACL_DATACENTERS_MAX = 64,
    ACL_SECRET_MAX = 128,
    ACL_NAME_MAX = 256,
    ACL_CONFIG_MAX = 64 * 1024, /* an auth method's configuration */
    ACL_SELECTOR_MAX = 8 * 1024,
    ACL_ROW_MAX = 1024 * 1024,
};

/* What is always there. */
enum {
    ACL_ANONYMOUS = 2,         /* the token of who brings none */
    ACL_MANAGEMENT_POLICY = 1, /* grants everything */
    ACL_READ_ONLY_POLICY = 2,
};
#define ACL_ANONYMOUS_SECRET "anonymous"

struct acl_texts {
    struct bytes *all;
    size_t n;
};

struct acl_ids {
    struct uuid *all;
    size_t n;
};

/* Of a service or node identity: the one, or a templated policy: its name and what it is about. */
struct acl_identity {
    struct bytes template; /* of templated policies only */
    struct bytes name;
    struct acl_texts datacenters; /* of a node's: just one */
};

struct acl_identities {
    struct acl_identity *all;
    size_t n;
};

/* What a token or a role grants. */
struct acl_grants {
    struct acl_ids policies, roles; /* a role has no roles */
    struct acl_identities services, nodes, templates;
};

struct acl_policy {
    struct uuid id;
    struct bytes name, description, rules;
    struct acl_texts datacenters;
};

struct acl_role {
    struct uuid id;
    struct bytes name, description;
    struct acl_grants grants;
};

struct acl_token {
    struct uuid accessor;
    struct bytes secret, description;
    struct acl_grants grants;
    struct bytes auth_method; /* whose login made it; empty: none */
    bool is_local;
    uint64_t created_ms, expires_ms; /* wall clock; no expiry: 0 */
};

struct acl_auth_method {
    struct bytes name, type, display_name, description;
    uint64_t max_ttl_ms; /* 0: its tokens do not end */
    bool is_global;      /* its tokens are */
    struct bytes config; /* JSON */
};

enum acl_bind { /* the numbers are stored */
                ACL_BIND_SERVICE,
                ACL_BIND_ROLE,
                ACL_BIND_NODE,
                ACL_BIND_POLICY,
                ACL_BIND_TEMPLATE,
                ACL_BINDS
};

struct acl_binding_rule {
    struct uuid id;
    struct bytes description, auth_method, selector;
    enum acl_bind bind;
    struct bytes bind_name;
    struct bytes bind_var; /* "Name" of a templated policy's variables */
};

/* Tokens that servers use where none is brought. */
enum acl_own {
    ACL_OWN_DEFAULT, /* of requests without one */
    ACL_OWN_DNS,     /* of DNS, which carries none */
    ACL_OWN_SELF, /* these are kept for those who ask for them: the server needs none for its work
                   */
    ACL_OWN_RECOVERY,
    ACL_OWN_REPLICATION,
    ACL_OWN_REGISTRATION,
    ACL_OWNS
};

/* "default" and so on, also by the names that older clients know; false if there is none of that
 * name. */
const char *acl_own_name(enum acl_own own);
bool acl_own_find(struct bytes name, enum acl_own *ret);

/* "service" and so on; false if there is none of that name. */
const char *acl_bind_name(enum acl_bind bind);
bool acl_bind_find(struct bytes name, enum acl_bind *ret);

/* The id that is all zeros but for its last byte: what is built in. */
struct uuid acl_builtin_id(uint8_t last);
/* Among the 256 that are kept for what is built in. */
bool acl_id_is_reserved(const struct uuid *id);
/* The two policies that are there without a row; false for any other id. */
bool acl_builtin_policy(const struct uuid *id, struct acl_policy *ret);
/* The token of who brings none, as it is before anybody changed it. */
struct acl_token acl_anonymous_token(void);

#endif
