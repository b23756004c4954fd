/* Snapshots from a pinned view, made by the helper thread in pieces with pauses.
 *
 * One at a time, file or stream. A file is paced so that it takes a part of the disk's bandwidth; a
 * stream stays at most a few pieces ahead of what its reader has acknowledged. */
#include "replica/snapshotter.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "disk/snapshot_file.h"
#include "replica/answer.h"
#include "replica/core.h"
#include "replica/snapshot_source.h"

enum { AHEAD_BYTES = 4 * 1024 * 1024, PATH_BYTES = 4096 };

/* -- into a file ------------------------------------------------------------------------------ */

struct file_sink {
    struct snapshot_file *file;
    struct why *why;
};

static enum err write_block(void *ctx, struct bytes block)
{
    struct file_sink *sink = ctx;
    return snapshot_file_write(sink->file, block, sink->why);
}

static enum err create_file(struct fs *fs, struct datadir *dir,
                            const struct snapshot_source *source, struct file_sink *sink,
                            struct why *why)
{
    char path[PATH_BYTES];
    datadir_snapshot_path(dir, snapshot_source_index(source), path, sizeof path);
    struct snapshot_head head = snapshot_source_head(source);
    *sink = (struct file_sink){ .why = why };
    return snapshot_file_create(fs, path, &head, &sink->file, why);
}

enum err snapshot_write_file(struct fs *fs, struct datadir *dir, struct store *store,
                             uint64_t cluster_id, struct why *why)
{
    struct snapshot_source source;
    struct file_sink sink = { 0 };
    enum err e = snapshot_source_open(&source, store, cluster_id);
    if (e == OK)
        e = create_file(fs, dir, &source, &sink, why);
    while (e == OK && !source.end)
        e = snapshot_source_next(&source, write_block, &sink);
    if (sink.file != NULL && e == OK)
        e = snapshot_file_finish(sink.file, why);
    else if (sink.file != NULL)
        snapshot_file_abort(sink.file);
    snapshot_source_close(&source);
    uint64_t older;
    return e != OK ? e : datadir_prune_snapshots(dir, &older, why);
}

/* -- the helper's jobs ------------------------------------------------------------------------ */

struct stream_job;

struct snapshotter {
    struct replica *replica;
    struct snapshot_source source;
    struct file_sink sink;
    struct why why;
    struct stream_job *stream_job; /* the one that runs, or NULL: a file */
    bool running;
    struct timer pace;
    struct mail begin, cut;
    _Atomic bool asked;
    _Atomic bool stopped; /* the helper thread has ended */
    bool closing;         /* and so have those who ask for streams */
    uint64_t began_ns, cut_below;
};

static void end_job(struct snapshotter *s)
{
    snapshot_source_close(&s->source);
    s->running = false;
    s->stream_job = NULL;
    atomic_store(&s->asked, false);
}

static void deliver_cut(struct mail *mail)
{
    struct snapshotter *s = CONTAINER_OF(mail, struct snapshotter, cut);
    enum err e = log_cut(s->replica->log, s->cut_below, &s->why);
    if (e != OK)
        replica_fatal("the log cannot be cut", &s->why, e);
    s->replica->carried_bytes = 0;
    atomic_store(&s->asked, false);
}

static void finish_file(struct snapshotter *s)
{
    uint64_t index = snapshot_source_index(&s->source), bytes = s->source.bytes, older = 0;
    enum err e = snapshot_file_finish(s->sink.file, &s->why);
    if (e == OK)
        e = datadir_prune_snapshots(s->replica->options.datadir, &older, &s->why);
    end_job(s);
    if (e != OK) {
        log_error("snapshot: could not be finished: %s", s->why.text);
        return;
    }
    log_info("snapshot: made index=%" PRIu64 " bytes=%" PRIu64 " ms=%" PRIu64, index, bytes,
             (clock_now_ns() - s->began_ns) / 1000000);
    atomic_store(&s->asked, true); /* until the log is cut */
    s->cut_below = older + 1;
    s->cut.deliver = deliver_cut;
    mailbox_send(s->replica->disk_box, &s->cut);
}

