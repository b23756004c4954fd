#include "test/lib/h2_client.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum { BODY_MAX = 256 << 20 };

struct h2_client {
    struct client *socket;
    nghttp2_session *ng;
    struct h2_stream *streams;
    bool has_ended;
    unsigned goaway_n, pong_n, ping_n;
    uint32_t goaway_code;
    int32_t goaway_last;
    char goaway_text[128];
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "h2 client: %s\n", what);
    abort();
}

/* -- callbacks --------------------------------------------------------------------------------- */

static char *copy_text(const uint8_t *p, size_t n)
{
    char *text = mem_alloc(n + 1);
    memcpy(text, p, n);
    text[n] = 0;
    return text;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *user)
{
    struct h2_stream *s = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
    if (s != NULL && s->field_n < H2_FIELDS_MAX)
        s->fields[s->field_n++] =
            (struct h2_field){ copy_text(name, name_n), copy_text(value, value_n) };
    return 0;
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
                   void *user)
{
    struct h2_stream *s = nghttp2_session_get_stream_user_data(ng, id);
    if (s != NULL)
        buf_put(&s->body, p, n);
    return 0;
}

static void note_goaway(struct h2_client *c, const nghttp2_goaway *g)
{
    c->goaway_n++;
    c->goaway_code = g->error_code;
    c->goaway_last = g->last_stream_id;
    size_t n = g->opaque_data_len < sizeof(c->goaway_text) ? g->opaque_data_len
                                                           : sizeof(c->goaway_text) - 1;
    if (n > 0)
        memcpy(c->goaway_text, g->opaque_data, n);
    c->goaway_text[n] = 0;
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
    struct h2_client *c = user;
    struct h2_stream *s = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
    bool is_ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
    if (frame->hd.type == NGHTTP2_HEADERS && s != NULL)
        s->block_n++;
    else if (frame->hd.type == NGHTTP2_GOAWAY)
        note_goaway(c, &frame->goaway);
    else if (frame->hd.type == NGHTTP2_PING && is_ack)
        c->pong_n++;
    else if (frame->hd.type == NGHTTP2_PING)
        c->ping_n++;
    return 0;
}

static int on_close(nghttp2_session *ng, int32_t id, uint32_t code, void *user)
{
    struct h2_stream *s = nghttp2_session_get_stream_user_data(ng, id);
    if (s != NULL) {
        s->closed = true;
        s->code = code;
    }
    return 0;
}

static ssize_t read_out(nghttp2_session *ng, int32_t id, uint8_t *to, size_t most, uint32_t *flags,
                        nghttp2_data_source *source, void *user)
{
    struct h2_stream *s = source->ptr;
    size_t left = s->out.n - s->out_at;
    size_t n = left < most ? left : most;
    if (n == 0 && !s->out_ends) {
        s->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (n > 0)
        memcpy(to, s->out.p + s->out_at, n);
    s->out_at += n;
    if (s->out_ends && s->out_at == s->out.n)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* -- life -------------------------------------------------------------------------------------- */

static void make_session(struct h2_client *c, const struct h2_options *o)
{
    nghttp2_session_callbacks *cb = NULL;
    nghttp2_option *option = NULL;
    must(nghttp2_session_callbacks_new(&cb) == 0 && nghttp2_option_new(&option) == 0, "no memory");
    nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
    nghttp2_option_set_no_auto_window_update(option, o->no_auto_window);
    nghttp2_option_set_no_http_messaging(option, 1);
    must(nghttp2_session_client_new2(&c->ng, cb, c, option) == 0, "no session");
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(cb);
}

struct h2_client *h2_client_on(struct client *take, const struct h2_options *options)
{
    static const struct h2_options none;
    const struct h2_options *o = options != NULL ? options : &none;
    struct h2_client *c = mem_zalloc(1, sizeof(*c));
    c->socket = take;
    make_session(c, o);
    const nghttp2_settings_entry window = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                            o->stream_window };
    if (!o->no_settings)
        nghttp2_submit_settings(c->ng, NGHTTP2_FLAG_NONE, &window, o->stream_window != 0);
    if (o->connection_window != 0)
        nghttp2_session_set_local_window_size(c->ng, NGHTTP2_FLAG_NONE, 0, o->connection_window);
    return c;
}

struct h2_client *h2_client_new(uint16_t port, const struct h2_options *options)
{
    return h2_client_on(client_tcp(port), options);
}

static void free_stream(struct h2_stream *s)
{
    for (size_t i = 0; i < s->field_n; i++) {
        mem_free((void *)(uintptr_t)s->fields[i].name);
        mem_free((void *)(uintptr_t)s->fields[i].value);
    }
    buf_fini(&s->body);
    buf_fini(&s->out);
    mem_free(s);
}

void h2_client_free(struct h2_client *c)
{
    nghttp2_session_del(c->ng);
    client_close(c->socket);
    while (c->streams != NULL) {
        struct h2_stream *s = c->streams;
        c->streams = s->next;
        free_stream(s);
    }
    mem_free(c);
}

struct client *h2_client_socket(struct h2_client *c)
{
    return c->socket;
}

/* -- requests ---------------------------------------------------------------------------------- */

static nghttp2_nv nv_of(const struct h2_field *f)
{
    return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)f->name,
                         .value = (uint8_t *)(uintptr_t)f->value,
                         .namelen = strlen(f->name),
                         .valuelen = strlen(f->value) };
}

