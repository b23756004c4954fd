/* faces/consul/registry/edit.h -- a change of the registry in the making: operations, checked one
 * by one, submitted as one command that happens whole or not at all. */
#ifndef FACES_CONSUL_REGISTRY_EDIT_H
#define FACES_CONSUL_REGISTRY_EDIT_H

#include "catalog/change.h"
#include "catalog/node.h"
#include "faces/consul/call/call.h"
#include "faces/consul/rows/check_extras.h"
#include "faces/consul/rows/extras.h"

struct consul_edit {
    struct arena *arena;
    struct change_op *ops;
    size_t n, room;
};

struct consul_instance { /* to be registered; text is lent */
    struct service_id service;
    struct bytes word; /* the service in one word */
    struct bytes id, address;
    uint16_t port;
    struct labels meta;
    const struct bytes *tags;
    size_t tag_n;
    struct consul_extras extras;
};

struct consul_place { /* what something is registered on */
    struct bytes node;
    bool is_member;       /* Muster's own ... */
    struct bytes address; /* ... which has no row to say its address; else empty */
};

struct consul_edit consul_edit_new(struct consul_call *c);

/* Each adds an operation. ERR_INVALID, with a sentence, for what the catalog does not take. VERB:
 * OP_SET, or OP_ENSURE to leave a node alone that is there. */
MUST_CHECK enum err consul_edit_node(struct consul_edit *edit, const struct node *node,
                                     const struct consul_extras *extras, enum op_verb verb,
                                     struct why *why);
MUST_CHECK enum err consul_edit_instance(struct consul_edit *edit, const struct consul_place *place,
                                         const struct consul_instance *in, struct why *why);
/* INSTANCE is empty for a check of the node itself. */
MUST_CHECK enum err consul_edit_check(struct consul_edit *edit, const struct consul_place *place,
                                      struct bytes instance, const struct check *check,
                                      const struct check_extras *extras, struct why *why);
void consul_edit_drop_node(struct consul_edit *edit, struct bytes node);
void consul_edit_drop_instance(struct consul_edit *edit, const struct consul_place *place,
                               struct bytes id);
void consul_edit_drop_check(struct consul_edit *edit, const struct consul_place *place,
                            struct bytes instance, struct bytes id);

/* ON_WRITTEN comes when it has happened, or there was nothing to do; what the catalog refuses is
 * answered with Consul's words. */
void consul_edit_submit(struct consul_call *c, const struct consul_edit *edit,
                        void (*on_written)(struct consul_call *c));

#endif
