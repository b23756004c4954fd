/* The disk thread: one append at a time, and the disk's free space.
 *
 * An error of the log ends the process here, before anything of that batch is acknowledged: only a
 * full disk, which leaves the log as it was, is handed back as a refusal. A helper thread beside it
 * zero-fills segments ahead of use and writes snapshots. */
#include "replica/disk_thread.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/mem.h"
#include "replica/answer.h"
#include "replica/snapshotter.h"

enum {
    WATCH_EVERY_MS = 100,
    /* A spare is zero-filled in the background: slowly, for it takes bandwidth from the log, unless
     * the log itself is being written so fast that it will be needed. */
    RECYCLE_SLOW_MS = 200,
    RECYCLE_FAST_MS = 5,
    RECYCLE_FAST_BYTES = 256 * 1024 /* of log between two pieces */
};

struct disk_thread {
    struct replica *replica;
    struct timer watch;
    struct timer recycle; /* helper's */
    uint64_t watched_ns;
    int64_t recycled_at_bytes; /* helper's: what the log had taken at the last piece */
};

/* -- free space ------------------------------------------------------------------------------- */

static const char *const state_names[] = { "fine", "low", "stop", "last" };

/* kernel.md 11: 5%, 2% and 1%, but never less than a few segments, so that small disks stop early
 * enough to go on deleting. */
static enum disk_state state_of(const struct disk_space *space, uint64_t segment)
{
    uint64_t percent = space->total_bytes / 100;
    uint64_t low = 5 * percent > 3 * segment ? 5 * percent : 3 * segment;
    uint64_t stop = 2 * percent > 2 * segment ? 2 * percent : 2 * segment;
    uint64_t last = percent > segment ? percent : segment;
    if (space->free_bytes < last)
        return DISK_LAST;
    if (space->free_bytes < stop)
        return DISK_STOP;
    return space->free_bytes < low ? DISK_LOW : DISK_FINE;
}

/* WHERE: of the disk or of the view, whichever has less. */
static void enter_state(struct replica *r, enum disk_state state, const char *where,
                        uint64_t free_bytes)
{
    enum disk_state old = (enum disk_state)atomic_exchange(&r->disk_state, (int)state);
    if (old == state)
        return;
    if (state == DISK_FINE)
        log_info("disk: space is fine again free_bytes=%" PRIu64, free_bytes);
    else
        log_warn("disk: space is short state=%s where=%s free_bytes=%" PRIu64
                 ": %s; make room, it goes on by itself",
                 state_names[state], where, free_bytes,
                 state == DISK_LOW ? "writes still go on" : "writes are refused, deletes go on");
    struct why why;
    if ((state == DISK_LAST) != (old == DISK_LAST))
        IGNORE(datadir_reserve(r->options.datadir, state != DISK_LAST, &why)); /* best effort */
}

/* What the view's file can still take: its map is reserved once and cannot grow. */
static struct disk_space view_room(const struct replica *r)
{
    struct store_space used = { 0 };
    uint64_t most = r->options.map_bytes;
    if (r->store != NULL)
        store_space(r->store, &used);
    return (struct disk_space){ .free_bytes = most > used.used_bytes ? most - used.used_bytes : 0,
                                .total_bytes = most };
}

static void judge(struct replica *r)
{
    struct disk_space view = view_room(r);
    enum disk_state of_disk = state_of(&r->disk, r->segment_bytes), of_view = state_of(&view, 0);
    if (of_view > of_disk)
        enter_state(r, of_view, "view", view.free_bytes);
    else
        enter_state(r, of_disk, "disk", r->disk.free_bytes);
}

void disk_watch(struct replica *r)
{
    struct disk_space disk;
    struct why why;
    if (datadir_space(r->options.datadir, &disk, &why) != OK)
        return;
    r->disk = disk;
    judge(r);
}

enum err disk_assure(void *replica, uint64_t file_bytes, uint64_t bytes)
{
    struct replica *r = replica;
    struct why why;
    if (file_bytes + bytes <= r->assured_bytes)
        return OK;
    if (file_bytes + bytes > r->options.map_bytes)
        return ERR_NO_SPACE; /* LMDB would say so in the middle of an entry */
    /* Ahead of use, a megabyte at least, so that this is seldom asked. */
    uint64_t upto = file_bytes + bytes + (1 << 20);
    enum err e = datadir_assure_view(r->options.datadir, upto, &why);
    if (e == ERR_NO_SPACE)
        e = datadir_assure_view(r->options.datadir, upto = file_bytes + bytes, &why);
    if (e == OK)
        r->assured_bytes = upto;
    return e;
}

