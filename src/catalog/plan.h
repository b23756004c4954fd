/* catalog/plan.h -- planning changes of the registry, operation by operation, in a draft.
 *
 * All functions fail only if the store does; what an operation refuses is said in its result. */
#ifndef CATALOG_PLAN_H
#define CATALOG_PLAN_H

#include "catalog/change.h"
#include "catalog/draft.h"

struct touched_service; /* whose state is to be written */
struct touched_node;

struct plan {
    struct draft *draft;
    struct arena *arena;   /* the draft's */
    struct arena *results; /* outlives it; may be NULL if no operation is planned */
    uint64_t age_ms;       /* of the cluster */
    uint64_t result_bytes; /* of rows and pairs that are given, about */
    struct touched_service *services;
    struct touched_node *nodes;
    struct extinct { /* a service of this namespace has lost its last publication */
        struct bytes ns;
        struct extinct *next;
    } * extinct;
    struct buf key, row; /* scratch */
};

/* DRAFT is kept; its view and arena are used. */
void plan_init(struct plan *p, struct draft *draft, uint64_t age_ms, struct arena *results);
/* Gives up the scratch; the draft stays. */
void plan_fini(struct plan *p);

MUST_CHECK enum err plan_op(struct plan *p, const struct change_op *op, struct change_result *ret);
/* The publication of KEY goes, or is in another stage, because its lease has ended or moved. */
MUST_CHECK enum err plan_end_publication(struct plan *p, struct bytes key);
MUST_CHECK enum err plan_move_publication(struct plan *p, struct bytes key, enum lease_stage stage);
/* Plans what follows from all that was planned: the states of services and nodes. Once, at the end.
 */
MUST_CHECK enum err plan_finish(struct plan *p);

/* -- inside of plan*.c -------------------------------------------------------------------------
 */

struct standing { /* what an operation meets */
    bool there;
    struct draft_row row;
};

/* The scratch, empty, for a key or a row that is used at once. */
struct buf *plan_key(struct plan *p);
struct buf *plan_row(struct plan *p);
MUST_CHECK enum err plan_look(struct plan *p, struct bytes key, struct standing *ret);
/* True if WHEN lets it go on; else RET says why not. */
bool plan_allows(const struct op_when *when, const struct standing *s, struct change_result *ret);
/* What stands at KEY in the end, with its value for OP_GET. */
MUST_CHECK enum err plan_show(struct plan *p, struct bytes key, enum op_verb verb,
                              struct change_result *ret);
/* Puts ROW at KEY unless it stands there already; whether it did. */
bool plan_put(struct plan *p, struct bytes key, const struct standing *s, struct bytes row);

/* Something that is shown of a service changes; MORE publications are in it than before. */
void plan_touch_service(struct plan *p, const struct service_id *id, int64_t more);
/* The node or a check of its own changes; GONE: there is none of it any more. */
void plan_touch_node(struct plan *p, struct bytes ns, struct bytes node, bool gone);
/* The service published from a node by an owner with its name, lent. ERR_NOT_FOUND. */
MUST_CHECK enum err plan_find_from_node(struct plan *p, struct bytes ns, const struct owner *owner,
                                        struct service_id *ret);
MUST_CHECK enum err plan_node_is_there(struct plan *p, struct bytes ns, struct bytes node,
                                       bool *ret);

MUST_CHECK enum err plan_node(struct plan *p, struct bytes ns, const struct node_op *op,
                              struct change_result *ret);
MUST_CHECK enum err plan_publication(struct plan *p, struct bytes ns,
                                     const struct publication_op *op, struct change_result *ret);
/* It is there, and goes with its checks. */
MUST_CHECK enum err plan_remove_publication(struct plan *p, const struct service_id *id,
                                            const struct owner *owner);
MUST_CHECK enum err plan_check(struct plan *p, struct bytes ns, const struct check_op *op,
                               struct change_result *ret);
/* All checks of a node, or of an instance of it if INSTANCE.p is not NULL, go. */
MUST_CHECK enum err plan_remove_checks(struct plan *p, struct bytes ns, struct bytes node,
                                       struct bytes instance);
/* The checks of an instance speak of ID from now on. */
MUST_CHECK enum err plan_rename_checks(struct plan *p, const struct service_id *id,
                                       struct bytes node, struct bytes instance);
MUST_CHECK enum err plan_overlay(struct plan *p, struct bytes ns, const struct overlay_op *op,
                                 struct change_result *ret);
MUST_CHECK enum err plan_service(struct plan *p, struct bytes ns, const struct service_op *op,
                                 struct change_result *ret);
MUST_CHECK enum err plan_object(struct plan *p, struct bytes ns, const struct object_op *op,
                                struct change_result *ret);

#endif