static void go_on_file(struct snapshotter *s)
{
    enum err e = snapshot_source_next(&s->source, write_block, &s->sink);
    if (e != OK) {
        log_error("snapshot: broke off, will be tried again: %s (%s)", s->why.text, err_text(e));
        snapshot_file_abort(s->sink.file);
        end_job(s);
    } else if (s->source.end) {
        finish_file(s);
    } else {
        timer_start(&s->pace, 2);
    }
}

static void deliver_begin(struct mail *mail)
{
    struct snapshotter *s = CONTAINER_OF(mail, struct snapshotter, begin);
    struct replica *r = s->replica;
    if (s->running || atomic_load(&s->stopped))
        return;
    s->began_ns = clock_now_ns();
    s->running = true;
    enum err e = snapshot_source_open(&s->source, r->store, r->cluster_id);
    if (e == OK)
        e = create_file(r->options.fs, r->options.datadir, &s->source, &s->sink, &s->why);
    if (e != OK) {
        log_error("snapshot: cannot be begun: %s (%s)", s->why.text, err_text(e));
        end_job(s);
        return;
    }
    go_on_file(s);
}

void snapshotter_begin(struct snapshotter *s)
{
    if (atomic_exchange(&s->asked, true))
        return;
    s->begin.deliver = deliver_begin;
    mailbox_send(s->replica->helper_box, &s->begin);
}

/* -- streams ---------------------------------------------------------------------------------- */

/* Shared by the helper (until it has sent the end), the reader (until it was delivered) and each
 * acknowledgement on its way. */
struct stream_job {
    _Atomic unsigned refs;
    struct replica *replica;
    struct snapshot_stream *stream;
    struct mail begin, end;
    _Atomic uint64_t acked;
    _Atomic bool canceled;
    uint64_t sent; /* helper's from here on */
    struct snapshot_writer writer;
    bool running, ended;
    enum err err;
};

static void job_unref(struct stream_job *job)
{
    if (atomic_fetch_sub(&job->refs, 1) == 1)
        mem_free(job);
}

struct piece_mail {
    struct mail mail;
    struct stream_job *job;
    struct buf bytes;
};

static void deliver_piece(struct mail *mail)
{
    struct piece_mail *m = CONTAINER_OF(mail, struct piece_mail, mail);
    if (!atomic_load(&m->job->canceled))
        m->job->stream->piece(m->job->stream, buf_bytes(&m->bytes));
    buf_fini(&m->bytes);
    mem_free(m);
}

static struct piece_mail *new_piece(struct stream_job *job)
{
    struct piece_mail *m = mem_zalloc(1, sizeof *m);
    m->mail.deliver = deliver_piece;
    m->job = job;
    buf_init(&m->bytes, SNAPSHOT_PIECE_MAX);
    return m;
}

static void send_piece(struct stream_job *job, struct piece_mail *m)
{
    job->sent += m->bytes.n;
    mailbox_send(job->stream->reply_to, &m->mail);
}

static enum err frame_block(void *ctx, struct bytes block)
{
    struct piece_mail *m = ctx;
    snapshot_write_block(&m->job->writer, &m->bytes, block);
    return buf_err(&m->bytes);
}

static void deliver_end(struct mail *mail)
{
    struct stream_job *job = CONTAINER_OF(mail, struct stream_job, end);
    job->stream->internal = NULL;
    job->stream->end(job->stream, job->err);
    job_unref(job);
}

static void end_stream(struct stream_job *job, enum err e)
{
    if (job->running)
        end_job(job->replica->snapshotter);
    job->ended = true;
    job->err = e;
    job->end.deliver = deliver_end;
    mailbox_send(job->stream->reply_to, &job->end);
    job_unref(job);
}

/* Sends pieces until the reader is too far behind; an acknowledgement brings it back here. */
static void go_on_stream(struct stream_job *job)
{
    struct snapshot_source *source = &job->replica->snapshotter->source;
    if (atomic_load(&job->canceled)) {
        end_stream(job, ERR_CANCELED);
        return;
    }
    while (job->sent - atomic_load(&job->acked) < AHEAD_BYTES) {
        struct piece_mail *m = new_piece(job);
        enum err e = snapshot_source_next(source, frame_block, m);
        if (e == OK && source->end)
            snapshot_write_tail(&job->writer, &m->bytes);
        bool last = e != OK || source->end;
        send_piece(job, m);
        if (last) {
            end_stream(job, e);
            return;
        }
    }
}

