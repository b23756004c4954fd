/* net/grpc_gzip.h -- gzip of whole messages, bounded. */
#ifndef NET_GRPC_GZIP_H
#define NET_GRPC_GZIP_H

#include "base/buf.h"

/* Appends what PACKED holds to OUT. ERR_TOO_BIG: it would be more than OUT may have; ERR_MALFORMED,
 * ERR_TRUNCATED. Never takes more memory than OUT's maximum and zlib's window. */
MUST_CHECK enum err grpc_gunzip(struct bytes packed, struct buf *out);
/* Appends PLAIN packed. ERR_TOO_BIG if it does not fit. */
MUST_CHECK enum err grpc_gzip(struct bytes plain, struct buf *out);

/* The same of what comes in pieces: all that is put is one file. */
struct gzip_writer;
struct gzip_writer *gzip_writer_new(void);
void gzip_writer_free(struct gzip_writer *w); /* NULL is fine */
/* Appends to OUT what can be said so far; with IS_LAST all of it, and nothing may follow.
 * ERR_TOO_BIG, ERR_SYSTEM. */
MUST_CHECK enum err gzip_writer_put(struct gzip_writer *w, struct bytes plain, bool is_last,
                                    struct buf *out);

#endif
