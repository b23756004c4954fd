/* Any bytes as a client's side of an HTTP/1.1 connection: however they are cut, the codec sees the
 * same messages and refuses at the same place with the same status.
 *
 * The first byte is the size of the cuts. */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read, in little: a running sum over events whose order and bytes matter. */
struct summary {
    uint64_t sum;
    unsigned heads, ends;
    int refusal;
};

static void add(struct summary *s, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        s->sum = (s->sum ^ bytes.p[i]) * 1099511628211U;
}

static void add_event(struct summary *s, const struct http1_event *event)
{
    switch (event->kind) {
    case HTTP1_NEED_MORE:
        break;
    case HTTP1_HEAD:
        s->heads++;
        add(s, event->head->method);
        add(s, event->head->target);
        assert(event->head->header_n <= HTTP1_HEADERS_MAX + 1);
        for (size_t i = 0; i < event->head->header_n; i++) {
            add(s, event->head->headers[i].name);
            add(s, event->head->headers[i].value);
        }
        break;
    case HTTP1_BODY:
        assert(event->body.n > 0);
        break; /* the pieces differ; their sum is not comparable when a failure follows */
    case HTTP1_END:
        s->ends++;
        break;
    }
}

static struct summary read_cut(struct bytes in, size_t step)
{
    struct http1 *h = http1_new();
    struct summary s = { .sum = 14695981039346656037U };
    for (size_t at = 0; at < in.n && s.refusal == 0; at += step) {
        size_t n = in.n - at < step ? in.n - at : step;
        uint8_t *piece = mem_alloc(n); /* so that a read past its end is seen */
        memcpy(piece, in.p + at, n);
        struct bytes left = bytes_of(piece, n);
        struct http1_event event = { .kind = HTTP1_END };
        while (event.kind != HTTP1_NEED_MORE && s.refusal == 0) {
            size_t used;
            if (http1_feed(h, left, &used, &event) != OK) {
                s.refusal = http1_refusal(h);
                assert(s.refusal >= 400 && s.refusal < 600);
                break;
            }
            assert(used <= left.n && (event.kind != HTTP1_NEED_MORE || used == left.n));
            add_event(&s, &event);
            left = bytes_skip(left, used);
        }
        mem_free(piece);
    }
    http1_free(h);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    struct summary whole = read_cut(in, in.n);
    struct summary cut = read_cut(in, (size_t)data[0] + 1);
    assert(whole.refusal == cut.refusal && whole.heads == cut.heads && whole.ends == cut.ends &&
           whole.sum == cut.sum);
    return 0;
}
