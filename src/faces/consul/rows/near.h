/* faces/consul/rows/near.h -- in the order of how far nodes are away, by their coordinates: ?near
 * and what prepared queries say.
 *
 * What has no coordinate comes last; what is equally far stays in the order in which it was. */
#ifndef FACES_CONSUL_ROWS_NEAR_H
#define FACES_CONSUL_ROWS_NEAR_H

#include "catalog/coordinate.h"
#include "faces/consul/rows/rows.h"
#include "wire/json_writer.h"

struct consul_call;

/* Of a node that nobody has measured: the place where all begin. */
extern const struct coordinate consul_origin;

/* Seconds from A to B and back, as both estimate it. */
double consul_distance(const struct coordinate *a, const struct coordinate *b);

struct consul_vantage { /* where it is looked from */
    const struct view *view;
    struct bytes own_node; /* this server's */
    struct arena *arena;   /* is filled */
};

/* N things of SIZE bytes as seen from the node NEAR, NODE_OF names the node of one; what is on NEAR
 * itself first, if it is among the first of them. Stays as it is if nobody knows where NEAR is. */
MUST_CHECK enum err consul_near_order(const struct consul_vantage *from, struct bytes near,
                                      void *all, size_t n, size_t size,
                                      struct bytes (*node_of)(const void *one));

/* N things of SIZE bytes as seen from the node NEAR ("_agent": this server's), NODE_OF names the
 * node of one. Stays as it is if NEAR is empty or nobody knows where it is. */
MUST_CHECK enum err consul_near_sort(struct consul_call *c, const struct view *view,
                                     struct bytes near, void *all, size_t n, size_t size,
                                     struct bytes (*node_of)(const void *one));

/* The same by the call's ?near; false: it failed, and is answered. */
bool consul_sort_nodes(struct consul_call *c, const struct view *view,
                       struct consul_node_list *list);
bool consul_sort_services(struct consul_call *c, const struct view *view,
                          struct consul_service_list *list);
bool consul_sort_checks(struct consul_call *c, const struct view *view,
                        struct consul_check_list *list);

/* What an answer shows of a place. */
void consul_show_coordinate(struct json_writer *j, const struct coordinate *at);

#endif
