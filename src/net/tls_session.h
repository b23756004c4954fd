/* net/tls_session.h -- the server's end of one TLS connection, as a filter. */
#ifndef NET_TLS_SESSION_H
#define NET_TLS_SESSION_H

#include "net/conn_filter.h"
#include "net/tls.h"

/* With the certificates that CONTEXT has now. Never NULL. */
struct conn_filter *tls_session_new(struct tls_context *context);

#endif
