/* A replica's life, and what other threads may ask of it. */
#include "base/log.h"
#include "base/mem.h"
#include "replica/core.h"
#include "replica/disk_thread.h"
#include "replica/recover.h"
#include "replica/replica.h"
#include "replica/snapshotter.h"

static const double sync_bounds[] = { 0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.004,
                                      0.008,  0.016,   0.032,  0.064, 0.128, 0.256,
                                      0.512,  1.024,   2.048,  4.096, 8.192 };

static void make_metrics(struct replica *r)
{
    struct metrics *m = r->options.metrics;
    r->sync_time =
        metric_histogram(metric_family(m, METRIC_HISTOGRAM, "etcd_disk_wal_fsync_duration_seconds",
                                       "Time of one durable write of the log."),
                         "", sync_bounds, ARRAY_LEN(sync_bounds));
    r->apply_time = metric_histogram(metric_family(m, METRIC_HISTOGRAM,
                                                   "etcd_disk_backend_commit_duration_seconds",
                                                   "Time to apply and commit one entry."),
                                     "", sync_bounds, ARRAY_LEN(sync_bounds));
    r->sync_bytes = metric_counter(m, "muster_log_payload_bytes_total",
                                   "Bytes of entries written to the log, without padding.");
    r->slow_applies = metric_counter(m, "etcd_server_slow_apply_total",
                                     "Entries that took longer than 100 ms to apply.");
    r->leader_changes = metric_counter(m, "etcd_server_leader_changes_seen_total",
                                       "How often somebody began to lead.");
    r->entries = metric_counter(m, "muster_replica_entries_total", "Log entries applied.");
    r->commands = metric_counter(m, "muster_replica_commands_total", "Commands applied.");
}

static uint64_t segment_for(struct replica *r)
{
    struct disk_space space;
    struct why why;
    uint64_t segment = 64 << 20;
    if (datadir_space(r->options.datadir, &space, &why) != OK)
        return segment;
    while (segment > (1 << 20) && segment > space.total_bytes / 32)
        segment /= 2;
    return segment;
}

static enum err make_loops(struct replica *r)
{
    enum err e = loop_new("core", &r->loop);
    if (e == OK)
        e = loop_new("disk", &r->disk_loop);
    if (e == OK)
        e = loop_new("helper", &r->helper_loop);
    if (e != OK)
        return e;
    r->box = mailbox_new(r->loop);
    r->disk_box = mailbox_new(r->disk_loop);
    r->helper_box = mailbox_new(r->helper_loop);
    return OK;
}

/* Apply waited for disk space; the turn that this wakes tries again. */
static void ring_retry(struct timer *t)
{
    loop_again(t->loop);
}

static struct replica *replica_new(const struct replica_options *options)
{
    struct replica *r = mem_zalloc(1, sizeof *r);
    r->options = *options;
    if (r->options.fs == NULL)
        r->options.fs = fs_posix();
    if (r->options.map_bytes == 0)
        r->options.map_bytes = STORE_MAP_BYTES;
    if (r->options.snapshot_bytes == 0)
        r->options.snapshot_bytes = 256 << 20;
    r->segment_bytes = segment_for(r);
    list_init(&r->durable);
    list_init(&r->subscribers);
    list_init(&r->sweep_waits);
    entry_writer_init(&r->writer, ENTRY_MAX_BYTES);
    make_metrics(r);
    return r;
}

enum err replica_open(const struct replica_options *options, struct replica **ret, struct why *why)
{
    struct replica *r = replica_new(options);
    enum err e = make_loops(r);
    if (e != OK) {
        why_set(why, e, "replica: no event loop can be made: %s", err_text(e));
        replica_close(r, false);
        return e;
    }
    timer_init(&r->retry, r->loop, ring_retry);
    r->turn.run = core_turn;
    loop_hook_add(r->loop, LOOP_STAGE_ANSWER, &r->turn);
    r->snapshotter = snapshotter_new(r);
    disk_watch(r);
    e = recover(r, why);
    if (e != OK) {
        replica_close(r, false);
        return e;
    }
    r->self.id = r->member_id;
    *ret = r;
    return OK;
}

static void close_store(struct replica *r, bool clean)
{
    struct why why = { 0 };
    enum err e = OK;
    if (clean)
        e = store_sync(r->store);
    store_close(r->store);
    if (clean && e == OK)
        e = datadir_mark_clean(r->options.datadir, &why);
    if (e != OK)
        log_warn("replica: the view could not be closed cleanly, the next start checks it: %s (%s)",
                 why.text, err_text(e));
}

static void free_loop(struct loop *loop, struct mailbox *box)
{
    if (box != NULL)
        mailbox_free(box);
    if (loop != NULL)
        loop_free(loop);
}

