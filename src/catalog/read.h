/* catalog/read.h -- rows of the catalog out of a view. */
#ifndef CATALOG_READ_H
#define CATALOG_READ_H

#include "catalog/instance.h"
#include "catalog/node.h"
#include "catalog/service.h"
#include "store/view.h"

/* What all of these give lends from the view and lies in the arena. A row that cannot be read is
 * ERR_DAMAGED, or ERR_VERSION if a newer build wrote it. */

/* All publications of a service, with their nodes and checks, and its overlays. A service without
 * any has none of either. */
MUST_CHECK enum err service_rows_read(const struct view *view, const struct service_id *id,
                                      struct arena *arena, struct service_rows *ret);
/* ERR_NOT_FOUND if nobody described it. */
MUST_CHECK enum err service_definition_read(const struct view *view, const struct service_id *id,
                                            struct arena *arena, struct service *ret);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err node_row_read(const struct view *view, struct bytes ns, struct bytes name,
                                  struct arena *arena, struct node *ret);

struct checks {
    struct check *all; /* in the order of their ids */
    size_t n;
};

/* The checks of one instance (the part of its owner), or of the node itself (empty). */
MUST_CHECK enum err checks_read(const struct view *view, struct bytes ns, struct bytes node,
                                struct bytes instance, struct arena *arena, struct checks *ret);
/* STATUS_UP of none. */
enum status checks_worst(const struct checks *checks);

#endif
