/* faces/etcd/facts.h -- what this member is and how it stands: the only file that asks beyond the
 * hub, for identity, terms, members and sizes. */
#ifndef FACES_ETCD_FACTS_H
#define FACES_ETCD_FACTS_H

#include "base/arena.h"
#include "hub/hub.h"

struct facts_self {
    uint64_t cluster_id, member_id;
};

struct facts_status {
    uint64_t term, leader, commit, applied;
    uint64_t proposals_waiting;
    uint64_t file_bytes, used_bytes, keys;
};

struct facts_member {
    uint64_t id;
    const char *name, *peer_url, *client_urls;
    bool learner;
};

struct facts_term {
    uint64_t term, leader;
};

struct facts_self facts_self(struct hub *h);
struct facts_term facts_term(struct hub *h);
/* Any thread. */
struct facts_status facts_status(struct hub *h);
/* Revision and compacted revision of ETCD as of the last commit; any thread. False: too many
 * readers. */
bool facts_revisions(struct hub *h, uint64_t *ret_revision, uint64_t *ret_compacted);
/* By id, rising. */
struct facts_member *facts_members(struct hub *h, struct arena *arena, size_t *ret_n);

#endif
