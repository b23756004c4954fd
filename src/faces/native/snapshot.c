/* A snapshot as an HTTP answer in pieces. The stream stays a few pieces ahead of what has left for
 * the client: a piece is acknowledged when the answer's buffer has room again. A snapshot that
 * breaks off breaks the answer off, so that half of one is never taken for a whole. */
#include "faces/native/snapshot.h"

#include "base/log.h"
#include "base/mem.h"
#include "faces/native/problem.h"
#include "hub/snapshot.h"
#include "net/conn.h"

struct sending {
    struct snapshot_stream stream;
    struct http_request *request; /* NULL: the client is gone */
    bool begun;
    size_t unacked;
};

static void acknowledge(struct sending *s)
{
    size_t bytes = s->unacked;
    s->unacked = 0;
    hub_snapshot_ack(&s->stream, bytes);
}

static void take_piece(struct snapshot_stream *stream, struct bytes piece)
{
    struct sending *s = CONTAINER_OF(stream, struct sending, stream);
    s->unacked += piece.n;
    if (s->request == NULL)
        return;
    if (!s->begun) {
        static const struct http_header headers[] = {
            { { (const uint8_t *)"content-disposition", 19 },
              { (const uint8_t *)"attachment; filename=\"muster.snapshot\"", 38 } },
        };
        s->begun = true;
        http_respond_start(s->request, 200, "application/octet-stream", headers, 1);
    }
    http_respond_write(s->request, piece);
    if (http_respond_pending(s->request) < CONN_OUT_HIGH)
        acknowledge(s);
}

static void take_end(struct snapshot_stream *stream, enum err e)
{
    struct sending *s = CONTAINER_OF(stream, struct sending, stream);
    if (s->request != NULL) {
        http_watch(s->request, NULL, NULL, NULL);
        if (e == OK)
            http_respond_end(s->request);
        else if (s->begun)
            http_respond_abort(s->request);
        else if (e == ERR_BUSY)
            problem_respond(s->request, 503, "busy", "Busy",
                            "another snapshot is being made; try again");
        else
            problem_respond(s->request, 500, "snapshot-failed", "Snapshot failed", err_text(e));
    }
    mem_free(s);
}

static void drained(void *self)
{
    struct sending *s = self;
    if (s->unacked > 0)
        acknowledge(s);
}

static void gone(void *self)
{
    struct sending *s = self;
    s->request = NULL;
    hub_snapshot_cancel(&s->stream);
}

void snapshot_send(struct hub *hub, struct mailbox *box, struct http_request *r)
{
    struct sending *s = mem_zalloc(1, sizeof *s);
    s->request = r;
    s->stream = (struct snapshot_stream){ .reply_to = box, .piece = take_piece, .end = take_end };
    log_info("native: sends a snapshot to=%s", http_peer(r));
    http_watch(r, s, drained, gone);
    hub_snapshot_begin(hub, &s->stream);
}
