/* net/tls.h -- certificates and what they allow (OpenSSL 3; TLS 1.2 and 1.3; ALPN h2, http/1.1). */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>

#include "base/why.h"

struct tls_context; /* shared by threads, counted */

struct tls_options {
    const char *cert_file, *key_file;
    const char *trusted_ca_file; /* for client certificates; NULL = none asked for */
    bool client_cert_auth;       /* a client without a valid certificate is refused */
};

/* ERR_IO, ERR_INVALID: WHY names the file and what is wrong with it. */
MUST_CHECK enum err tls_context_new(const struct tls_options *options, struct tls_context **ret,
                                    struct why *why);
/* Reads the files again; connections made from now on use them. On failure the old ones stay. Any
 * thread. */
MUST_CHECK enum err tls_context_reload(struct tls_context *t, struct why *why);
struct tls_context *tls_context_ref(struct tls_context *t);
void tls_context_unref(struct tls_context *t);

#endif
