/* What active checks read of others: HTTP answers, whole and cut, URLs and redirects; and what they
 * read of their own: definitions and the messages of the process that runs scripts. The first byte
 * says which. */
#include <assert.h>
#include <stdlib.h>

#include "health/check.h"
#include "health/report.h"
#include "health/script_wire.h"
#include "net/http1_answer.h"
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 64 };

/* -- answers ----------------------------------------------------------------------------------- */

static enum err feed(struct http1_answer *a, struct bytes in, size_t step)
{
    enum err e = OK;
    for (size_t at = 0; at < in.n && e == OK; at += step)
        e = http1_answer_feed(a, bytes_of(in.p + at, in.n - at < step ? in.n - at : step));
    return e;
}

static void assert_same(const struct http1_answer *a, const struct http1_answer *b)
{
    assert(http1_answer_has_head(a) == http1_answer_has_head(b));
    assert(http1_answer_is_whole(a) == http1_answer_is_whole(b));
    assert(bytes_eq(http1_answer_reason(a), http1_answer_reason(b)));
    assert(bytes_eq(http1_answer_location(a), http1_answer_location(b)));
    assert(bytes_eq(http1_answer_body(a), http1_answer_body(b)));
    assert(http1_answer_body_total(a) == http1_answer_body_total(b));
    assert(http1_answer_body(a).n <= BODY_MAX && http1_answer_reason(a).n <= HTTP1_REASON_MAX);
}

static void read_answer(struct bytes in)
{
    size_t step = in.n > 0 ? (size_t)in.p[0] + 1 : 1;
    struct http1_answer *whole = http1_answer_new(step % 7 == 0, BODY_MAX);
    struct http1_answer *cut = http1_answer_new(step % 7 == 0, BODY_MAX);
    in = bytes_skip(in, 1);
    enum err e = feed(whole, in, in.n + 1), f = feed(cut, in, step);
    assert((e == OK) == (f == OK));
    if (e == OK) {
        assert_same(whole, cut);
        assert(http1_answer_end(whole) == http1_answer_end(cut));
        assert_same(whole, cut);
    }
    http1_answer_free(whole);
    http1_answer_free(cut);
}

/* -- URLs -------------------------------------------------------------------------------------- */

static void follow(struct bytes in)
{
    const uint8_t *line = in.n > 0 ? memchr(in.p, '\n', in.n) : NULL;
    struct bytes text = line != NULL ? bytes_of(in.p, (size_t)(line - in.p)) : in;
    struct bytes location = bytes_skip(in, text.n + 1);
    struct url u, to;
    struct buf next;
    struct why why;
    if (url_parse(text, &u, &why) != OK)
        return;
    assert(u.host.n > 0 && u.port > 0 && u.authority.n >= u.host.n);
    buf_init(&next, URL_MAX + 1);
    url_put_target(&u, &next);
    assert(next.n > 0 && next.p[0] == '/' && memchr(next.p, ' ', next.n) == NULL);
    buf_clear(&next, SIZE_MAX);
    url_follow(&u, location, &next);
    if (!next.full && url_parse(buf_bytes(&next), &to, &why) == OK)
        assert(memchr(to.target.p, '#', to.target.n) == NULL || to.target.n == 0);
    buf_fini(&next);
}

/* -- our own ----------------------------------------------------------------------------------- */

static void read_definition(struct bytes in)
{
    struct check_definition d;
    struct arena arena;
    struct buf again;
    arena_init(&arena, 0);
    if (check_definition_read(in, &arena, &d) == OK) {
        buf_init(&again, CHECK_DEFINITION_MAX);
        check_definition_write(&d, &again);
        assert(bytes_eq(buf_bytes(&again), in));
        buf_fini(&again);
    }
    arena_fini(&arena);
}

static void read_messages(struct bytes in)
{
    static struct script_order order;
    struct script_outcome outcome;
    struct buf again;
    size_t used;
    buf_init(&again, SCRIPT_MESSAGE_MAX + 4);
    if (script_order_read(in, &order, &used) == OK) {
        script_order_write(&order, &again);
        assert(bytes_eq(buf_bytes(&again), bytes_of(in.p, used)));
    }
    buf_clear(&again, SIZE_MAX);
    if (script_outcome_read(in, &outcome, &used) == OK) {
        script_outcome_write(&outcome, &again);
        assert(bytes_eq(buf_bytes(&again), bytes_of(in.p, used)));
    }
    buf_fini(&again);
}

static void show_output(struct bytes in)
{
    struct buf out;
    buf_init(&out, 4096);
    report_output(in, in.n, 100, &out);
    assert(!out.full && out.n <= 200);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct bytes in) = { read_answer, follow, read_definition,
                                                        read_messages, show_output };
    if (size > 0)
        readers[data[0] % 5](bytes_of(data + 1, size - 1));
    return 0;
}
