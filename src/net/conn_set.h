/* net/conn_set.h -- all connections of one loop: one read buffer, one flush at the end of the turn.
 */
#ifndef NET_CONN_SET_H
#define NET_CONN_SET_H

#include "net/conn.h"

struct conn_set;

/* CLOSED (may be NULL) is called after each connection's `gone`. */
struct conn_set *conn_set_new(struct loop *loop, void (*closed)(void *ctx), void *ctx);
/* With no connection left. */
void conn_set_free(struct conn_set *set);
size_t conn_set_count(const struct conn_set *set);
/* Until the release none of its connections is read that is open and not one of conn_read_always;
 * new ones neither. What has been read already is still fed. No connection whose peer has sent
 * something waits for a read longer than the limit, and after a hold of the limit all are read
 * until the release. Calls while it is held (or not) change nothing. */
void conn_set_hold(struct conn_set *set);
/* Those that wait are read again in turn, 64 KiB each, who waits longest first. Feeds nothing
 * inside the call. */
void conn_set_release(struct conn_set *set);
/* [1 s: half of the shortest lease, whose renewals must not be late] */
void conn_set_limit_hold(struct conn_set *set, uint64_t ms);
/* Tells every protocol to say goodbye. */
void conn_set_shutdown(struct conn_set *set);
/* Closes every connection as HOW says. */
void conn_set_close(struct conn_set *set, enum conn_close how);

#endif
