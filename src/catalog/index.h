/* catalog/index.h -- when what a reader looks at changed last: revisions for blocking queries,
 * watchers and caches. A change of one thing moves the index of nothing else. */
#ifndef CATALOG_INDEX_H
#define CATALOG_INDEX_H

#include "catalog/instance.h"
#include "catalog/last.h"
#include "catalog/service.h"
#include "store/view.h"

/* All lend from the view. A row that cannot be read is ERR_DAMAGED, or ERR_VERSION if a newer build
 * wrote it. */

/* ERR_NOT_FOUND if nothing is published in it and nobody described it. */
MUST_CHECK enum err service_state_get(const struct view *view, const struct service_id *id,
                                      struct service_state *ret);
/* Zeros for a namespace in which nothing ever was; the empty one has that of Consul's pairs. */
MUST_CHECK enum err registry_tables_get(const struct view *view, struct bytes ns,
                                        struct registry_tables *ret);
/* Of the node's row and the checks of its own; 0 if it has neither. */
MUST_CHECK enum err node_index(const struct view *view, struct bytes ns, struct bytes node,
                               uint64_t *ret);
/* Of all that is shown of a service whose rows are ROWS: its own changes, and those of the nodes it
 * is published from. Of one without publications: of the last service of the namespace that lost
 * its last, or of any of its nodes, services and checks if none ever did. At least 1. */
MUST_CHECK enum err service_index(const struct view *view, const struct service_id *id,
                                  const struct service_rows *rows, uint64_t *ret);

#endif
