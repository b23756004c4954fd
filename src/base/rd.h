/* base/rd.h -- a reading cursor that remembers its first failure.
 *
 * A message is read straight down and R->err checked once. After a failure every read gives 0 or
 * empty bytes and moves nothing. What is read out of it lends from the input. */
#ifndef BASE_RD_H
#define BASE_RD_H

#include "base/bytes.h"
#include "base/err.h"

struct rd {
    struct bytes left; /* not read yet */
    enum err err;      /* OK, ERR_TRUNCATED, or what the reader's owner set with rd_fail */
};

void rd_init(struct rd *r, struct bytes input);
uint8_t rd_u8(struct rd *r);
/* Little-endian, fixed width. */
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* Big-endian, fixed width. */
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);
struct bytes rd_take(struct rd *r, size_t n);
/* What buf_put_run wrote. */
struct bytes rd_run(struct rd *r);
/* A run that must be UTF-8 and at most MAX bytes long: ERR_MALFORMED, ERR_TOO_BIG. */
struct bytes rd_text(struct rd *r, size_t max);
/* u16 that says how many follow, each of at least MIN_BYTES: ERR_TOO_BIG above MAX, ERR_TRUNCATED
 * for more than what is left can hold; 0 once R has failed. */
size_t rd_count(struct rd *r, size_t max, size_t min_bytes);
/* Sets the first error; later ones are ignored. */
void rd_fail(struct rd *r, enum err e);
/* ERR_MALFORMED if something is left over, else R->err. */
enum err rd_end(struct rd *r);

#endif
