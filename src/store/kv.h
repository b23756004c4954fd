/* store/kv.h -- one version of one key, as it is read. */
#ifndef STORE_KV_H
#define STORE_KV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "store/space.h"

struct view;

/* A value is either in one piece (p, lent by the view, the arena or the batch it came from) or,
 * when it is long, stored in pieces that value_append reads (p is NULL and n > 0). */
struct value {
    const uint8_t *p;
    size_t n;
    enum space space; /* the three are used only when p is NULL: where the pieces are */
    uint32_t sub;
    uint64_t revision;
};

struct kv {
    struct bytes key;
    struct value value;
    uint64_t create;  /* revision of the put that created this life of the key */
    uint64_t mod;     /* revision of this version */
    uint64_t version; /* 1 for the first put of a life */
    int64_t lease;    /* 0 = none */
};

enum event_kind { EVENT_PUT, EVENT_DELETE };

/* One change. For a delete, KV holds only key and mod. */
struct event {
    enum event_kind kind;
    uint32_t sub; /* its place inside the revision, from 0 */
    struct kv kv;
    uint64_t prev_mod; /* revision of the version it replaced or removed; 0 = none */
};

/* Appends the whole value to OUT. VIEW may be NULL if VALUE.p is not. ERR_COMPACTED if its pieces
 * are gone (the view it was read from was renewed), ERR_TOO_BIG if OUT is full. */
MUST_CHECK enum err value_append(const struct view *view, const struct value *value,
                                 struct buf *out);
/* The whole value in one piece: lent as it is, or put together in ARENA. ERR_COMPACTED as above. */
MUST_CHECK enum err value_whole(const struct view *view, const struct value *value,
                                struct arena *arena, struct bytes *ret);

#endif
