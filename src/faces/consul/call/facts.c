/* Copied out of the replica that the hub stands on. */
#include "faces/consul/call/facts.h"

#include <stdio.h>
#include <string.h>

enum { SERVER_PORT = 8300 };

struct consul_facts consul_facts(struct hub *h)
{
    struct replica_status status;
    replica_status(hub_replica(h), &status);
    return (struct consul_facts){
        .term = status.term,
        .commit = status.commit,
        .applied = status.applied,
        .leads = status.leader == replica_member_id(hub_replica(h)),
        .has_leader = status.leader != 0,
    };
}

uint64_t consul_pairs(struct hub *h)
{
    struct store_space space;
    store_space(replica_store(hub_replica(h)), &space);
    return space.keys[SPACE_CONSUL_KV];
}

bool consul_knows_leader(struct hub *h)
{
    return consul_facts(h).has_leader;
}

void consul_member_uuid(struct hub *h, char ret[37])
{
    uint64_t a = replica_cluster_id(hub_replica(h)), b = replica_member_id(hub_replica(h));
    snprintf(ret, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(b >> 48 & 0x3fff) | 0x8000U,
             (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

const char *consul_server_address(const struct consul_self *self, struct arena *arena)
{
    bool is_v6 = strchr(self->address, ':') != NULL;
    return arena_printf(arena, "%s%s%s:%d", is_v6 ? "[" : "", self->address, is_v6 ? "]" : "",
                        SERVER_PORT);
}
