/* store/lease.h -- leases as they are stored: who keeps which keys, and in which stage.
 *
 * Deadlines are not here: they live in the leader's lease clock. */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include "store/command.h"
#include "store/view.h"

struct lease {
    struct lease_grant grant;
    enum lease_stage stage;
    uint64_t granted_age_ms;
    uint64_t remaining_ms; /* of the last checkpoint; UINT64_MAX if there was none */
    uint64_t key_n;
    uint64_t key_set_version; /* moves with every key attached or detached */
};

/* What a revoke carries that somebody was asked about because of the lease's keys; never 0. */
static inline uint64_t lease_key_set_mark(const struct lease *l)
{
    return l->key_set_version + 1;
}

/* ERR_LEASE_NOT_FOUND, also for a lease of another face than FACE (FACE_NONE: any). */
MUST_CHECK enum err lease_get(const struct view *view, enum face face, int64_t id,
                              struct lease *ret);
/* The keys of a lease in key order, in the arena. ERR_TOO_BIG above MAX (0 = no limit). */
MUST_CHECK enum err lease_keys(const struct view *view, int64_t id, enum space space, size_t max,
                               struct arena *arena, struct bytes **ret, size_t *ret_n);
/* Calls EACH for every lease from the id FROM on, in order of id, until it returns false;
 * *ret_all: it never did. */
MUST_CHECK enum err lease_each(const struct view *view, int64_t from,
                               bool (*each)(void *ctx, const struct lease *lease), void *ctx,
                               bool *ret_all);
/* The same for the keys of a lease in SPACE, in key order. */
MUST_CHECK enum err lease_each_key(const struct view *view, int64_t id, enum space space,
                                   struct bytes from,
                                   bool (*each)(void *ctx, enum space space, struct bytes key),
                                   void *ctx, bool *ret_all);

#endif
