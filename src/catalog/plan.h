/* catalog/plan.h -- planning changes of the registry, operation by operation, in a draft.
 *
 * All functions fail only if the store does; what an operation refuses is said in its result. */
#ifndef CATALOG_PLAN_H
#define CATALOG_PLAN_H

#include "catalog/change.h"
#include "catalog/draft.h"
#include "catalog/projection.h"

struct touched_service; /* whose state is to be written */
struct touched_node;
struct touched_place;

struct plan {
    struct draft *draft;
    struct arena *arena;              /* the draft's */
    struct arena *results;            /* outlives it; may be NULL if no operation is planned */
    uint64_t age_ms;                  /* of the cluster */
    uint64_t result_bytes;            /* of rows and pairs that are given, about */
    struct touched_service *services; /* all, and by their names: */
    struct touched_service **buckets;
    size_t bucket_n, service_n;
    struct touched_node *nodes;
    const struct projection_rules *rules; /* NULL or none: nothing appears in etcd */
    struct touched_place *places;
    bool is_noted;   /* in the entry's memo */
    struct extinct { /* a service of this namespace has lost its last publication */
        struct bytes ns;
        struct extinct *next;
    } * extinct;
    struct buf key, row; /* scratch */
};

/* DRAFT and RULES are kept; the draft's view and arena are used. */
void plan_init(struct plan *p, struct draft *draft, uint64_t age_ms,
               const struct projection_rules *rules, struct arena *results);
/* Gives up the scratch; the draft stays. */
void plan_fini(struct plan *p);
/* Planning goes on after it was given up. */
void plan_resume(struct plan *p);

MUST_CHECK enum err plan_op(struct plan *p, const struct change_op *op, struct change_result *ret);
/* The publication of KEY goes, or is in another stage, because its lease has ended or moved. */
MUST_CHECK enum err plan_end_publication(struct plan *p, struct bytes key);
MUST_CHECK enum err plan_move_publication(struct plan *p, struct bytes key, enum lease_stage stage);
/* KEY was put into ETCD with VALUE, by somebody's hand, or removed from it. */
MUST_CHECK enum err plan_etcd_put(struct plan *p, struct bytes key, struct bytes value,
                                  int64_t lease);
MUST_CHECK enum err plan_etcd_removed(struct plan *p, struct bytes key);
/* Plans what follows from all that was planned. Once, at the end. */
MUST_CHECK enum err plan_finish(struct plan *p);
/* The same in two parts, for what may touch very much: first the states of services and nodes.
 * Then, when the draft has been written, what appears in etcd, planned and written place by place,
 * for about *ROWS rows at a time, which it subtracts. */
MUST_CHECK enum err plan_states(struct plan *p);
MUST_CHECK enum err plan_appear(struct plan *p, struct apply_context *c, uint64_t *rows,
                                bool *ret_done);

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

/* plan_place.c: who publishes where; nothing while there are no rules. */

/* Where SAID can be dialled; *ret_has is false if its address or port is not known. */
MUST_CHECK enum err plan_place_of(struct plan *p, struct bytes ns, const struct owner *owner,
                                  const struct publication *said, struct place *ret, bool *ret_has);
/* OWNER is not at WAS any more, but at IS; either may be NULL. */
void plan_resettle(struct plan *p, const struct service_id *id, const struct owner *owner,
                   const struct place *was, const struct place *is);
/* OWNER does not publish WAS any more, but IS; NULL: nothing. */
MUST_CHECK enum err plan_move_place(struct plan *p, const struct service_id *id,
                                    const struct owner *owner, const struct publication *was,
                                    const struct publication *is);
/* Something of the place changes that may show in etcd. */
void plan_touch_place(struct plan *p, const struct service_id *id, const struct place *place);
/* The same of what an instance of a node publishes, or all of the node if INSTANCE is empty. */
MUST_CHECK enum err plan_touch_published(struct plan *p, struct bytes ns, struct bytes node,
                                         struct bytes instance);
/* What the node publishes without an address of its own had WAS, and has IS; either may be empty.
 */
MUST_CHECK enum err plan_move_node(struct plan *p, struct bytes ns, struct bytes node,
                                   struct bytes was, struct bytes is);
/* The owners of what is published at PLACE. */
struct owners {
    struct owner *all;
    size_t n;
};
MUST_CHECK enum err plan_owners_at(struct plan *p, const struct service_id *id,
                                   const struct place *place, struct owners *ret);

/* A key of etcd with ID stands in the way of the place that its id names, or does so no more. */
void plan_touch_named(struct plan *p, const struct service_id *service, struct bytes id);
/* Removes KEY from ETCD, which is somebody's own. */
void plan_remove_etcd_key(struct plan *p, struct bytes key);

/* plan_project.c: what appears of the places that were touched. */

MUST_CHECK enum err plan_project(struct plan *p);
/* The place that appears under KEY. ERR_NOT_FOUND. */
MUST_CHECK enum err plan_appears(struct plan *p, struct bytes key, struct service_id *ret_id,
                                 struct place *ret);

MUST_CHECK enum err plan_node(struct plan *p, struct bytes ns, const struct node_op *op,
                              struct change_result *ret);
MUST_CHECK enum err plan_publication(struct plan *p, struct bytes ns,
                                     const struct publication_op *op, struct change_result *ret);
/* It is there, and goes with its checks. */
MUST_CHECK enum err plan_remove_publication(struct plan *p, const struct service_id *id,
                                            const struct owner *owner);
/* The same, and the key with it that makes it, if it is etcd's. */
MUST_CHECK enum err plan_deregister(struct plan *p, const struct service_id *id,
                                    const struct owner *owner);
MUST_CHECK enum err plan_check(struct plan *p, struct bytes ns, const struct check_op *op,
                               struct change_result *ret);
MUST_CHECK enum err plan_report(struct plan *p, struct bytes ns, const struct report_op *op,
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
