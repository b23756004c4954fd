/* faces/consul/rows/lookup.h -- what queries of the catalog and of health have in common: a
 * service, a node or everything, found once and kept from `index` to `answer` of one view. */
#ifndef FACES_CONSUL_ROWS_LOOKUP_H
#define FACES_CONSUL_ROWS_LOOKUP_H

#include "faces/consul/rows/index.h"
#include "faces/consul/rows/selectors.h"

struct consul_lookup { /* call->state */
    /* of the request */
    struct service_id id;
    bool is_name; /* the service's word can be one */
    bool passing; /* only instances that pass */
    struct bytes *tags;
    size_t tag_n;
    enum status state;
    bool any_state;
    /* of one view, in the scratch */
    struct consul_service_list services;
    struct consul_node_list nodes;
    struct consul_node node;
    bool has_node;
};

/* What is read from VIEW, into the face's scratch. */
struct consul_rows consul_rows_of(struct consul_call *c, const struct view *view);
/* Makes the call's lookup. */
struct consul_lookup *consul_lookup_new(struct consul_call *c);
struct consul_lookup *consul_lookup_of(const struct consul_call *c);
/* The service named by the rest of the path; false: it is missing, refused and answered. */
bool consul_lookup_service(struct consul_call *c);
/* ?tag, as often as it is given. */
void consul_lookup_tags(struct consul_call *c);

/* For `index` of a query. */
enum err consul_index_service(struct consul_call *c, const struct view *view, uint64_t *ret);
/* All services, with the index of their table. */
enum err consul_index_services(struct consul_call *c, const struct view *view, uint64_t *ret);
/* The node of the rest of the path with its services, and the newer of both tables. */
enum err consul_index_node(struct consul_call *c, const struct view *view, uint64_t *ret);

/* True if the caller may see the instance, its node has ?node-meta, and it has all ?tags. */
bool consul_service_is_shown(struct consul_call *c, const struct consul_service *s);
bool consul_node_is_shown(struct consul_call *c, const struct consul_node *n);
/* True if it takes requests for the mesh's service NAME: native, or a proxy of it. */
bool consul_service_is_mesh_of(struct consul_call *c, const struct consul_service *s,
                               struct bytes name);

#endif
