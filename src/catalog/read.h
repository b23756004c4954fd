/* catalog/read.h -- rows of the catalog out of a view. */
#ifndef CATALOG_READ_H
#define CATALOG_READ_H

#include "catalog/draft.h"
#include "catalog/instance.h"
#include "catalog/node.h"
#include "catalog/service.h"

/* What all of these give lends from the view and lies in the arena. A row that cannot be read is
 * ERR_DAMAGED, or ERR_VERSION if a newer build wrote it. */

/* -- services --------------------------------------------------------------------------------- */

/* All publications of a service, with their nodes and checks, and its overlays. A service without
 * any has none of either. */
MUST_CHECK enum err service_rows_read(const struct view *view, const struct service_id *id,
                                      struct arena *arena, struct service_rows *ret);
/* The same as a draft has them. */
MUST_CHECK enum err service_rows_in_draft(const struct draft *d, const struct service_id *id,
                                          struct service_rows *ret);
/* What one owner publishes in the service, with its node and checks. ERR_NOT_FOUND. */
MUST_CHECK enum err published_in_draft(const struct draft *d, const struct service_id *id,
                                       const struct owner *owner, struct published *ret);
/* ERR_NOT_FOUND if nobody described it. */
MUST_CHECK enum err service_definition_read(const struct view *view, const struct service_id *id,
                                            struct arena *arena, struct service *ret);

struct service_listed {
    struct service_id id;       /* as first given */
    struct service_state state; /* catalog/index.h: the index of a service is more than this */
};

struct services {
    struct service_listed *all; /* in the order of their folded groups and names */
    size_t n;
};

/* The services of a namespace in which something is published, or that somebody described: one row
 * each is read. */
MUST_CHECK enum err services_read(const struct view *view, struct bytes ns, struct arena *arena,
                                  struct services *ret);

struct tags {
    struct bytes *all; /* ascending, each once */
    size_t n;
};

/* The tags of all that is published in a service. */
MUST_CHECK enum err service_tags_read(const struct view *view, const struct service_id *id,
                                      struct arena *arena, struct tags *ret);

/* -- nodes ------------------------------------------------------------------------------------ */

/* ERR_NOT_FOUND. */
MUST_CHECK enum err node_row_read(const struct view *view, struct bytes ns, struct bytes name,
                                  struct arena *arena, struct node *ret);

struct nodes {
    struct node *all; /* in the order of their folded names */
    size_t n;
};

MUST_CHECK enum err nodes_read(const struct view *view, struct bytes ns, struct arena *arena,
                               struct nodes *ret);

struct from_node { /* published from a node */
    struct service_id service;
    struct published published; /* without its node and checks */
};

struct all_from_node {
    struct from_node *all; /* in the order of the faces and parts of their owners */
    size_t n;
};

MUST_CHECK enum err from_node_read(const struct view *view, struct bytes ns, struct bytes node,
                                   struct arena *arena, struct all_from_node *ret);
/* The one that the owner PART of FACE publishes from the node. ERR_NOT_FOUND. */
MUST_CHECK enum err from_node_find(const struct view *view, struct bytes ns,
                                   const struct owner *owner, struct arena *arena,
                                   struct from_node *ret);

/* -- checks ----------------------------------------------------------------------------------- */

struct checks {
    struct check *all; /* in the order of their ids */
    size_t n;
};

/* The checks of one instance (the part of its owner), or of the node itself (empty). */
MUST_CHECK enum err checks_read(const struct view *view, struct bytes ns, struct bytes node,
                                struct bytes instance, struct arena *arena, struct checks *ret);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err check_row_read(const struct view *view, const struct check_id *id,
                                   struct arena *arena, struct check *ret);
/* STATUS_UP of none. */
enum status checks_worst(const struct checks *checks);

struct checked {                 /* a check and where it stands */
    struct bytes node, instance; /* folded; the instance is empty for one of the node */
    struct check check;
};

struct all_checked {
    struct checked *all;
    size_t n;
};

/* All checks of a node, or of the namespace if NODE is empty. */
MUST_CHECK enum err checked_read(const struct view *view, struct bytes ns, struct bytes node,
                                 struct arena *arena, struct all_checked *ret);

/* -- nodes and checks as a draft has them; lent from it ---------------------------------------
 */

/* The address of the owner's node: its row's, or what a member said; empty if neither is known. */
MUST_CHECK enum err node_address_in_draft(const struct draft *d, struct bytes ns,
                                          const struct owner *owner, struct bytes *ret);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err node_in_draft(const struct draft *d, struct bytes ns, struct bytes name,
                                  struct node *ret);
/* The worst of the checks of an instance, or of the node itself (empty); STATUS_UP of none. */
MUST_CHECK enum err worst_in_draft(const struct draft *d, struct bytes ns, struct bytes node,
                                   struct bytes instance, enum status *ret);

#endif
