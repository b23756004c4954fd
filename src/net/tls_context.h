/* net/tls_context.h -- how sessions are made from a context; inside net only. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <openssl/ssl.h>

struct tls_context;

/* A session with the certificates of now, given to the caller. Any thread. Never NULL. */
SSL *tls_context_session(struct tls_context *t);

struct conn_filter;
/* A filter (net/tls_session.h) on TAKE_SSL, which has been told which end it is. Never NULL. */
struct conn_filter *tls_session_on(SSL *take_ssl);

#endif
