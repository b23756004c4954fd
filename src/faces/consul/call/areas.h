/* faces/consul/call/areas.h -- the tables of routes, one an area. */
#ifndef FACES_CONSUL_CALL_AREAS_H
#define FACES_CONSUL_CALL_AREAS_H

#include "base/compiler.h"
#include "faces/consul/call/route.h"

/* One a line: many hands add to it. */
/* clang-format off */
extern const struct consul_area consul_acl_area; /* acl.c */
extern const struct consul_area consul_agent_area; /* agent.c */
extern const struct consul_area consul_catalog_area; /* catalog.c */
extern const struct consul_area consul_config_area; /* config.c */
extern const struct consul_area consul_connect_area; /* connect.c */
extern const struct consul_area consul_coordinate_area; /* coordinate.c */
extern const struct consul_area consul_exports_area; /* exports.c */
extern const struct consul_area consul_virtual_ip_area; /* virtual_ip.c */
extern const struct consul_area consul_discovery_area; /* discovery.c */
extern const struct consul_area consul_event_area; /* event.c */
extern const struct consul_area consul_health_area; /* health.c */
extern const struct consul_area consul_intentions_area; /* intentions_routes.c */
extern const struct consul_area consul_kv_area; /* kv.c */
extern const struct consul_area consul_operator_area; /* operator.c */
extern const struct consul_area consul_peering_area; /* peering.c */
extern const struct consul_area consul_queries_area; /* queries.c */
extern const struct consul_area consul_session_area; /* session.c */
extern const struct consul_area consul_snapshot_area; /* snapshot.c */
extern const struct consul_area consul_status_area; /* status.c */
extern const struct consul_area consul_txn_area; /* txn.c */
extern const struct consul_area consul_ui_area; /* ui.c */
/* clang-format on */

#endif