/* -- appending -------------------------------------------------------------------------------- */

static void deliver_synced(struct mail *mail)
{
    struct flight *f = CONTAINER_OF(mail, struct flight, mail);
    f->synced(f);
}

/* The view's room costs nothing to look at, the disk's a call of the system. */
static void watch_after_a_write(struct disk_thread *d)
{
    uint64_t now = clock_now_ns();
    if (now - d->watched_ns < WATCH_EVERY_MS * 1000000ULL) {
        judge(d->replica);
        return;
    }
    d->watched_ns = now;
    disk_watch(d->replica);
}

static void snapshot_if_due(struct replica *r)
{
    struct log_figures figures;
    struct store_space space;
    log_figures(r->log, &figures);
    store_space(r->store, &space);
    uint64_t due = r->options.snapshot_bytes;
    if (due < space.used_bytes)
        due = space.used_bytes;
    if (figures.since_bytes + r->carried_bytes >= due)
        snapshotter_begin(r->snapshotter);
}

static void deliver_append(struct mail *mail)
{
    struct flight *f = CONTAINER_OF(mail, struct flight, mail);
    struct replica *r = f->replica;
    struct log_entry entry = {
        .index = f->index,
        .term = r->term,
        .kind = LOG_ENTRY_COMMANDS,
        .payload = buf_bytes(&f->payload),
    };
    struct why why = { 0 };
    uint64_t began = clock_now_ns();
    f->err = log_append(r->log, &entry, 1, &f->hard, &why);
    if (f->err != OK && f->err != ERR_NO_SPACE)
        replica_fatal("the log cannot be written", &why, f->err);
    histogram_observe_ns(r->sync_time, clock_now_ns() - began);
    metric_add(r->sync_bytes, (int64_t)f->payload.n);
    f->mail.deliver = deliver_synced;
    mailbox_send(r->box, &f->mail);
    watch_after_a_write(r->disk_thread);
    snapshot_if_due(r);
}

void disk_thread_append(struct replica *r, struct flight *f)
{
    f->mail.deliver = deliver_append;
    mailbox_send(r->disk_box, &f->mail);
}

/* -- timers ----------------------------------------------------------------------------------- */

static void ring_watch(struct timer *t)
{
    struct disk_thread *d = CONTAINER_OF(t, struct disk_thread, watch);
    disk_watch(d->replica);
    timer_start(t, WATCH_EVERY_MS * 5);
}

static void ring_recycle(struct timer *t)
{
    struct disk_thread *d = CONTAINER_OF(t, struct disk_thread, recycle);
    bool done = false;
    struct why why = { 0 };
    enum err e = log_recycle(d->replica->log, &done, &why);
    if (e != OK && e != ERR_NO_SPACE)
        replica_fatal("a log segment cannot be prepared", &why, e);
    int64_t bytes = metric_get(d->replica->sync_bytes);
    bool fast = bytes - d->recycled_at_bytes > RECYCLE_FAST_BYTES;
    d->recycled_at_bytes = bytes;
    timer_start(t, fast && !done && e == OK ? RECYCLE_FAST_MS : RECYCLE_SLOW_MS);
}

enum err disk_thread_new(struct replica *r)
{
    struct disk_thread *d = mem_zalloc(1, sizeof *d);
    d->replica = r;
    r->disk_thread = d;
    timer_init(&d->watch, r->disk_loop, ring_watch);
    timer_init(&d->recycle, r->helper_loop, ring_recycle);
    timer_start(&d->watch, WATCH_EVERY_MS);
    timer_start(&d->recycle, RECYCLE_SLOW_MS);
    disk_watch(r);
    return OK;
}

void disk_thread_free(struct replica *r)
{
    if (r->disk_thread == NULL)
        return;
    timer_stop(&r->disk_thread->watch);
    timer_stop(&r->disk_thread->recycle);
    mem_free(r->disk_thread);
    r->disk_thread = NULL;
}