struct h2_stream *h2_open(struct h2_client *c, const struct h2_field *fields, size_t n, bool ends)
{
    struct h2_stream *s = mem_zalloc(1, sizeof(*s));
    nghttp2_nv *nv = mem_zalloc(n, sizeof(*nv));
    for (size_t i = 0; i < n; i++)
        nv[i] = nv_of(&fields[i]);
    s->client = c;
    buf_init(&s->body, BODY_MAX);
    buf_init(&s->out, BODY_MAX);
    nghttp2_data_provider out = { .source.ptr = s, .read_callback = read_out };
    s->id = nghttp2_submit_request(c->ng, NULL, nv, n, ends ? NULL : &out, s);
    mem_free(nv);
    must(s->id > 0, "no stream");
    s->next = c->streams;
    c->streams = s;
    return s;
}

struct h2_stream *h2_get(struct h2_client *c, const char *method, const char *path)
{
    const struct h2_field fields[] = { { ":method", method },
                                       { ":scheme", "http" },
                                       { ":path", path },
                                       { ":authority", "localhost" } };
    return h2_open(c, fields, ARRAY_LEN(fields), true);
}

struct h2_stream *h2_call(struct h2_client *c, const char *path, const struct h2_field *extra,
                          size_t n)
{
    struct h2_field fields[H2_FIELDS_MAX] = {
        { ":method", "POST" }, { ":scheme", "http" },
        { ":path", path },     { ":authority", "localhost" },
        { "te", "trailers" },  { "content-type", "application/grpc" },
    };
    size_t count = 6;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(extra[i].name, "content-type") == 0)
            fields[5] = extra[i];
        else
            fields[count++] = extra[i];
    }
    return h2_open(c, fields, count, false);
}

static void wake(struct h2_stream *s)
{
    if (!s->is_deferred)
        return;
    s->is_deferred = false;
    nghttp2_session_resume_data(s->client->ng, s->id);
}

void h2_send(struct h2_stream *s, struct bytes bytes)
{
    buf_put_bytes(&s->out, bytes);
    wake(s);
}

void h2_send_message(struct h2_stream *s, struct bytes message)
{
    const uint8_t prefix[5] = { 0, (uint8_t)(message.n >> 24), (uint8_t)(message.n >> 16),
                                (uint8_t)(message.n >> 8), (uint8_t)message.n };
    buf_put(&s->out, prefix, sizeof(prefix));
    h2_send(s, message);
}

void h2_end(struct h2_stream *s)
{
    s->out_ends = true;
    wake(s);
}

void h2_reset(struct h2_stream *s, uint32_t code)
{
    nghttp2_submit_rst_stream(s->client->ng, NGHTTP2_FLAG_NONE, s->id, code);
}

struct h2_stream *h2_unary(struct h2_client *c, const char *path, struct bytes message)
{
    struct h2_stream *s = h2_call(c, path, NULL, 0);
    h2_send_message(s, message);
    h2_end(s);
    IGNORE(h2_wait_closed(s)); /* the caller sees what has come */
    return s;
}

void h2_consume(struct h2_stream *s, size_t n)
{
    nghttp2_session_consume(s->client->ng, s->id, n);
}

void h2_ping(struct h2_client *c)
{
    nghttp2_submit_ping(c->ng, NGHTTP2_FLAG_NONE, NULL);
}

void h2_settings(struct h2_client *c)
{
    nghttp2_submit_settings(c->ng, NGHTTP2_FLAG_NONE, NULL, 0);
}

/* -- moving bytes ------------------------------------------------------------------------------ */

bool h2_flush(struct h2_client *c)
{
    struct buf all;
    const uint8_t *p;
    ssize_t n;
    buf_init(&all, BODY_MAX);
    while ((n = nghttp2_session_mem_send(c->ng, &p)) > 0)
        buf_put(&all, p, (size_t)n);
    bool ok = all.n == 0 || client_send(c->socket, all.p, all.n);
    buf_fini(&all);
    return ok;
}

bool h2_raw(struct h2_client *c, const void *p, size_t n)
{
    return h2_flush(c) && client_send(c->socket, p, n);
}

bool h2_frame(struct h2_client *c, uint8_t type, uint8_t flags, int32_t id, struct bytes payload)
{
    uint32_t n = (uint32_t)payload.n, to = (uint32_t)id;
    const uint8_t head[9] = {
        (uint8_t)(n >> 16),  (uint8_t)(n >> 8),   (uint8_t)n,         type,       flags,
        (uint8_t)(to >> 24), (uint8_t)(to >> 16), (uint8_t)(to >> 8), (uint8_t)to
    };
    return h2_raw(c, head, sizeof(head)) &&
           (payload.n == 0 || client_send(c->socket, payload.p, payload.n));
}

