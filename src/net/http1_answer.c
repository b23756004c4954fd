/* llhttp, strict, reads the answer; interim answers (1xx) are passed over. */
#include "net/http1_answer.h"

#include <llhttp.h>

#include "base/mem.h"
#include "base/text.h"

struct http1_answer {
    llhttp_t parser;
    bool to_head, has_head, is_whole, is_too_big;
    size_t head_n, body_max;
    uint64_t body_total;
    struct buf reason, field, location, body;
    bool is_location; /* of the header whose value comes */
};

/* -- llhttp's callbacks ------------------------------------------------------------------------ */

static int count_head(struct http1_answer *a, size_t n)
{
    a->head_n += n;
    a->is_too_big = a->head_n > HTTP1_ANSWER_HEAD_MAX || a->location.full;
    return a->is_too_big ? -1 : 0;
}

static int on_reason(llhttp_t *parser, const char *at, size_t n)
{
    struct http1_answer *a = parser->data;
    size_t room = HTTP1_REASON_MAX - a->reason.n; /* a person reads it: cut, not refused */
    buf_put(&a->reason, at, n < room ? n : room);
    return count_head(a, n);
}

static int on_field(llhttp_t *parser, const char *at, size_t n)
{
    struct http1_answer *a = parser->data;
    buf_put(&a->field, at, n);
    return count_head(a, n);
}

static int on_field_end(llhttp_t *parser)
{
    struct http1_answer *a = parser->data;
    a->is_location = !a->field.full && a->location.n == 0 &&
                     text_eq_nocase(buf_bytes(&a->field), bytes_str("location"));
    buf_clear(&a->field, 64);
    a->field.full = false;
    return count_head(a, 4);
}

static int on_value(llhttp_t *parser, const char *at, size_t n)
{
    struct http1_answer *a = parser->data;
    if (a->is_location)
        buf_put(&a->location, at, n);
    return count_head(a, n);
}

/* 1: there is no body. */
static int on_headers_end(llhttp_t *parser)
{
    struct http1_answer *a = parser->data;
    parser->upgrade = 0;
    a->has_head = parser->status_code >= 200;
    return a->has_head && a->to_head ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
    struct http1_answer *a = parser->data;
    size_t room = a->body_max - a->body.n;
    buf_put(&a->body, at, n < room ? n : room);
    a->body_total += n;
    return 0;
}

static int on_message_end(llhttp_t *parser)
{
    struct http1_answer *a = parser->data;
    if (!a->has_head) { /* 1xx */
        buf_clear(&a->reason, 64);
        buf_clear(&a->location, 64);
        return 0;
    }
    a->is_whole = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_status = on_reason,
    .on_header_field = on_field,
    .on_header_field_complete = on_field_end,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_end,
    .on_body = on_body,
    .on_message_complete = on_message_end,
};

/* -- use --------------------------------------------------------------------------------------- */

struct http1_answer *http1_answer_new(bool to_head, size_t body_max)
{
    struct http1_answer *a = mem_zalloc(1, sizeof(*a));
    llhttp_init(&a->parser, HTTP_RESPONSE, &callbacks);
    a->parser.data = a;
    a->to_head = to_head;
    a->body_max = body_max;
    buf_init(&a->reason, HTTP1_REASON_MAX);
    buf_init(&a->field, 64);
    buf_init(&a->location, HTTP1_LOCATION_MAX);
    buf_init(&a->body, body_max);
    return a;
}

void http1_answer_free(struct http1_answer *a)
{
    if (a == NULL)
        return;
    buf_fini(&a->reason);
    buf_fini(&a->field);
    buf_fini(&a->location);
    buf_fini(&a->body);
    mem_free(a);
}

enum err http1_answer_feed(struct http1_answer *a, struct bytes in)
{
    if (a->is_whole)
        return OK;
    llhttp_errno_t e = llhttp_execute(&a->parser, (const char *)in.p, in.n);
    if (e == HPE_OK || a->is_whole)
        return OK;
    return a->is_too_big ? ERR_TOO_BIG : ERR_MALFORMED;
}

enum err http1_answer_end(struct http1_answer *a)
{
    if (!a->is_whole && a->has_head)
        IGNORE(llhttp_finish(&a->parser)); /* calls on_message_end where the end ends the body */
    return a->is_whole ? OK : ERR_TRUNCATED;
}

bool http1_answer_has_head(const struct http1_answer *a)
{
    return a->has_head;
}

bool http1_answer_is_whole(const struct http1_answer *a)
{
    return a->is_whole;
}

int http1_answer_status(const struct http1_answer *a)
{
    return a->parser.status_code;
}

struct bytes http1_answer_reason(const struct http1_answer *a)
{
    return buf_bytes(&a->reason);
}

struct bytes http1_answer_location(const struct http1_answer *a)
{
    return buf_bytes(&a->location);
}

struct bytes http1_answer_body(const struct http1_answer *a)
{
    return buf_bytes(&a->body);
}

uint64_t http1_answer_body_total(const struct http1_answer *a)
{
    return a->body_total;
}
