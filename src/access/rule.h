/* access/rule.h -- what a rule is about, what it grants, and who wrote it.
 *
 * The words that all protocols' objects map on: Consul's policies, etcd's roles. A set of rules
 * that has been compiled to answer questions is access/policy_set.h.
 */
#ifndef ACCESS_RULE_H
#define ACCESS_RULE_H

#include "base/arena.h"
#include "base/buf.h"

/* What is done. */
enum access_verb {
    ACCESS_READ,
    ACCESS_WRITE,
    ACCESS_LIST,     /* see which names there are */
    ACCESS_REGISTER, /* bring an instance into being */
    ACCESS_ADMIN,    /* what concerns the whole server */
    ACCESS_VERBS
};

/* What a rule grants: a set of verbs. */
enum {
    ACCESS_GRANT_DENY = 0,
    ACCESS_GRANT_READ = BIT(ACCESS_READ),
    ACCESS_GRANT_LIST = BIT(ACCESS_READ) | BIT(ACCESS_LIST),
    ACCESS_GRANT_PUT = BIT(ACCESS_WRITE), /* without reading: etcd tells the two apart */
    ACCESS_GRANT_WRITE = BIT(ACCESS_VERBS) - 1,
};

/* What things there are to protect. */
enum access_kind {
    ACCESS_ACL, /* the rules themselves, snapshots */
    ACCESS_AGENT,
    ACCESS_EVENT,
    ACCESS_INTENTION, /* by its destination */
    ACCESS_KEY,       /* Consul's key-value pairs */
    ACCESS_KEYRING,
    ACCESS_MESH,
    ACCESS_NODE,
    ACCESS_OPERATOR,
    ACCESS_PEERING,
    ACCESS_QUERY,
    ACCESS_SERVICE,
    ACCESS_SESSION, /* by its node */
    ACCESS_ETCD_KEY,
    ACCESS_KINDS
};

/* Which of several rules that match a name decides. */
enum access_choice {
    ACCESS_NEAREST, /* the exact one, else the longest prefix; of the same name the strictest */
    ACCESS_UNION,   /* any that grants; nothing takes away */
};

struct access_kind_info {
    const char *name; /* as rules call it */
    bool has_names;   /* false: there is one such thing, and its name is empty */
    enum access_choice choice;
    bool may_default;          /* a policy set's default speaks for it */
    enum access_kind fallback; /* asked when no rule matches; itself: nothing is */
};

const struct access_kind_info *access_kind_info(enum access_kind kind);

enum access_match { ACCESS_EXACT, ACCESS_PREFIX, ACCESS_SPAN };

struct access_rule { /* lends its bytes */
    enum access_kind kind;
    enum access_match match;
    struct bytes name;   /* the name, the prefix, or the first of the span */
    struct bytes end;    /* of a span: the first behind it; empty: it has no end */
    unsigned grants;     /* bits of verbs */
    bool is_implied;     /* gives way to a rule of the same name that is not */
    struct bytes source; /* who says so: the policy's, the role's, the identity's name */
};

/* Rules that are being gathered. */
struct access_rules {
    struct arena *arena;
    struct access_rule *all;
    size_t n, room;
};

/* Keeps ARENA: the rules and copies of their bytes live there. */
void access_rules_init(struct access_rules *r, struct arena *arena);
/* Adds a copy, bytes included. */
void access_rules_add(struct access_rules *r, const struct access_rule *rule);
/* Adds write to everything there is, etcd's keys included: Consul's global-management, etcd's root.
 */
void access_rules_add_all(struct access_rules *r, struct bytes source);

/* One line for a person: key_prefix "app/" = read, by "ops". */
void access_rule_print(const struct access_rule *rule, struct buf *out);

#endif
