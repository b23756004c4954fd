/* The face on a kernel of its own, over real sockets: what its tests share. */
#ifndef TEST_UNIT_FACES_CONSUL_RIG_H
#define TEST_UNIT_FACES_CONSUL_RIG_H

#include "faces/consul/call/face.h"
#include "net/server.h"
#include "test/lib/client.h"
#include "test/lib/kernel.h"

struct rig {
    struct kernel k;
    struct consul_face *face;
    struct consul_options options; /* may be changed before rig_start */
    struct net_server *server;
    struct net_service service;
    void *contexts[1];
    uint16_t port;
    bool is_drained;
    struct buf answer; /* of the last question: head and body */
    int reloads, leaves;
    const char *reload_why;     /* what a reload fails with; NULL: it does not */
    bool holds_reload;          /* it is not answered at once: */
    struct consul_reload *held; /* this one */
    int blocking;               /* read by rig_await_blocking */
};

/* Node "n1" at 10.0.0.1 in dc1. */
struct rig *rig_new(void);
void rig_start(struct rig *rig);
void rig_free(struct rig *rig);
/* For cmocka: *state is a running rig. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Asks "GET /v1/x" with a BODY (NULL: none) and MORE header lines ("A: b\r\n", or ""); the status.
 * The answer is read to its end. */
int rig_ask(struct rig *rig, const char *request, const char *body, const char *more);
/* The same with a body of any bytes (p NULL: none). */
int rig_ask_bytes(struct rig *rig, const char *request, struct bytes body, const char *more);
/* Of an answer of 200 that goes on: as rig_ask, but only until TEXT has come. */
int rig_peek(struct rig *rig, const char *request, const char *more, const char *text);
/* The body of the last answer as bytes. */
struct bytes rig_body_bytes(struct rig *rig);
/* The body of the last answer, and one of its headers (lower case; "" if it is not there), lent
 * until the next question. */
const char *rig_body(struct rig *rig);
const char *rig_header(struct rig *rig, const char *name);

/* Asks and fails the test unless STATUS comes, with a body that is or holds TEXT. */
void rig_expect(struct rig *rig, const char *request, const char *body, int status,
                const char *text);
void rig_expect_part(struct rig *rig, const char *request, const char *body, int status,
                     const char *part);

/* A question that is not answered yet, on a connection of its own. */
struct client *rig_begin(struct rig *rig, const char *request, const char *body);
/* Until N questions wait for a change: fails if that never comes. */
void rig_await_blocking(struct rig *rig, int n);
/* Its answer, as rig_ask's; ends the connection. */
int rig_end(struct rig *rig, struct client *take_c);

#endif
