/* Start: view, then snapshot if the view cannot be trusted, then what the log has beyond it.
 *
 * A directory counts as begun once its snapshot at index 1 is in place: it holds the cluster's
 * identity, and whatever is lost later, that and the log give everything back. Alone every entry
 * that is durable is committed, so all of the log is applied. */
#include "replica/recover.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "replica/disk_thread.h"
#include "replica/identity.h"
#include "replica/restore.h"
#include "replica/snapshotter.h"

enum { FIRST_INDEX = 1, FIRST_TERM = 1, PATH_MAX_BYTES = 4096 };

static enum err apply_now(struct replica *r, uint64_t index, uint64_t term, struct bytes payload,
                          struct why *why)
{
    struct effects *effects;
    enum err e = store_apply(r->store, index, term, payload, &effects);
    if (e != OK)
        return why_set(why, e,
                       "replay: entry %" PRIu64 " cannot be applied: %s; `muster serve "
                       "--skip-entry %" PRIu64 "` starts without it",
                       index, err_text(e), index);
    effects_unref(effects);
    return OK;
}

/* -- the view --------------------------------------------------------------------------------- */

static enum err open_store(struct replica *r, struct why *why)
{
    struct store_options options = {
        .dir = datadir_view_dir(r->options.datadir),
        .map_bytes = r->options.map_bytes,
        .write_map = r->options.write_map,
        .kinds = r->options.kinds,
        .kind_n = r->options.kind_n,
        .hooks = r->options.hooks,
        .kinds_ctx = r->options.kinds_ctx,
        .assure = disk_assure,
        .assure_ctx = r,
    };
    enum err e = store_open(&options, why, &r->store);
    return e != OK ? e : datadir_mark_in_use(r->options.datadir, why);
}

static enum err applied_of(struct replica *r, uint64_t *ret_index, uint64_t *ret_term)
{
    struct view *view;
    enum err e = view_open(r->store, &view);
    if (e != OK)
        return e;
    *ret_index = view_applied_index(view);
    *ret_term = view_applied_term(view);
    r->opened_age_ms = view_age_ms(view);
    for (size_t i = 0; i < SPACES; i++)
        r->compacted[i] = view_compacted(view, (enum space)i);
    view_close(view);
    return OK;
}

static enum err say_rebuild(enum err e, struct why *why)
{
    struct why said = *why;
    return why_set(why, e,
                   "%.300s; `muster serve --rebuild-view` makes it again from the newest "
                   "snapshot and the log",
                   said.text);
}

/* A view that was left as it was when its server ended. */
static enum err open_kept_store(struct replica *r, struct why *why)
{
    enum err e = open_store(r, why);
    return e == OK ? OK : say_rebuild(e, why);
}

/* Snapshots are written from the view: it cannot be older. */
static enum err check_kept_view(const struct replica *r, uint64_t applied, struct why *why)
{
    if (applied >= r->newest_snapshot)
        return OK;
    IGNORE(why_set(why, ERR_DAMAGED,
                   "start: the view has applied index %" PRIu64
                   ", but there is a snapshot of %" PRIu64 ": the view is not this server's",
                   applied, r->newest_snapshot)); /* it is said below */
    return say_rebuild(ERR_DAMAGED, why);
}

/* -- a new directory -------------------------------------------------------------------------- */

static enum err begin_directory(struct replica *r, struct why *why)
{
    struct identity identity = { .cluster_id = entropy_u64() | 1, .member_n = 1 };
    identity.member_ids[0] = entropy_u64() | 1;
    enum err e = apply_now(r, FIRST_INDEX, FIRST_TERM, (struct bytes){ 0 }, why);
    if (e != OK)
        return e;
    struct buf row;
    buf_init(&row, 4096);
    identity_encode(&identity, &row);
    e = store_set_identity(r->store, buf_bytes(&row));
    buf_fini(&row);
    if (e != OK)
        return why_set(why, e, "start: the identity cannot be stored: %s", err_text(e));
    r->cluster_id = identity.cluster_id;
    r->member_id = identity.member_ids[0];
    e = member_file_write(r->options.fs, datadir_path(r->options.datadir), r->cluster_id,
                          r->member_id, why);
    if (e != OK)
        return e;
    log_info("replica: begins a new cluster cluster_id=%" PRIx64 " member_id=%" PRIx64,
             r->cluster_id, r->member_id);
    r->newest_snapshot = FIRST_INDEX;
    return snapshot_write_file(r->options.fs, r->options.datadir, r->store, r->cluster_id, why);
}

/* -- the log ---------------------------------------------------------------------------------- */

struct replay {
    struct replica *r;
    uint64_t applied, replayed;
    struct why *why;
};

static enum err replay_entry(void *ctx, const struct log_entry *entry)
{
    struct replay *p = ctx;
    if (entry->index <= p->applied)
        return OK;
    if (entry->index != p->applied + 1)
        return why_set(p->why, ERR_DAMAGED,
                       "replay: the log goes on at index %" PRIu64 " where %" PRIu64
                       " is next; restore with `muster snapshot restore`",
                       entry->index, p->applied + 1);
    struct bytes payload = entry->payload;
    if (entry->index == p->r->options.skip_index) {
        log_warn("replay: LEAVES OUT the commands of an entry, as --skip-entry says index=%" PRIu64
                 " bytes=%zu",
                 entry->index, payload.n);
        payload = (struct bytes){ 0 };
    }
    enum err e = apply_now(p->r, entry->index, entry->term, payload, p->why);
    if (e != OK)
        return e;
    p->applied = entry->index;
    p->replayed++;
    return OK;
}

