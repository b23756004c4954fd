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
/* All pairs whose keys begin with PREFIX; without values if KEYS_ONLY, and then with nothing of the
 * pair but its key. The index is that of the newest change below PREFIX, removals included; of all
 * pairs if there is none. */
MUST_CHECK enum err kv_tree_read(const struct view *view, struct bytes prefix, bool keys_only,
                                 struct arena *arena, struct kv_entries *ret, uint64_t *ret_index);

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
