/* net/chunk.h -- bytes rendered once and sent to many, counted. */
#ifndef NET_CHUNK_H
#define NET_CHUNK_H

#include "base/bytes.h"

/* Belongs to one thread (the count is plain): a chunk is shared by the streams of one io thread. */
struct chunk {
    unsigned refs;
    size_t n;
    uint8_t p[];
};

struct chunk *chunk_new(struct bytes bytes); /* one reference, the caller's */
struct chunk *chunk_ref(struct chunk *c);
void chunk_unref(struct chunk *c);

#endif
