/* store/command.h -- what can be asked of the kernel through the log.
 *
 * A command has a kind, a body in the kind's own fixed layout, and an origin. The kernel's kinds
 * are below; upper folders hand a table of their own to the store at start (store_options.kinds).
 */
#ifndef STORE_COMMAND_H
#define STORE_COMMAND_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/space.h"

enum command_kind {
    COMMAND_TXN = 1, /* body: txn_encode */
    COMMAND_LEASE_GRANT = 2,
    COMMAND_LEASE_REVOKE = 3,     /* by its owner: removes its keys */
    COMMAND_LEASE_STAGE = 4,      /* by the clock: names the stage it leaves */
    COMMAND_LEASE_CHECKPOINT = 5, /* remaining times, so that a restart does not give all back */
    COMMAND_COMPACT = 6,
    COMMAND_KIND_UPPER = 32 /* kinds of upper folders begin here */
};

/* Which protocol a command came through. The numbers are stored. */
enum face {
    FACE_NONE,
    FACE_ETCD,
    FACE_CONSUL,
    FACE_NACOS,
    FACE_EUREKA,
    FACE_DNS,
    FACE_XDS,
    FACE_NATIVE,
    FACE_ZOOKEEPER,
    FACE_KEEPER /* the server's own chores */,
    FACES
};

/* Who asks, through which face, from where, and why (empty if not given). */
struct origin {
    struct bytes principal; /* "" = nobody in particular (open mode) */
    enum face face;
    struct bytes address; /* text, such as 127.0.0.1:4711 */
    struct bytes why;
};

enum lease_stage { LEASE_LIVE, LEASE_SUSPECT, LEASE_DOWN, LEASE_REMOVED };

struct lease_grant {
    int64_t id;                   /* never 0: drawn by the io thread if the client did not choose */
    uint64_t ttl_ms;              /* what the client is told */
    uint64_t suspect_ms, down_ms; /* after this long without a renewal; 0 = stage not used */
    uint64_t remove_ms;           /* never 0 */
    enum face face;
};

struct lease_revoke {
    int64_t id;
    enum face face;
    /* Of the keys that somebody was asked about because they go with it (lease.h): ERR_CHECK_AGAIN
     * if they are others by now. 0: nobody was. */
    uint64_t key_set_mark;
};

struct lease_move {
    int64_t id;
    enum lease_stage from, to; /* ERR_LEASE_MOVED unless it is in FROM */
};

struct lease_remaining {
    int64_t id;
    uint64_t remaining_ms;
};

struct compact {
    enum space space;
    uint64_t revision;
};

/* Each appends the body of its command. */
void lease_grant_encode(const struct lease_grant *g, struct buf *out);
void lease_revoke_encode(const struct lease_revoke *r, struct buf *out);
void lease_move_encode(const struct lease_move *m, struct buf *out);
void lease_checkpoint_encode(const struct lease_remaining *leases, size_t n, struct buf *out);
void compact_encode(const struct compact *c, struct buf *out);
MUST_CHECK enum err lease_grant_decode(struct bytes body, struct lease_grant *ret);
MUST_CHECK enum err lease_revoke_decode(struct bytes body, struct lease_revoke *ret);
MUST_CHECK enum err lease_move_decode(struct bytes body, struct lease_move *ret);
MUST_CHECK enum err lease_checkpoint_decode(struct bytes body, struct arena *arena,
                                            struct lease_remaining **ret, size_t *ret_n);
MUST_CHECK enum err compact_decode(struct bytes body, struct compact *ret);

#endif
