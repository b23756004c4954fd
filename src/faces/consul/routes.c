/* All areas of the API. An area is one table in the file that has its handlers. */
#include "faces/consul/call/areas.h"

/* One a line: many hands add to it. */
/* clang-format off */
const struct consul_area *const consul_areas[] = {
    &consul_acl_area,
    &consul_agent_area,
    &consul_catalog_area,
    &consul_config_area,
    &consul_connect_area,
    &consul_coordinate_area,
    &consul_exports_area,
    &consul_virtual_ip_area,
    &consul_discovery_area,
    &consul_event_area,
    &consul_health_area,
    &consul_intentions_area,
    &consul_kv_area,
    &consul_operator_area,
    &consul_peering_area,
    &consul_queries_area,
    &consul_session_area,
    &consul_snapshot_area,
    &consul_status_area,
    &consul_txn_area,
    &consul_ui_area,
};
/* clang-format on */
const size_t consul_area_n = ARRAY_LEN(consul_areas);
