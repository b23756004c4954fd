/* Facts of the member, copied out of the replica that the hub stands on. */
#include "faces/etcd/facts.h"

#include <stdlib.h>

#include "store/view.h"

enum { MEMBERS_MAX = 64 };

struct facts_self facts_self(struct hub *h)
{
    const struct replica *r = hub_replica(h);
    return (struct facts_self){ .cluster_id = replica_cluster_id(r),
                                .member_id = replica_member_id(r) };
}

struct facts_status facts_status(struct hub *h)
{
    struct replica_status status;
    struct store_space space;
    replica_status(hub_replica(h), &status);
    store_space(replica_store(hub_replica(h)), &space);
    return (struct facts_status){
        .term = status.term,
        .leader = status.leader,
        .commit = status.commit,
        .applied = status.applied,
        .file_bytes = space.file_bytes,
        .used_bytes = space.used_bytes,
        .keys = space.keys[SPACE_ETCD],
        .proposals_waiting = status.proposals_waiting,
    };
}

struct facts_term facts_term(struct hub *h)
{
    struct replica_status status;
    replica_status(hub_replica(h), &status);
    return (struct facts_term){ .term = status.term, .leader = status.leader };
}

bool facts_revisions(struct hub *h, uint64_t *ret_revision, uint64_t *ret_compacted)
{
    struct view *view;
    if (view_open(replica_store(hub_replica(h)), &view) != OK)
        return false;
    *ret_revision = view_revision(view);
    *ret_compacted = view_compacted(view, SPACE_ETCD);
    view_close(view);
    return true;
}

static int by_id(const void *a, const void *b)
{
    const struct facts_member *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

struct facts_member *facts_members(struct hub *h, struct arena *arena, size_t *ret_n)
{
    struct member *members = arena_zalloc(arena, MEMBERS_MAX, sizeof *members);
    size_t n = replica_members(hub_replica(h), members, MEMBERS_MAX);
    if (n > MEMBERS_MAX)
        n = MEMBERS_MAX;
    struct facts_member *out = arena_zalloc(arena, n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct facts_member){ .id = members[i].id,
                                        .name = members[i].name,
                                        .peer_url = members[i].peer_url,
                                        .client_urls = members[i].client_url,
                                        .learner = members[i].learner };
    if (n > 1)
        qsort(out, n, sizeof out[0], by_id);
    *ret_n = n;
    return out;
}
