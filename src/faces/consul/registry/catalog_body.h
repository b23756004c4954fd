/* faces/consul/registry/catalog_body.h -- nodes, services and checks as they are sent in the form
 * of the catalog's rows, and the operations that register them. */
#ifndef FACES_CONSUL_REGISTRY_CATALOG_BODY_H
#define FACES_CONSUL_REGISTRY_CATALOG_BODY_H

#include "faces/consul/registry/body.h"
#include "faces/consul/registry/edit.h"
#include "faces/consul/registry/shown_definition.h"

struct consul_node_row {
    struct bytes id, name, address;
    struct json_pairs tagged, meta;
    const struct json_node *locality;
};

struct consul_service_row {
    struct bytes id, name, address, socket_path, kind;
    int64_t port;
    struct json_texts tags;
    struct json_pairs meta;
    struct json_structs tagged;
    struct consul_weights_body *weights;
    bool has_tag_override;
    const struct json_node *proxy, *connect, *locality, *ports, *other;
    uint64_t modify; /* of the row that is meant */
};

struct consul_check_row {
    struct bytes node, id, name, status, notes, output, service_id, service_name, type;
    struct bytes interval, timeout;
    struct consul_shown_definition *definition; /* NULL: none */
    const struct json_node *other;
    uint64_t modify;
};

extern const struct json_shape consul_service_row_shape, consul_check_row_shape;

/* Each adds an operation; VERB puts. ERR_INVALID, with Consul's sentence or one of its kind. */
MUST_CHECK enum err consul_row_add_node(const struct consul_node_row *b, enum op_verb verb,
                                        struct consul_edit *edit, struct why *why);
/* Fills the id in, if it has only a name. */
MUST_CHECK enum err consul_row_add_service(const struct consul_place *place,
                                           struct consul_service_row *b, struct consul_edit *edit,
                                           struct why *why);
MUST_CHECK enum err consul_row_add_check(const struct consul_place *place,
                                         const struct consul_check_row *b, struct consul_edit *edit,
                                         struct why *why);

#endif
