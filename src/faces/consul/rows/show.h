/* faces/consul/rows/show.h -- rows as Consul's JSON, field by field in its order. */
#ifndef FACES_CONSUL_ROWS_SHOW_H
#define FACES_CONSUL_ROWS_SHOW_H

#include "faces/consul/rows/rows.h"
#include "wire/json_writer.h"

/* {"ID":...,"Node":...}: in catalog/nodes, health/service and so on. */
void consul_show_node(struct json_writer *j, const struct consul_node *n, const char *datacenter);
/* What internal/ui shows of it, in an object that is open. */
void consul_show_node_fields(struct json_writer *j, const struct consul_node *n);
/* A service beside its node: catalog/service. */
void consul_show_service_node(struct json_writer *j, const struct consul_service *s,
                              const char *datacenter);
/* A service of a node: catalog/node, health/service. */
void consul_show_node_service(struct json_writer *j, const struct consul_service *s);
/* As the agent shows it; HASH may be NULL. */
void consul_show_agent_service(struct json_writer *j, const struct consul_service *s,
                               const char *datacenter, const char *hash);
void consul_show_check(struct json_writer *j, const struct consul_check *c);
void consul_show_checks(struct json_writer *j, const struct consul_check_list *list);

/* {"a":"b"} and ["a"]; never null. */
void consul_show_meta(struct json_writer *j, const struct labels *meta);
void consul_show_texts(struct json_writer *j, const struct bytes *texts, size_t n);

#endif
