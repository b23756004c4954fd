/* test/lib/httpd.h -- a running server with a few HTTP handlers, for socket tests.
 *
 * /hello answers "hello"; /echo the body; /thread the number of its io thread; /big?n= N bytes;
 * /stream?n= N pieces of 1 KiB, as fast as the client reads; /hold nothing until httpd_release;
 * /abort half an answer; /turn "turn", at the stage of the turn that answers; /who the name in the
 * client's certificate; anything else 404. */
#ifndef TEST_LIB_HTTPD_H
#define TEST_LIB_HTTPD_H

#include "loop/mailbox.h"
#include "net/server.h"
#include "test/lib/client.h"
#include "test/lib/loops.h"

enum { HTTPD_THREADS_MAX = 8 };

struct httpd_thread {
    struct httpd *h;
    size_t at;
    struct loop *loop;
    struct mailbox *box;
    struct http_request *held[64]; /* on this thread */
    size_t held_n, gone_n;
    size_t most_pending; /* of a /stream */
    struct loop_hook turn;
    struct http_request *turning; /* a /turn that is not answered yet */
};

struct httpd {
    struct httpd_thread threads[HTTPD_THREADS_MAX];
    size_t thread_n;
    struct net_server *server;
    struct net_service service;
    struct http_service http;
    void *contexts[HTTPD_THREADS_MAX];
    struct metrics *metrics;
    uint16_t port;
    struct loops_event held, gone, drained;
    bool runs;
};

/* Without a listener; LIMITS may be NULL. */
struct httpd *httpd_new(size_t thread_n, const struct net_limits *limits);
/* Listens on AT, such as "127.0.0.1:0"; ends the process if it cannot. */
void httpd_listen(struct httpd *h, const char *at, struct tls_context *tls, bool tls_optional);
void httpd_run(struct httpd *h);
/* new, listen on a free port, run */
struct httpd *httpd_start(size_t thread_n, const struct net_limits *limits);
/* Answers what /hold holds on the first thread. */
void httpd_release(struct httpd *h);
/* Drains and waits for the end. */
MUST_CHECK bool httpd_drain(struct httpd *h, uint64_t grace_ms);
void httpd_free(struct httpd *h);
/* Connects to the port. */
struct client *httpd_client(struct httpd *h);
uint64_t httpd_connections(struct httpd *h);

#endif
