/* catalog/restore.h -- all that Consul shows of a namespace, as rows in a row: what a snapshot of
 * Consul's face holds, and the command that makes it what stands.
 *
 * The command names a namespace and some prefixes of keys in SYSTEM. What stands there and is not
 * among its items goes, what stands equal stays as it is, the rest is put: one change, at one
 * revision, of which watchers see what differs. What other faces have published stays. */
#ifndef CATALOG_RESTORE_H
#define CATALOG_RESTORE_H

#include "catalog/change.h"
#include "catalog/draft.h"

/* Its body is restore_begin's and restore_add's. Refused with ERR_REFUSED if an item does not go
 * with the others: command_result.upper is a struct restore_refusal; ERR_MALFORMED or ERR_TOO_BIG
 * if it cannot be read. */
#define COMMAND_RESTORE ((enum command_kind)(COMMAND_KIND_UPPER + 2))

enum {
    RESTORE_FORMAT = 1,
    RESTORE_ITEMS_MAX = 262144,
    RESTORE_PREFIXES_MAX = 32,
    RESTORE_PREFIX_MAX = 64
};

enum restore_kind {                    /* stored */
                    RESTORE_LEASE = 1, /* that sessions or rows of SYSTEM hang on */
                    RESTORE_CHANGE =
                        2, /* a node, publication of Consul's, check, session, object */
                    RESTORE_PAIR = 3,
                    RESTORE_SYSTEM = 4,
                    RESTORE_KINDS
};

struct restore_item { /* text is lent */
    enum restore_kind kind;
    union {
        struct lease_grant lease;
        struct change_op change; /* OP_SET; a session's lease is one of the items */
        struct {
            struct bytes key, row;
        } pair;
        struct {
            int64_t lease; /* 0: none */
            struct bytes key, value;
        } system;
    };
};

/* One item as bytes of its own. */
void restore_item_write(const struct restore_item *item, struct buf *out);
/* Lends from BYTES and the arena. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err restore_item_read(struct bytes bytes, struct arena *arena,
                                      struct restore_item *ret);

/* The body of a command: its beginning, then items in any order. */
void restore_begin(struct bytes ns, const struct bytes *prefixes, size_t n, struct buf *out);
void restore_add(const struct restore_item *item, struct buf *out);

struct restore_body { /* lent */
    struct bytes ns;
    struct bytes prefixes[RESTORE_PREFIXES_MAX];
    size_t prefix_n;
    struct rd items; /* runs */
};
MUST_CHECK enum err restore_body_read(struct bytes body, struct restore_body *ret);

enum restore_fault {
    RESTORE_CHANGE_REFUSED, /* as WHY says */
    RESTORE_TWICE,          /* two items of one key */
    RESTORE_NO_LEASE,       /* it hangs on a lease that is not among them, or is taken */
    RESTORE_NO_SESSION,     /* a pair is held by a session that is not among them */
    RESTORE_MANY_LOCKS      /* of one session */
};

struct restore_refusal {
    enum restore_fault fault;
    enum change_refusal why;
    struct bytes key; /* of the item, as catalog/key.h has it; of a pair: its own */
};

#endif
