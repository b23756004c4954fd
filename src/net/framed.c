/* What has been read is handed up message by message. While as many wait as may, or the peer does
 * not read its answers, the rest stays in HELD and the socket is left alone: what was read before
 * the pause is at most a read's worth, so HELD ends too.
 *
 * The idle timer runs from the last whole message or answer: half a message does not hold a
 * connection. */
#include "net/framed.h"

#include <assert.h>

#include "base/mem.h"
#include "net/conn_set.h"

enum { LENGTH_BYTES = 2, MESSAGE_MAX = UINT16_MAX, HELD_MAX = MESSAGE_MAX + 3 * 64 * 1024 };

struct framed {
    struct conn *conn;
    struct serve *serve;
    struct buf held; /* not handed up yet */
    unsigned waiting_n;
    bool paused;
    bool ends;      /* nothing more is taken: what waits is answered, then it closes */
    bool is_handed; /* a message is being handed up */
    struct timer idle;
};

static void restart_idle(struct framed *f)
{
    timer_start(&f->idle, f->serve->limits.idle_timeout_ms);
}

static bool is_full(const struct framed *f)
{
    return f->waiting_n >= f->serve->service->framed->waiting_max ||
           conn_pending(f->conn) > CONN_OUT_HIGH;
}

static void set_paused(struct framed *f, bool paused)
{
    if (paused == f->paused)
        return;
    f->paused = paused;
    if (paused)
        conn_pause(f->conn);
    else
        conn_resume(f->conn);
}

static void close_if_done(struct framed *f)
{
    if (f->ends && f->waiting_n == 0)
        conn_close(f->conn, CONN_FLUSH_FIRST);
}

/* The first whole message of IN, or false. */
static bool whole_message(struct bytes in, struct bytes *ret)
{
    if (in.n < LENGTH_BYTES)
        return false;
    size_t n = (size_t)in.p[0] << 8 | in.p[1];
    if (in.n - LENGTH_BYTES < n)
        return false;
    *ret = bytes_of(in.p + LENGTH_BYTES, n);
    return true;
}

/* Hands up what is whole; how many bytes that was. */
static size_t hand_up(struct framed *f, struct bytes in)
{
    struct bytes left = in, message;
    f->is_handed = true;
    while (!f->ends && !is_full(f) && whole_message(left, &message)) {
        left = bytes_skip(left, LENGTH_BYTES + message.n);
        f->waiting_n++;
        restart_idle(f);
        f->serve->service->framed->message(f->serve->context, f, message);
    }
    f->is_handed = false;
    return in.n - left.n;
}

static void drop_front(struct buf *b, size_t n)
{
    if (n > 0 && b->n > n)
        memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

static void go_on(struct framed *f)
{
    if (f->is_handed)
        return;
    drop_front(&f->held, hand_up(f, buf_bytes(&f->held)));
    set_paused(f, !f->ends && is_full(f));
    close_if_done(f);
}

static void feed(void *self, struct bytes in)
{
    struct framed *f = self;
    if (f->held.n == 0)
        in = bytes_skip(in, hand_up(f, in));
    buf_put_bytes(&f->held, in);
    assert(!f->held.full);
    go_on(f);
}

static void end(void *self)
{
    struct framed *f = self;
    go_on(f);
    f->ends = true;
    close_if_done(f);
}

static void drained(void *self)
{
    go_on(self);
}

static void gone(void *self, enum err why)
{
    struct framed *f = self;
    (void)why;
    f->serve->service->framed->gone(f->serve->context, f);
    timer_stop(&f->idle);
    buf_fini(&f->held);
    mem_free(f);
}

static const struct conn_protocol protocol = {
    .name = "framed", .feed = feed, .ended = end, .drained = drained, .shutdown = end, .gone = gone
};

static void on_idle(struct timer *timer)
{
    struct framed *f = CONTAINER_OF(timer, struct framed, idle);
    if (f->waiting_n > 0)
        restart_idle(f);
    else
        conn_close(f->conn, CONN_FLUSH_FIRST);
}

void framed_answer(struct framed *f, struct bytes message)
{
    assert(f->waiting_n > 0 && message.n <= MESSAGE_MAX);
    f->waiting_n--;
    if (message.n > 0) {
        uint8_t length[LENGTH_BYTES] = { (uint8_t)(message.n >> 8), (uint8_t)message.n };
        buf_put(conn_out(f->conn), length, sizeof length);
        buf_put_bytes(conn_out(f->conn), message);
        conn_touch(f->conn);
        restart_idle(f);
    }
    go_on(f);
}

void framed_close(struct framed *f)
{
    f->ends = true;
    conn_close(f->conn, CONN_FLUSH_FIRST);
}

const char *framed_peer(const struct framed *f)
{
    return conn_peer(f->conn);
}

enum err framed_open(struct conn_set *set, int take_fd, struct serve *serve)
{
    struct framed *f = mem_zalloc(1, sizeof *f);
    f->serve = serve;
    buf_init(&f->held, HELD_MAX);
    timer_init(&f->idle, serve->loop, on_idle);
    enum err e = conn_open(set, take_fd, NULL, &protocol, f, &f->conn);
    if (e != OK) {
        buf_fini(&f->held);
        mem_free(f);
        return e;
    }
    restart_idle(f);
    return OK;
}
