/* Snapshot files into stores. A restored directory holds only a member file and one snapshot: the
 * next start builds the view from it, exactly as after a power cut. */
#include "replica/restore.h"

#include <inttypes.h>

#include "disk/snapshot_file.h"
#include "loop/loop.h"
#include "replica/identity.h"
#include "replica/snapshotter.h"

struct restoring {
    struct load *load; /* NULL: only verified */
    struct snapshot_facts facts;
    struct why *why;
};

static enum err take_head(void *ctx, const struct snapshot_head *head)
{
    struct restoring *t = ctx;
    t->facts.index = head->index;
    t->facts.term = head->term;
    t->facts.revision = head->revision;
    t->facts.cluster_id = head->cluster_id;
    t->facts.wall_ms = head->wall_ms;
    return OK;
}

static enum err take_body(void *ctx, struct bytes body)
{
    struct restoring *t = ctx;
    t->facts.blocks++;
    t->facts.bytes += body.n;
    return t->load == NULL ? OK : load_rows(t->load, body, t->why);
}

enum err snapshot_verify(struct fs *fs, const char *path, struct snapshot_facts *ret_facts,
                         struct why *why)
{
    struct restoring t = { .why = why };
    enum err e = snapshot_read_file(fs, path, take_head, take_body, &t, why);
    if (e == OK)
        *ret_facts = t.facts;
    return e;
}

enum err restore_snapshot(struct fs *fs, const char *path, struct store *store, uint64_t bump,
                          struct snapshot_facts *ret_facts, struct why *why)
{
    struct restoring t = { .why = why };
    enum err e = load_open(store, &t.load);
    if (e != OK)
        return why_set(why, e, "snapshot: the store cannot be filled: %s", err_text(e));
    e = snapshot_read_file(fs, path, take_head, take_body, &t, why);
    if (e != OK) {
        load_abort(t.load);
        return e;
    }
    e = load_finish(t.load, bump);
    if (e != OK)
        return why_set(why, e, "snapshot: '%s' cannot be loaded: %s", path, err_text(e));
    if (ret_facts != NULL)
        *ret_facts = t.facts;
    return OK;
}

/* Gives STORE a new cluster and member, and DIR what a start needs. */
static enum err found_cluster(struct datadir *dir, struct fs *fs, struct store *store,
                              struct why *why)
{
    struct identity identity = { .cluster_id = entropy_u64() | 1, .member_n = 1 };
    identity.member_ids[0] = entropy_u64() | 1;
    struct buf row;
    buf_init(&row, 4096);
    identity_encode(&identity, &row);
    enum err e = store_set_identity(store, buf_bytes(&row));
    buf_fini(&row);
    if (e != OK)
        return why_set(why, e, "restore: the identity cannot be stored: %s", err_text(e));
    e = member_file_write(fs, datadir_path(dir), identity.cluster_id, identity.member_ids[0], why);
    return e != OK ? e : snapshot_write_file(fs, dir, store, identity.cluster_id, why);
}

enum err restore_directory(struct datadir *dir, struct fs *fs, const char *snapshot, uint64_t bump,
                           bool write_map, struct snapshot_facts *ret_facts, struct why *why)
{
    char existing[4096];
    uint64_t index;
    enum err e = datadir_newest_snapshot(dir, existing, sizeof existing, &index, why);
    if (e == OK)
        return why_set(why, ERR_EXISTS,
                       "restore: '%s' holds data already (%s); name a new directory",
                       datadir_path(dir), existing);
    if (e != ERR_NOT_FOUND)
        return e;
    e = datadir_drop_view(dir, why);
    if (e != OK)
        return e;
    struct store_options options = { .dir = datadir_view_dir(dir), .write_map = write_map };
    struct store *store;
    e = store_open(&options, why, &store);
    if (e != OK)
        return e;
    e = restore_snapshot(fs, snapshot, store, bump, ret_facts, why);
    if (e == OK)
        e = found_cluster(dir, fs, store, why);
    store_close(store);
    enum err dropped = datadir_drop_view(dir, e == OK ? why : NULL);
    return e != OK ? e : dropped;
}
