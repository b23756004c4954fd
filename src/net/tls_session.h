/* net/tls_session.h -- one end of a TLS connection, as a filter. */
#ifndef NET_TLS_SESSION_H
#define NET_TLS_SESSION_H

#include "net/conn_filter.h"
#include "net/tls.h"

/* The server's end, with the certificates that CONTEXT has now. Never NULL. */
struct conn_filter *tls_session_new(struct tls_context *context);

#endif
