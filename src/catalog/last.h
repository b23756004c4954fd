/* catalog/last.h -- rows beside the spaces that say when something changed last: of a node,
 * and of all of a namespace. */
#ifndef CATALOG_LAST_H
#define CATALOG_LAST_H

#include "base/buf.h"
#include "base/rd.h"

enum { NODE_STATE_FORMAT = 1, TABLES_FORMAT = 2 };

/* Of the last change of the node's row or of a check of its own: all that is published from it
 * looks different then. */
void node_state_write(uint64_t revision, struct buf *out);
/* ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED; so below. */
MUST_CHECK enum err node_state_read(struct bytes bytes, uint64_t *ret_revision);

enum registry_table { /* their order is stored */
                      REGISTRY_NODES,
                      REGISTRY_SERVICES, /* publications, definitions, overlays */
                      REGISTRY_CHECKS,
                      REGISTRY_SESSIONS,
                      REGISTRY_CONFIG,
                      REGISTRY_QUERIES,
                      REGISTRY_EXTINCT, /* the last publication of a service was removed */
                      REGISTRY_PAIRS,   /* Consul's; in the empty namespace, as they have none */
                      REGISTRY_COORDINATES,
                      REGISTRY_TABLES
};

struct registry_tables {
    uint64_t last[REGISTRY_TABLES]; /* revisions; 0 = never */
};

/* In format 1, which ends before the coordinates, as long as there never were any: what was applied
 * before there could be is written as it was. */
void registry_tables_write(const struct registry_tables *t, struct buf *out);
MUST_CHECK enum err registry_tables_read(struct bytes bytes, struct registry_tables *ret);

#endif