void replica_close(struct replica *r, bool clean)
{
    if (r == NULL)
        return;
    disk_thread_free(r);
    snapshotter_free(r->snapshotter);
    if (r->log != NULL)
        log_close(r->log);
    if (r->store != NULL)
        close_store(r, clean);
    timer_stop(&r->retry);
    loop_hook_remove(&r->turn);
    free_loop(r->loop, r->box);
    free_loop(r->disk_loop, r->disk_box);
    free_loop(r->helper_loop, r->helper_box);
    entry_writer_fini(&r->writer);
    mem_free(r);
}

enum err replica_start(struct replica *r)
{
    enum err e = disk_thread_new(r);
    if (r->snapshot_due)
        snapshotter_begin(r->snapshotter);
    if (e == OK)
        e = loop_start(r->helper_loop);
    if (e == OK)
        e = loop_start(r->disk_loop);
    return e != OK ? e : loop_start(r->loop);
}

struct stop_mail {
    struct mail mail;
    struct replica *replica;
};

static void deliver_stop(struct mail *mail)
{
    struct stop_mail *m = CONTAINER_OF(mail, struct stop_mail, mail);
    m->replica->stopping = true;
    mem_free(m);
}

void replica_stop(struct replica *r)
{
    struct stop_mail *m = mem_zalloc(1, sizeof *m);
    *m = (struct stop_mail){ .mail.deliver = deliver_stop, .replica = r };
    mailbox_send(r->box, &m->mail);
    loop_join(r->loop);
    loop_stop_join(r->helper_loop);
    snapshotter_stop(r->snapshotter);
    loop_stop_join(r->disk_loop);
}

/* -- any thread ------------------------------------------------------------------------------- */

static void deliver_proposal(struct mail *mail)
{
    struct proposal *p = CONTAINER_OF(mail, struct proposal, mail);
    core_receive(p->replica, p);
}

void replica_propose(struct replica *r, struct proposal *p)
{
    p->replica = r;
    p->mail.deliver = deliver_proposal;
    mailbox_send(r->box, &p->mail);
}

static void deliver_read_point(struct mail *mail)
{
    struct read_point *p = CONTAINER_OF(mail, struct read_point, mail);
    p->done(p);
}

/* Alone, whatever was acknowledged has been published: no question has to go round. */
void replica_read_point(struct replica *r, struct read_point *p)
{
    p->err = OK;
    p->index = replica_published(r);
    p->mail.deliver = deliver_read_point;
    mailbox_send(p->reply_to, &p->mail);
}

static void deliver_sweep_wait(struct mail *mail)
{
    struct sweep_wait *w = CONTAINER_OF(mail, struct sweep_wait, mail);
    list_append(&w->replica->sweep_waits, &w->link);
    w->replica->sweep_due = true; /* at worst one look that finds nothing left */
}

void replica_wait_swept(struct replica *r, struct sweep_wait *w)
{
    w->replica = r;
    w->mail.deliver = deliver_sweep_wait;
    mailbox_send(r->box, &w->mail);
}

void replica_status(struct replica *r, struct replica_status *ret)
{
    *ret = (struct replica_status){
        .term = r->term,
        .leader = r->member_id,
        .commit = atomic_load_explicit(&r->committed, memory_order_acquire),
        .applied = atomic_load_explicit(&r->applied, memory_order_acquire),
        .proposals_waiting = atomic_load_explicit(&r->proposals_waiting, memory_order_relaxed),
    };
    if (ret->commit < ret->applied)
        ret->commit = ret->applied;
}

uint64_t replica_published(const struct replica *r)
{
    return atomic_load_explicit(&((struct replica *)(uintptr_t)r)->published, memory_order_acquire);
}

enum disk_state replica_disk_state(const struct replica *r)
{
    return (enum disk_state)atomic_load_explicit(&((struct replica *)(uintptr_t)r)->disk_state,
                                                 memory_order_relaxed);
}

size_t replica_members(struct replica *r, struct member *into, size_t n)
{
    if (n > 0)
        into[0] = r->self;
    return 1;
}

/* -- before the threads run ------------------------------------------------------------------- */

void replica_describe_self(struct replica *r, const struct member *self)
{
    r->self = *self;
    r->self.id = r->member_id;
}

void replica_subscribe(struct replica *r, struct subscriber *s)
{
    list_append(&r->subscribers, &s->link);
}

void replica_hook(struct replica *r, const struct core_hooks *hooks)
{
    r->hooks = *hooks;
}

struct mailbox *replica_mailbox(struct replica *r)
{
    return r->box;
}

struct store *replica_store(struct replica *r)
{
    return r->store;
}

struct loop *replica_loop(struct replica *r)
{
    return r->loop;
}

uint64_t replica_cluster_id(const struct replica *r)
{
    return r->cluster_id;
}

uint64_t replica_member_id(const struct replica *r)
{
    return r->member_id;
}
