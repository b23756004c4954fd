/* net/conn.h -- one connection: socket, TLS if there is any, and a protocol on top.
 *
 * A stack of filters with one interface. The protocol is fed decrypted bytes and appends what it
 * wants sent to conn_out; at the end of the turn all of it leaves in one write. What the peer does
 * not read stays in a bounded buffer: above the high mark the protocol must stop producing (it asks
 * conn_pending) and is told by `drained` when it may go on. One io thread owns a connection. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/buf.h"
#include "loop/loop.h"

struct conn;

enum { CONN_OUT_HIGH = 256 * 1024, CONN_OUT_LOW = 64 * 1024 };

struct conn_protocol {
    const char *name;
    /* Of a connection that we made: it is there, its TLS handshake is over. NULL with those of
     * listeners. */
    void (*opened)(void *self);
    /* New bytes; all are consumed. Must not free the connection; may call conn_close. */
    void (*feed)(void *self, struct bytes in);
    /* About to write, with nothing on its way: the last moment to append to conn_out, for a
     * protocol that keeps what it has to send to itself until there is room. May be NULL. */
    void (*render)(void *self);
    /* The peer closed its half; no more is fed. Usually: conn_close when all is answered. */
    void (*ended)(void *self);
    /* conn_pending fell below CONN_OUT_LOW after it was above CONN_OUT_HIGH. */
    void (*drained)(void *self);
    /* The server is stopping: say goodbye the protocol's way, finish what runs, then conn_close. */
    void (*shutdown)(void *self);
    /* The last word: the connection is gone, SELF is to be freed. WHY is OK after a clean close. */
    void (*gone)(void *self, enum err why);
};

enum conn_close { CONN_FLUSH_FIRST, CONN_AT_ONCE, CONN_RESET /* TCP RST */ };

struct loop *conn_loop(struct conn *c);
/* What is to be sent; append, then conn_touch. Appending after a close is harmless and in vain. */
struct buf *conn_out(struct conn *c);
/* Marks the connection for the flush at the end of the turn. Not from a hook of LOOP_STAGE_FLUSH.
 */
void conn_touch(struct conn *c);
/* Bytes that have not been handed to the kernel yet (conn_out and below). */
size_t conn_pending(const struct conn *c);
/* Stops or resumes reading the socket: back pressure towards the peer. Counted: as many resumes as
 * pauses. What has been read already (64 KiB at most) is still fed. A pause also hides the peer's
 * going away. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);
/* It is read also while its set is held (net/conn_set.h). */
void conn_read_always(struct conn *c);
/* Asynchronous; `gone` comes later, once, and nothing else of the protocol is called until then.
 * More calls are harmless; a harder one overtakes a softer one. FLUSH_FIRST waits for a peer that
 * reads, drops what it still sends, and is bounded in time. */
void conn_close(struct conn *c, enum conn_close how);
const char *conn_peer(const struct conn *c); /* "127.0.0.1:4711", "unix:" */
bool conn_is_tls(const struct conn *c);
/* The TLS handshake agreed on "h2". */
bool conn_is_alpn_h2(const struct conn *c);
/* Common name of a verified client certificate, or NULL. */
const char *conn_client_name(const struct conn *c);
/* What went wrong below the protocol, in the system's or TLS's words; "" if nothing did. For
 * `gone`. */
const char *conn_failure(const struct conn *c);
/* Replaces the protocol and feeds it LEFT: how the sniffer hands over. */
void conn_set_protocol(struct conn *c, const struct conn_protocol *protocol, void *self,
                       struct bytes left);

/* -- making them ------------------------------------------------------------------------------- */

struct conn_filter;
struct conn_set;

/* A connection on the connected socket TAKE_FD (TCP or unix). TAKE_FILTER may be NULL. On failure
 * the protocol has not been called and SELF is still the caller's. */
MUST_CHECK enum err conn_open(struct conn_set *set, int take_fd, struct conn_filter *take_filter,
                              const struct conn_protocol *protocol, void *self, struct conn **ret);
/* Puts a filter under the protocol, between two feeds; LEFT is fed through it. */
void conn_set_filter(struct conn *c, struct conn_filter *take_filter, struct bytes left);

#endif