static void deliver_stream(struct mail *mail)
{
    struct stream_job *job = CONTAINER_OF(mail, struct stream_job, begin);
    struct snapshotter *s = job->replica->snapshotter;
    if (s->closing) { /* asked as the helper ended: nobody is left to be told */
        job_unref(job);
        job_unref(job);
        return;
    }
    if (atomic_load(&s->stopped)) {
        end_stream(job, ERR_STOPPING);
        return;
    }
    if (s->running || atomic_exchange(&s->asked, true)) {
        end_stream(job, ERR_BUSY);
        return;
    }
    job->running = true;
    s->running = true;
    s->stream_job = job;
    enum err e = snapshot_source_open(&s->source, job->replica->store, job->replica->cluster_id);
    if (e != OK) {
        end_stream(job, e);
        return;
    }
    struct snapshot_head head = snapshot_source_head(&s->source);
    struct piece_mail *m = new_piece(job);
    snapshot_write_head(&job->writer, &m->bytes, &head);
    send_piece(job, m);
    go_on_stream(job);
}

void replica_snapshot_stream(struct replica *r, struct snapshot_stream *stream)
{
    struct stream_job *job = mem_zalloc(1, sizeof *job);
    atomic_init(&job->refs, 2);
    job->replica = r;
    job->stream = stream;
    stream->internal = job;
    job->begin.deliver = deliver_stream;
    if (atomic_load(&r->snapshotter->stopped))
        end_stream(job, ERR_STOPPING);
    else
        mailbox_send(r->helper_box, &job->begin);
}

struct ack_mail {
    struct mail mail;
    struct stream_job *job;
};

static void deliver_ack(struct mail *mail)
{
    struct ack_mail *m = CONTAINER_OF(mail, struct ack_mail, mail);
    if (!m->job->ended)
        go_on_stream(m->job);
    job_unref(m->job);
    mem_free(m);
}

/* After the end was sent the helper only drops its reference: `ended` is its own to read. */
static void wake_helper(struct stream_job *job)
{
    struct ack_mail *m = mem_zalloc(1, sizeof *m);
    *m = (struct ack_mail){ .mail.deliver = deliver_ack, .job = job };
    atomic_fetch_add(&job->refs, 1);
    mailbox_send(job->replica->helper_box, &m->mail);
}

void snapshot_stream_ack(struct snapshot_stream *stream, size_t bytes)
{
    struct stream_job *job = stream->internal;
    if (job == NULL)
        return;
    atomic_fetch_add(&job->acked, bytes);
    wake_helper(job);
}

void snapshot_stream_cancel(struct snapshot_stream *stream)
{
    struct stream_job *job = stream->internal;
    if (job == NULL)
        return;
    atomic_store(&job->canceled, true);
    wake_helper(job);
}

/* -- life ------------------------------------------------------------------------------------- */

static void ring_pace(struct timer *t)
{
    go_on_file(CONTAINER_OF(t, struct snapshotter, pace));
}

struct snapshotter *snapshotter_new(struct replica *r)
{
    struct snapshotter *s = mem_zalloc(1, sizeof *s);
    s->replica = r;
    timer_init(&s->pace, r->helper_loop, ring_pace);
    return s;
}

void snapshotter_stop(struct snapshotter *s)
{
    atomic_store(&s->stopped, true);
    if (s->stream_job != NULL)
        end_stream(s->stream_job, ERR_STOPPING);
    mailbox_take(s->replica->helper_box); /* who asked meanwhile is told the same */
}

void snapshotter_free(struct snapshotter *s)
{
    if (s == NULL)
        return;
    s->closing = true;
    mailbox_take(s->replica->helper_box); /* the last acknowledgements */
    timer_stop(&s->pace);
    if (s->running) {
        snapshot_file_abort(s->sink.file);
        snapshot_source_close(&s->source);
    }
    mem_free(s);
}