/* Sends, then reads once; false at the end. */
static bool turn(struct h2_client *c)
{
    if (c->has_ended)
        return false;
    bool sent = h2_flush(c);
    bool got = client_read_bytes(c->socket, 1);
    struct bytes in = client_received(c->socket);
    if (in.n > 0)
        nghttp2_session_mem_recv(c->ng, in.p, in.n);
    client_forget(c->socket);
    c->has_ended = !got || (!sent && in.n == 0);
    return !c->has_ended;
}

bool h2_wait_closed(struct h2_stream *s)
{
    while (!s->closed)
        if (!turn(s->client))
            return s->closed;
    h2_flush(s->client);
    return true;
}

static size_t count_closed(const struct h2_client *c)
{
    size_t n = 0;
    for (const struct h2_stream *s = c->streams; s != NULL; s = s->next)
        n += s->closed;
    return n;
}

bool h2_wait_any_closed(struct h2_client *c, size_t n)
{
    while (count_closed(c) < n)
        if (!turn(c))
            return count_closed(c) >= n;
    return true;
}

bool h2_wait_blocks(struct h2_stream *s, unsigned n)
{
    while (s->block_n < n)
        if (!turn(s->client))
            return s->block_n >= n;
    return true;
}

bool h2_wait_body(struct h2_stream *s, size_t n)
{
    while (s->body.n < n)
        if (!turn(s->client))
            return s->body.n >= n;
    return true;
}

bool h2_wait_messages(struct h2_stream *s, size_t n)
{
    while (h2_messages(s) < n)
        if (!turn(s->client))
            return h2_messages(s) >= n;
    return true;
}

bool h2_wait_goaway(struct h2_client *c)
{
    while (c->goaway_n == 0)
        if (!turn(c))
            return c->goaway_n > 0;
    return true;
}

bool h2_wait_pongs(struct h2_client *c, unsigned n)
{
    while (c->pong_n < n)
        if (!turn(c))
            return c->pong_n >= n;
    return true;
}

bool h2_wait_pings(struct h2_client *c, unsigned n)
{
    while (c->ping_n < n)
        if (!turn(c))
            return c->ping_n >= n;
    return true;
}

bool h2_wait_end(struct h2_client *c)
{
    while (turn(c))
        ;
    return client_read_to_end(c->socket);
}

/* -- looking ----------------------------------------------------------------------------------- */

const char *h2_value(const struct h2_stream *s, const char *name)
{
    for (size_t i = s->field_n; i-- > 0;)
        if (strcmp(s->fields[i].name, name) == 0)
            return s->fields[i].value;
    return NULL;
}

static int number(const struct h2_stream *s, const char *name)
{
    const char *text = h2_value(s, name);
    return text == NULL ? -1 : (int)strtol(text, NULL, 10);
}

int h2_status(const struct h2_stream *s)
{
    return number(s, ":status");
}

int h2_grpc_status(const struct h2_stream *s)
{
    return number(s, "grpc-status");
}

const char *h2_grpc_message(const struct h2_stream *s)
{
    const char *text = h2_value(s, "grpc-message");
    return text == NULL ? "" : text;
}

/* The message that begins at *AT; false if it is not whole. */
static bool next_message(const struct h2_stream *s, size_t *at, struct bytes *ret)
{
    const uint8_t *p = s->body.p + *at;
    if (s->body.n - *at < 5)
        return false;
    size_t n = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    if (s->body.n - *at - 5 < n)
        return false;
    *ret = bytes_of(p + 5, n);
    *at += 5 + n;
    return true;
}

size_t h2_messages(const struct h2_stream *s)
{
    size_t at = 0, n = 0;
    struct bytes message;
    while (next_message(s, &at, &message))
        n++;
    return n;
}

struct bytes h2_message(const struct h2_stream *s, size_t at)
{
    size_t offset = 0;
    struct bytes message = { 0 };
    for (size_t i = 0; i <= at; i++)
        must(next_message(s, &offset, &message), "there is no such message");
    return message;
}

bool h2_has_goaway(const struct h2_client *c)
{
    return c->goaway_n > 0;
}

unsigned h2_goaways(const struct h2_client *c)
{
    return c->goaway_n;
}

uint32_t h2_goaway_code(const struct h2_client *c)
{
    return c->goaway_code;
}

const char *h2_goaway_text(const struct h2_client *c)
{
    return c->goaway_text;
}

int32_t h2_goaway_last(const struct h2_client *c)
{
    return c->goaway_last;
}

unsigned h2_pings(const struct h2_client *c)
{
    return c->ping_n;
}

uint32_t h2_remote_setting(struct h2_client *c, int id)
{
    return nghttp2_session_get_remote_settings(c->ng, (nghttp2_settings_id)id);
}
