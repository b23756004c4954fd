/* faces/consul/rows/selectors.h -- what ?filter may name in the rows of each kind, and asking it.
 */
#ifndef FACES_CONSUL_ROWS_SELECTORS_H
#define FACES_CONSUL_ROWS_SELECTORS_H

#include "faces/consul/call/call.h"
#include "faces/consul/rows/rows.h"
#include "wire/filter.h"

struct consul_full_node { /* a node with all that is on it */
    const struct consul_node *node;
    const struct consul_service *const *services;
    size_t service_n;
    struct consul_check_list checks; /* its own, then those of its services */
};

/* Rows are struct consul_node, consul_check, consul_service (twice: beside its node, and as the
 * node's), consul_health_row and consul_full_node. */
extern const struct filter_schema consul_node_schema, consul_check_schema,
    consul_service_node_schema, consul_node_service_schema, consul_health_schema,
    consul_full_node_schema;

/* Reads ?filter for rows of SCHEMA; false: refused and answered. Before the first read. */
bool consul_filter_begin(struct consul_call *c, const struct filter_schema *schema);
/* True if ROW is to be shown. */
bool consul_filter_keeps(struct consul_call *c, const void *row);
/* Answers with what was written, or, if a row could not be matched, with that. */
void consul_answer_filtered(struct consul_call *c);

/* True if the node has all that ?node-meta asks for. */
bool consul_meta_matches(const struct consul_call *c, const struct consul_node *node);

#endif