static uint64_t draw_salt(void *ctx)
{
    return entropy_u64();
}

static void say_torn(const struct log_found *found)
{
    if (found->torn_bytes > 0)
        log_warn("log: cut a torn tail, which was never acknowledged file=%s offset=%" PRIu64
                 " bytes=%" PRIu64,
                 found->torn_file, found->torn_offset, found->torn_bytes);
}

static enum err open_log(struct replica *r, uint64_t applied, uint64_t applied_term,
                         struct log_found *ret_found, struct why *why)
{
    struct replay replay = { .r = r, .applied = applied, .why = why };
    struct log_options options = {
        .fs = r->options.fs,
        .dir = datadir_log_dir(r->options.datadir),
        .segment_bytes = r->segment_bytes,
        .entropy = draw_salt,
        .base_index = applied,
        .base_term = applied_term,
        .must_exist = applied > r->newest_snapshot,
    };
    enum err e = log_open(&options, replay_entry, &replay, ret_found, &r->log, why);
    if (e != OK)
        return e;
    say_torn(ret_found);
    if (replay.replayed > 0)
        log_info("replay: applied entries of the log entries=%" PRIu64 " index=%" PRIu64,
                 replay.replayed, replay.applied);
    r->last_index = replay.applied;
    r->carried_bytes = log_bytes_behind(r->log, r->newest_snapshot);
    if (ret_found->last < ret_found->first || ret_found->last == replay.applied)
        return OK;
    if (ret_found->last < replay.applied)
        return why_set(why, ERR_DAMAGED,
                       "log: it ends at index %" PRIu64 ", but the view has applied %" PRIu64
                       ": part of the log is missing; start with --rebuild-view to accept what "
                       "the log has",
                       ret_found->last, replay.applied);
    return OK;
}

/* The view has what stood between the newest snapshot and the log; nothing else does any more. */
static void note_gap(struct replica *r, const struct log_found *found)
{
    if (found->first <= r->newest_snapshot + 1)
        return;
    r->snapshot_due = true;
    log_warn("log: entries that are neither in a snapshot nor in the log are missing; the view has "
             "applied them, but could not be made again if it were lost: makes a snapshot at once "
             "first=%" PRIu64 " last=%" PRIu64,
             r->newest_snapshot + 1, found->first - 1);
}

/* A new term, and the empty entry that a leader begins with. */
static enum err begin_term(struct replica *r, const struct log_found *found, uint64_t applied_term,
                           struct why *why)
{
    uint64_t term = found->hard.term > found->last_term ? found->hard.term : found->last_term;
    r->term = (term > applied_term ? term : applied_term) + 1;
    struct log_entry entry = { .index = ++r->last_index, .term = r->term };
    struct log_hard hard = { .term = r->term, .vote = r->member_id, .commit = entry.index - 1 };
    enum err e = log_append(r->log, &entry, 1, &hard, why);
    metric_add(r->leader_changes, 1);
    return e != OK ? e : apply_now(r, entry.index, entry.term, entry.payload, why);
}

/* -- all of it -------------------------------------------------------------------------------- */

static enum err take_or_rebuild_view(struct replica *r, bool *ret_new, struct why *why)
{
    struct datadir *dir = r->options.datadir;
    enum view_verdict verdict = datadir_view(dir);
    char path[PATH_MAX_BYTES];
    uint64_t index;
    enum err e = datadir_newest_snapshot(dir, path, sizeof path, &index, why);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    *ret_new = e == ERR_NOT_FOUND;
    if (!*ret_new)
        r->newest_snapshot = index;
    if (!*ret_new && (verdict == VIEW_CLEAN || verdict == VIEW_IN_USE))
        return open_kept_store(r, why);

    e = datadir_drop_view(dir, why);
    if (e == OK)
        e = open_store(r, why);
    if (e != OK || *ret_new)
        return e;
    log_info("replica: builds the view again from a snapshot and the log snapshot=%s", path);
    return restore_snapshot(r->options.fs, path, r->store, 0, NULL, why);
}

static enum err read_identity(struct replica *r, struct why *why)
{
    struct buf row;
    enum err e = member_file_read(r->options.fs, datadir_path(r->options.datadir), &r->cluster_id,
                                  &r->member_id, why);
    if (e != OK)
        return e;
    buf_init(&row, 4096);
    e = store_identity(r->store, &row);
    if (e == OK || e == ERR_NOT_FOUND) /* an empty row is refused too */
        e = identity_check(buf_bytes(&row), r->cluster_id, r->member_id, why);
    else
        IGNORE(why_set(why, e, "start: the identity cannot be read: %s", err_text(e)));
    buf_fini(&row);
    return e;
}

enum err recover(struct replica *r, struct why *why)
{
    bool is_new;
    uint64_t applied, applied_term;
    struct log_found found = { 0 };
    enum err e = take_or_rebuild_view(r, &is_new, why);
    if (e == OK)
        e = is_new ? begin_directory(r, why) : OK;
    if (e == OK)
        e = applied_of(r, &applied, &applied_term);
    if (e == OK)
        e = check_kept_view(r, applied, why);
    if (e == OK && !is_new)
        e = read_identity(r, why);
    if (e == OK)
        e = open_log(r, applied, applied_term, &found, why);
    if (e == OK)
        note_gap(r, &found);
    if (e == OK)
        e = applied_of(r, &applied, &applied_term);
    if (e == OK)
        e = begin_term(r, &found, applied_term, why);
    if (e != OK)
        return e;
    atomic_store(&r->applied, r->last_index);
    atomic_store(&r->committed, r->last_index);
    atomic_store(&r->published, r->last_index);
    r->sweep_due = true;
    return OK;
}
