/* test/lib/grpcd.h -- a running server with a few gRPC methods, for socket tests.
 *
 * /test.Echo/...
 *   Echo (unary)      the message back
 *   Fail (unary)      the status and text that the message says: "5 not here"
 *   Hold (unary)      nothing; counts `held`, and `gone` when it is closed
 *   Late (unary)      the message, after grpcd_release
 *   Long (unary)      a message of as many bytes as the number says, in pieces, while the client
 *                     reads; "100 40": it stops at 40 of them and waits for the deadline;
 *                     "100 40 !": and breaks off there
 *   Room (unary)      what grpc_call_room says
 *   Big (server)      a message of as many bytes as the number in the request says
 *   Count (server)    as many messages "1", "2", ... as the request says, while the client reads
 *   Shared (server)   three messages of one shared chunk of 100,000 bytes, heads "a", "b", "c"
 *   Sum (client)      the number of messages and of bytes: "3 12"
 *   Chat (bidi)       every message back; ends when the client does
 *   Slow (bidi)       takes one message, pauses; goes on after grpcd_release; then as Chat
 * and httpd's pages as plain HTTP. */
#ifndef TEST_LIB_GRPCD_H
#define TEST_LIB_GRPCD_H

#include "test/lib/httpd.h"

extern const struct grpc_service grpcd_echo_service;

struct httpd *grpcd_new(size_t thread_n, const struct net_limits *limits, bool with_http);
/* new, listen on a free port, run: one thread */
struct httpd *grpcd_start(const struct net_limits *limits, bool with_http);
/* Lets go of what Late and Slow hold. */
void grpcd_release(struct httpd *d);
/* Why the call that was closed last was. */
enum err grpcd_last_why(void);
/* Calls closed since the start of the server. */
unsigned grpcd_closed(void);
/* What a paused Slow has been given meanwhile. */
unsigned grpcd_slow_messages(void);
/* The most that Count ever had pending. */
size_t grpcd_most_pending(void);
/* The least room that a Long ever found. */
size_t grpcd_least_room(void);

#endif
