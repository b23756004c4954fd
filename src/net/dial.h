/* net/dial.h -- calling others: a name, a port, TLS if it is wanted, and then bytes both ways.
 *
 * A name's addresses are tried one after the other until one takes the connection. There are no
 * deadlines here: who dials has one, and closes. One thread. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "net/conn.h"
#include "net/resolver.h"
#include "net/tls_client.h"

struct dialer; /* what the calls of a thread share */

/* CA_FILE as for tls_client_new. */
MUST_CHECK enum err dialer_new(struct loop *loop, const char *ca_file, struct dialer **ret,
                               struct why *why);
/* When every call is gone. */
void dialer_free(struct dialer *d);
/* Closes every connection there is; those who dialed are told `gone`. */
void dialer_hang_up(struct dialer *d);
struct loop *dialer_loop(struct dialer *d);
struct resolver *dialer_resolver(struct dialer *d);
/* Calls that are not gone yet. */
size_t dialer_count(const struct dialer *d);

struct dial;

struct dial_user {
    /* It is there; send with dial_out and dial_touch. */
    void (*opened)(struct dial *d);
    void (*feed)(struct dial *d, struct bytes in);
    /* The peer has closed its half. */
    void (*ended)(struct dial *d);
    /* The last word, from the loop: D may be freed. FAILURE: why there was or is no connection, or
     * NULL if it was closed by dial_close. */
    void (*gone)(struct dial *d, const char *failure);
};

/* Embed it, zeroed; its memory is in use from dial_start to `gone`. */
struct dial {
    const struct dial_user *user;
    struct dialer *dialer;
    struct conn *conn;
    struct resolver_ask ask;
    struct loop_hook later;
    struct addresses addresses;
    unsigned at; /* the address that is being tried */
    uint16_t port;
    bool is_tls, is_open, is_closing, is_gone;
    struct tls_call tls;
    char tls_name[RESOLVER_NAME_MAX + 1];
    char failure[160];
};

/* HOST is a name or an address; TLS (copied, its name too) may be NULL. */
void dial_start(struct dial *d, struct dialer *dialer, const struct dial_user *user,
                struct bytes host, uint16_t port, const struct tls_call *tls);
struct buf *dial_out(struct dial *d);
void dial_touch(struct dial *d);
/* `gone` follows, and nothing else. CONN_FLUSH_FIRST may take seconds, the others a turn. */
void dial_close(struct dial *d, enum conn_close how);
/* ALPN agreed on h2. */
bool dial_is_h2(const struct dial *d);

/* Splits "host:port", "[v6]:port". ERR_INVALID. */
MUST_CHECK enum err dial_split(struct bytes text, struct bytes *ret_host, uint16_t *ret_port);

#endif
