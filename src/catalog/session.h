/* catalog/session.h -- who may hold locks, and what ends it.
 *
 * A session belongs to a node and depends on checks of it; it ends with them, with its lease, or
 * when it is destroyed. Then what it holds is let go, or removed. Its row is kept by its lease. */
#ifndef CATALOG_SESSION_H
#define CATALOG_SESSION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/rd.h"
#include "base/uuid.h"

enum {
    SESSION_FORMAT = 1,
    SESSION_NAME_MAX = 1024,
    SESSION_TTL_MAX = 32, /* as text */
    SESSION_CHECKS_MAX = 128,
    SESSION_MAX = 512 * 1024
};

#define SESSION_LOCK_DELAY_MAX_NS (60 * UINT64_C(1000000000))

enum session_behavior { SESSION_RELEASE, SESSION_DELETE, SESSION_BEHAVIORS }; /* stored */

struct session_checks {
    struct bytes *ids; /* names; at most SESSION_CHECKS_MAX */
    size_t n;
};

struct session { /* text is lent */
    enum session_behavior behavior;
    uint64_t lock_delay_ns;
    struct bytes name; /* may be empty */
    struct bytes node; /* as it was given */
    struct bytes ttl;  /* as it was given; empty: no lease */
    struct session_checks node_checks, service_checks;
};

void session_write(const struct session *s, struct buf *out);
/* Lists in the arena. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err session_read(struct bytes bytes, struct arena *arena, struct session *ret);
/* The same without a format, as part of a command. */
void session_put(const struct session *s, struct buf *out);
struct session session_take(struct rd *r, struct arena *arena);

#endif
