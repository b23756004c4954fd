/* faces/consul/rows/health_row.h -- an instance with its node and all its checks: a row of
 * health/service. */
#ifndef FACES_CONSUL_ROWS_HEALTH_ROW_H
#define FACES_CONSUL_ROWS_HEALTH_ROW_H

#include "faces/consul/call/call.h"
#include "faces/consul/rows/rows.h"
#include "wire/json_writer.h"

struct consul_health_row { /* a row of health/service */
    const struct consul_service *service;
    struct consul_check_list checks; /* of its node, then its own */
};

struct consul_node_checks { /* of the node before; zeroed at first */
    const struct consul_node *node;
    struct consul_check_list list;
};

/* The checks of its node, then its own. */
MUST_CHECK enum err consul_health_row_read(const struct consul_rows *rows,
                                           const struct consul_service *s,
                                           struct consul_node_checks *memo,
                                           struct consul_health_row *ret);
void consul_health_row_show(struct consul_call *c, struct json_writer *j,
                            const struct consul_health_row *row);

#endif
