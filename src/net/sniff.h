/* net/sniff.h -- a new connection, before it is known what it speaks. */
#ifndef NET_SNIFF_H
#define NET_SNIFF_H

#include "net/serve.h"
#include "net/tls.h"

/* Opens a connection on TAKE_FD and hands it to TLS (if there is any), then to HTTP/2 or HTTP/1.1
 * when its first bytes tell; closes it if they do not come in header_timeout_ms. TLS may be NULL;
 * with PLAIN_TOO a first byte that begins no TLS record means plain. */
MUST_CHECK enum err sniff_open(struct conn_set *set, int take_fd, struct serve *serve,
                               struct tls_context *tls, bool plain_too);

#endif
