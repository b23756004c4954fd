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
/* Tells every protocol to say goodbye. */
void conn_set_shutdown(struct conn_set *set);
/* Closes every connection as HOW says. */
void conn_set_close(struct conn_set *set, enum conn_close how);

#endif
