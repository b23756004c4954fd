/* faces/consul/snapshot/scan_rows.h -- a row of the store, made into what somebody could have
 * registered. */
#ifndef FACES_CONSUL_SNAPSHOT_SCAN_ROWS_H
#define FACES_CONSUL_SNAPSHOT_SCAN_ROWS_H

#include "catalog/restore.h"
#include "faces/consul/call/options.h"
#include "faces/consul/snapshot/archive.h"
#include "store/view.h"

enum { SCAN_KEY_MAX = 64 * 1024 };

struct snapshot_scan { /* begins with zeros */
    unsigned part;     /* of the tables, in the order in which they are read */
    struct bytes from; /* the next key of it, in ARENA; p NULL: its first */
    struct arena *arena;
    struct bytes group, name, group_folded, name_folded; /* the service that was found last */
};

struct scanning {
    struct snapshot_scan *s;
    const struct view *view;
    const struct consul_self *self;
    struct arena *scratch;
    void (*each)(void *ctx, enum archive_kind kind, const struct restore_item *item,
                 bool is_member);
    void *ctx;
};

/* Each gives the items of one row, of whose value ROW is the whole. ERR_DAMAGED, ERR_VERSION. KV is
 * NULL for the node that has no row. */
MUST_CHECK enum err scan_node(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_publication(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_check(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_session(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_entry(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_query(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_coordinate(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_virtual(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_pair(struct scanning *t, const struct kv *kv, struct bytes row);
MUST_CHECK enum err scan_system(struct scanning *t, const struct kv *kv, struct bytes row);

#endif
