/* faces/consul/rows/rows.h -- nodes, services and checks out of a view, as Consul shows them.
 *
 * Muster's own node, its service "consul" and its check "serfHealth" have no rows: they are made
 * here. What other faces have registered stands on that node, beside what Consul's clients have.
 * All of it lies in ARENA and lends from the view. ERR_DAMAGED, ERR_VERSION. */
#ifndef FACES_CONSUL_ROWS_ROWS_H
#define FACES_CONSUL_ROWS_ROWS_H

#include "catalog/instance.h"
#include "catalog/node.h"
#include "catalog/read.h"
#include "faces/consul/rows/check_extras.h"
#include "faces/consul/rows/extras.h"
#include "store/view.h"

struct consul_self;
struct json_node;

struct consul_node {
    struct node row;
    struct consul_extras extras; /* its tagged addresses */
    bool is_member;              /* one of Muster's own */
    struct bytes datacenter;
    uint64_t create, modify;
};

struct consul_check {
    struct check row;
    struct bytes node;     /* its name */
    struct bytes instance; /* empty: the node's own */
    struct bytes service;  /* in one word; empty: the node's own */
    const struct bytes *tags;
    size_t tag_n;
    bool no_tags_is_null; /* as transactions show it */
    struct check_extras extras;
    uint64_t create, modify;
};

struct consul_check_list {
    struct consul_check *all;
    size_t n;
};

struct consul_service {    /* an instance */
    struct bytes id, name; /* NAME in one word */
    struct bytes address;  /* empty: its node's */
    uint16_t port;
    struct labels meta;
    const struct bytes *tags;
    size_t tag_n;
    struct consul_extras extras;
    const struct json_node *proxy; /* of the extras, as a tree; NULL: none */
    const struct consul_node *node;
    struct consul_check_list checks; /* its own */
    enum face face;                  /* of who registered it; FACE_NONE: Muster itself */
    uint64_t create, modify;
};

struct consul_service_list {
    struct consul_service *all;
    size_t n;
};

struct consul_node_list {
    struct consul_node *all;
    size_t n;
};

struct consul_rows { /* what the functions below read from */
    const struct view *view;
    const struct consul_self *self;
    struct arena *arena;
};

#define CONSUL_NS NAMESPACE_DEFAULT

/* All nodes, in the order of their names. */
MUST_CHECK enum err consul_nodes_read(const struct consul_rows *r, struct consul_node_list *ret);
/* By name without case. ERR_NOT_FOUND. */
MUST_CHECK enum err consul_node_read(const struct consul_rows *r, struct bytes name,
                                     struct consul_node *ret);
/* By name, or by the first two or more hexadecimal digits of its id. ERR_NOT_FOUND. */
MUST_CHECK enum err consul_node_find(const struct consul_rows *r, struct bytes name_or_id,
                                     struct consul_node *ret);

/* A check of the node or of what agents have registered on it, by its id exactly. ERR_NOT_FOUND. */
MUST_CHECK enum err consul_check_find(const struct consul_rows *r, const struct consul_node *node,
                                      struct bytes id, struct consul_check *ret);
/* The node's own checks, with serfHealth first if it is a member. */
MUST_CHECK enum err consul_node_checks_read(const struct consul_rows *r,
                                            const struct consul_node *node,
                                            struct consul_check_list *ret);
/* All instances of a service, in the order of their nodes and ids, with nodes and checks. */
MUST_CHECK enum err consul_service_read(const struct consul_rows *r, const struct service_id *id,
                                        struct consul_service_list *ret);
/* All instances of all services. */
MUST_CHECK enum err consul_services_read(const struct consul_rows *r,
                                         struct consul_service_list *ret);
struct consul_tags { /* of all instances of a service */
    struct bytes name;
    const struct bytes *tags;
    size_t tag_n;
};

struct consul_tag_list {
    struct consul_tags *all; /* by name */
    size_t n;
};

/* Of all services that have instances. */
MUST_CHECK enum err consul_tags_read(const struct consul_rows *r, struct consul_tag_list *ret);
/* Those on a node. */
MUST_CHECK enum err consul_node_services_read(const struct consul_rows *r,
                                              const struct consul_node *node,
                                              struct consul_service_list *ret);
/* What agents and catalog/register have put on the node, by id; without checks. */
MUST_CHECK enum err consul_registered_list(const struct consul_rows *r,
                                           const struct consul_node *node,
                                           struct consul_service_list *ret);
/* One of them by its id exactly, with its checks. ERR_NOT_FOUND. */
MUST_CHECK enum err consul_registered_read(const struct consul_rows *r,
                                           const struct consul_node *node, struct bytes id,
                                           struct consul_service *ret);

/* "passing", "warning", "critical" */
const char *consul_status_word(enum status status);
/* False for no such word. */
bool consul_status_parse(struct bytes word, enum status *ret);

#endif
