/* test/lib/h2_client.h -- a blocking HTTP/2 client over nghttp2, for tests.
 *
 * Nothing moves but in calls of this header: a wait sends what is to be sent, reads, and hands it
 * to the session until what is waited for has come, the connection has ended, or the deadline of
 * the socket client has passed. */
#ifndef TEST_LIB_H2_CLIENT_H
#define TEST_LIB_H2_CLIENT_H

#include "base/buf.h"
#include "test/lib/client.h"

enum { H2_FIELDS_MAX = 32 };

struct h2_field {
    const char *name, *value;
};

struct h2_client;

struct h2_stream {
    struct h2_client *client;
    int32_t id;
    struct h2_field fields[H2_FIELDS_MAX]; /* of all blocks, in the order received */
    size_t field_n;
    unsigned block_n; /* HEADERS received */
    struct buf body;
    bool closed;
    uint32_t code; /* why it was closed */
    struct buf out;
    size_t out_at;
    bool out_ends, is_deferred;
    struct h2_stream *next;
};

struct h2_options {
    uint32_t stream_window;    /* what we announce; 0: 65535 */
    int32_t connection_window; /* the same of the connection; 0: 65535 */
    bool no_auto_window;       /* windows open by h2_consume alone */
    bool no_settings;          /* the preface without our SETTINGS */
};

struct h2_client *h2_client_new(uint16_t port, const struct h2_options *options); /* may be NULL */
struct h2_client *h2_client_on(struct client *take, const struct h2_options *options);
void h2_client_free(struct h2_client *c);
struct client *h2_client_socket(struct h2_client *c);

/* A request with exactly these fields; ENDS: without a body. */
struct h2_stream *h2_open(struct h2_client *c, const struct h2_field *fields, size_t n, bool ends);
/* GET or another method without a body. */
struct h2_stream *h2_get(struct h2_client *c, const char *method, const char *path);
/* A gRPC request's head, with EXTRA fields (N may be 0). */
struct h2_stream *h2_call(struct h2_client *c, const char *path, const struct h2_field *extra,
                          size_t n);
void h2_send(struct h2_stream *s, struct bytes bytes);
void h2_send_message(struct h2_stream *s, struct bytes message); /* with its prefix */
void h2_end(struct h2_stream *s);
void h2_reset(struct h2_stream *s, uint32_t code);
/* A whole unary call, waited for. */
struct h2_stream *h2_unary(struct h2_client *c, const char *path, struct bytes message);
/* Opens the windows by N bytes (no_auto_window). */
void h2_consume(struct h2_stream *s, size_t n);
void h2_ping(struct h2_client *c);
void h2_settings(struct h2_client *c);
/* What is waiting leaves; then these bytes, as they are. */
bool h2_raw(struct h2_client *c, const void *p, size_t n);
/* One frame, made by hand. */
bool h2_frame(struct h2_client *c, uint8_t type, uint8_t flags, int32_t id, struct bytes payload);
bool h2_flush(struct h2_client *c); /* false if the connection has ended */

/* All false at the deadline or the connection's end. */
MUST_CHECK bool h2_wait_closed(struct h2_stream *s);
MUST_CHECK bool h2_wait_any_closed(struct h2_client *c, size_t n); /* so many of all streams */
MUST_CHECK bool h2_wait_blocks(struct h2_stream *s, unsigned n);   /* HEADERS */
MUST_CHECK bool h2_wait_body(struct h2_stream *s, size_t n);
MUST_CHECK bool h2_wait_messages(struct h2_stream *s, size_t n);
MUST_CHECK bool h2_wait_goaway(struct h2_client *c);
MUST_CHECK bool h2_wait_pongs(struct h2_client *c, unsigned n);
MUST_CHECK bool h2_wait_pings(struct h2_client *c, unsigned n); /* the server's */
MUST_CHECK bool h2_wait_end(struct h2_client *c);               /* of the connection */

/* The last one of this name, or NULL. */
const char *h2_value(const struct h2_stream *s, const char *name);
int h2_status(const struct h2_stream *s);               /* -1: none */
int h2_grpc_status(const struct h2_stream *s);          /* -1: none */
const char *h2_grpc_message(const struct h2_stream *s); /* "" if there is none */
size_t h2_messages(const struct h2_stream *s);          /* whole ones in the body */
struct bytes h2_message(const struct h2_stream *s, size_t at);
bool h2_has_goaway(const struct h2_client *c);
uint32_t h2_goaway_code(const struct h2_client *c);
const char *h2_goaway_text(const struct h2_client *c);
int32_t h2_goaway_last(const struct h2_client *c); /* the last stream it allows */
unsigned h2_goaways(const struct h2_client *c);
unsigned h2_pings(const struct h2_client *c); /* of the server */
uint32_t h2_remote_setting(struct h2_client *c, int id);

#endif
