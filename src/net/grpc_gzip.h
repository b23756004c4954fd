/* net/grpc_gzip.h -- gzip of whole messages, bounded. */
#ifndef NET_GRPC_GZIP_H
#define NET_GRPC_GZIP_H

#include "base/buf.h"

/* Appends what PACKED holds to OUT. ERR_TOO_BIG: it would be more than OUT may have; ERR_MALFORMED,
 * ERR_TRUNCATED. Never takes more memory than OUT's maximum and zlib's window. */
MUST_CHECK enum err grpc_gunzip(struct bytes packed, struct buf *out);
/* Appends PLAIN packed. ERR_TOO_BIG if it does not fit. */
MUST_CHECK enum err grpc_gzip(struct bytes plain, struct buf *out);

#endif
