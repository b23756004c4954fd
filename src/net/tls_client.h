/* net/tls_client.h -- how we call others by TLS: whom we trust, what we offer. */
#ifndef NET_TLS_CLIENT_H
#define NET_TLS_CLIENT_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/why.h"

struct conn_filter;
struct tls_client; /* of one thread */

/* CA_FILE holds the authorities that are trusted; NULL: the system's. ERR_IO, ERR_INVALID. */
MUST_CHECK enum err tls_client_new(const char *ca_file, struct tls_client **ret, struct why *why);
/* Trusts the authorities in PEM alone. ERR_INVALID. */
MUST_CHECK enum err tls_client_new_with(struct bytes pem, struct tls_client **ret, struct why *why);
void tls_client_free(struct tls_client *t);

struct tls_call {
    const char *name; /* whom the certificate must name: a host or an address; also sent as SNI */
    bool skip_verify; /* any certificate will do */
    bool is_h2;       /* ALPN offers h2, else http/1.1 */
    /* Instead of the dialer's; must stay until the call is open, gone or closed. NULL: the
     * dialer's. */
    struct tls_client *trust;
};
/* Our end of one connection. Never NULL. */
struct conn_filter *tls_client_session(struct tls_client *t, const struct tls_call *call);

#endif
