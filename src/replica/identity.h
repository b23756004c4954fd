/* replica/identity.h -- who this cluster and this member are.
 *
 * The cluster's id and members are rows of the store (the same on all members); which of them this
 * directory belongs to is its own fact, in the file `member` of the data directory. */
#ifndef REPLICA_IDENTITY_H
#define REPLICA_IDENTITY_H

#include "base/buf.h"
#include "disk/fs.h"

struct identity {
    uint64_t cluster_id;
    uint64_t member_ids[16];
    size_t member_n;
};

void identity_encode(const struct identity *identity, struct buf *out);
/* ERR_VERSION, ERR_MALFORMED, ERR_TRUNCATED. */
MUST_CHECK enum err identity_decode(struct bytes bytes, struct identity *ret);

/* Whether ROW, the store's, and the file `member` speak of one cluster and one of its members.
 * ERR_DAMAGED, ERR_VERSION with WHY. */
MUST_CHECK enum err identity_check(struct bytes row, uint64_t cluster_id, uint64_t member_id,
                                   struct why *why);

/* The file `member` of DIR. ERR_NOT_FOUND if there is none; ERR_DAMAGED, ERR_VERSION with WHY. */
MUST_CHECK enum err member_file_read(struct fs *fs, const char *dir, uint64_t *ret_cluster_id,
                                     uint64_t *ret_member_id, struct why *why);
/* Durable on return. */
MUST_CHECK enum err member_file_write(struct fs *fs, const char *dir, uint64_t cluster_id,
                                      uint64_t member_id, struct why *why);

#endif
