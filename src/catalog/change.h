/* catalog/change.h -- a list of operations on the registry, done whole or not at all, in one
 * revision: what a command of the catalog carries, and what it gives back. */
#ifndef CATALOG_CHANGE_H
#define CATALOG_CHANGE_H

#include "catalog/kv_op.h"
#include "catalog/kv_plan.h"
#include "catalog/op.h"
#include "catalog/session_op.h"
#include "catalog/user_event.h"

/* The body is change_write's; command_result.upper a struct change_results. The command is refused
 * with ERR_REFUSED if an operation is, ERR_MALFORMED or ERR_TOO_BIG if it cannot be read,
 * ERR_TOO_BIG or ERR_AGAIN for what it would give (store/apply_context.h). */
#define COMMAND_CATALOG_CHANGE ((enum command_kind)COMMAND_KIND_UPPER)

enum { CHANGE_FORMAT = 1, CHANGE_OPS_MAX = 1024 };

enum change_kind { /* stored in commands */
                   CHANGE_NODE = 1,
                   CHANGE_PUBLICATION = 2,
                   CHANGE_CHECK = 3,
                   CHANGE_OVERLAY = 4,
                   CHANGE_SERVICE = 5,
                   CHANGE_OBJECT = 6,
                   CHANGE_KV = 7,
                   CHANGE_SESSION_CREATE = 8,
                   CHANGE_SESSION_END = 9,
                   CHANGE_EVENT = 10,
                   CHANGE_VIRTUAL = 11,
                   CHANGE_REPORT = 12,
                   CHANGE_KINDS
};

struct change_op { /* lent */
    enum change_kind kind;
    struct bytes ns; /* a name */
    union {
        struct node_op node;
        struct publication_op publication;
        struct check_op check;
        struct overlay_op overlay;
        struct service_op service;
        struct object_op object;
        struct kv_op kv;
        struct session_create session;
        struct uuid session_end;
        struct user_event event;
        struct report_op report;
        struct bytes virtual_of; /* a service in one word, which gets a virtual address if it has
                                    none (virtual.h) */
    };
};

void change_write(const struct change_op *ops, size_t n, struct buf *out);
/* Lends from BODY and the arena. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED; ERR_TOO_BIG above
 * CHANGE_OPS_MAX or a limit of what an operation carries. */
MUST_CHECK enum err change_read(struct bytes body, struct arena *arena, struct change_op **ret,
                                size_t *ret_n);

/* Whether something is put: not if all is read, removed or ended. */
bool change_adds(const struct change_op *ops, size_t n);

enum change_refusal {
    CHANGE_DONE,
    CHANGE_ABSENT,     /* OP_GET, CHANGE_REPORT: it is not there */
    CHANGE_STALE,      /* OP_CAS, OP_DELETE_CAS: another index stands, or nothing does */
    CHANGE_NO_NODE,    /* the node is not registered */
    CHANGE_NO_SERVICE, /* a check of a publication that is not there */
    CHANGE_NAME_TAKEN, /* a node of that name is there under another id, and lives */
    CHANGE_NO_LEASE,   /* it has ended, was never granted or is of another face */
    CHANGE_OTHER       /* what KV or SESSION says */
};

struct change_result {
    enum change_refusal refusal;
    bool there;              /* a row stands when it is done: */
    uint64_t create, modify; /* its revisions */
    struct bytes row;        /* of OP_GET; of CHANGE_NAME_TAKEN: who has the name */
    union {
        struct kv_result kv;           /* CHANGE_KV */
        struct session_result session; /* CHANGE_SESSION_CREATE */
    };
};

struct change_results {
    /* One for each operation. If the command was refused (ERR_REFUSED) nothing of any happened;
     * those that are refused say why, as if the others were not. */
    struct change_result *all;
    size_t n;
};

#endif
