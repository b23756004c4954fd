/* registry.h -- a store that knows the registry's commands, and operations on it in few words. */
#ifndef TEST_CATALOG_REGISTRY_H
#define TEST_CATALOG_REGISTRY_H

#include "catalog/change.h"
#include "catalog/node.h"
#include "catalog/overlay.h"
#include "catalog/projection.h"
#include "catalog/publication.h"
#include "catalog/service.h"
#include "test/unit/store/stand.h"

/* For cmocka; the state is a struct stand. The tear-down is stand_tear_down. */
int registry_set_up(void **state);

/* Applies N operations as one command, which is one entry. */
const struct command_result *registry_apply(struct stand *s, const struct change_op *ops, size_t n);
/* The same of one, which must be done; the revision after it. */
uint64_t registry_do(struct stand *s, struct change_op op);
/* The same of one, which must be refused; why. */
enum change_refusal registry_refusal(struct stand *s, struct change_op op);
/* Sets the rules by which keys of etcd and instances follow each other. */
void registry_set_rules(struct stand *s, const struct projection_rules *rules);
/* What the one operation of the last command gave. */
const struct change_result *registry_result(struct stand *s);

/* Operations in namespace "public" with OP_SET; rows lie in the arena. */
struct change_op registry_node(struct stand *s, const char *name, const char *address);
/* Consul's: service NAME under the id PART, published from NODE at PORT. */
struct change_op registry_agent(struct stand *s, const char *node, const char *part,
                                const char *name, uint16_t port);
/* With a lease: PART of FACE's owner at ADDRESS:PORT. */
struct change_op registry_leased(struct stand *s, enum face face, const char *part,
                                 const char *name, const char *address, uint16_t port,
                                 int64_t lease);
struct change_op registry_check(struct stand *s, const char *node, const char *instance,
                                const char *id, enum status status);
struct change_op registry_report(const char *node, const char *instance, const char *id,
                                 enum status status, const char *output);
struct change_op registry_overlay(struct stand *s, const char *name, const char *address,
                                  uint16_t port, bool enabled);
struct change_op registry_service(struct stand *s, const char *name, uint32_t threshold);
/* The same operation with another verb. */
struct change_op registry_with(struct change_op op, enum op_verb verb, uint64_t index);

/* A service of the default group in "public". */
struct service_id registry_id(const char *name);

#endif
