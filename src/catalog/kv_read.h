/* catalog/kv_read.h -- Consul's pairs and sessions out of a view, with the index that Consul shows.
 *
 * What is read lends from the view and lies in the arena. ERR_DAMAGED for a row that cannot be
 * read, ERR_VERSION if a newer build wrote it. */
#ifndef CATALOG_KV_READ_H
#define CATALOG_KV_READ_H

#include "catalog/kv_pair.h"
#include "catalog/session.h"
#include "store/view.h"

struct kv_entries {
    struct kv_entry *all; /* in the order of their keys */
    size_t n;
};

/* *RET_INDEX is set also with ERR_NOT_FOUND: that of all pairs. */
MUST_CHECK enum err kv_entry_read(const struct view *view, struct bytes key, struct arena *arena,
                                  struct kv_entry *ret, uint64_t *ret_index);

/* All pairs whose keys begin with a prefix, read in steps: first their index, then the pairs. All
 * steps are given the same view. */
struct kv_walk;
/* PREFIX is kept. KEYS_ONLY: without values, and with nothing of a pair but its key. */
struct kv_walk *kv_walk_new(struct bytes prefix, bool keys_only);
void kv_walk_free(struct kv_walk *w); /* NULL is fine */
/* Looks at no more than ROWS rows. Once it is done *RET_INDEX is that of the newest change below
 * the prefix, removals included; of all pairs if there is none. */
MUST_CHECK enum err kv_walk_index(struct kv_walk *w, const struct view *view, uint64_t rows,
                                  bool *ret_done, uint64_t *ret_index);
/* The next pairs: of no more than ROWS rows, which removed ones are too, and about BYTES bytes. */
MUST_CHECK enum err kv_walk_read(struct kv_walk *w, const struct view *view, uint64_t rows,
                                 uint64_t bytes, struct arena *arena, struct kv_entries *ret,
                                 bool *ret_done);

struct session_entry { /* a session as it is shown */
    struct uuid id;
    struct session session;
    int64_t lease;           /* 0: none */
    uint64_t create, modify; /* revisions of its row */
};

struct session_entries {
    struct session_entry *all; /* in the order of their ids */
    size_t n;
};

/* ERR_NOT_FOUND. */
MUST_CHECK enum err session_entry_read(const struct view *view, struct bytes ns,
                                       const struct uuid *id, struct arena *arena,
                                       struct session_entry *ret);
MUST_CHECK enum err sessions_read(const struct view *view, struct bytes ns, struct arena *arena,
                                  struct session_entries *ret);

#endif
