/* base/uuid.h -- sixteen bytes that name something, and their 36 characters. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/bytes.h"

enum { UUID_BYTES = 16, UUID_TEXT = 36 };

struct uuid {
    uint8_t b[UUID_BYTES];
};

/* The whole of TEXT in the form 8-4-4-4-12, hexadecimal digits of either case; false otherwise. */
bool uuid_parse(struct bytes text, struct uuid *ret);
/* Lower case, with a NUL at the end. */
void uuid_print(const struct uuid *u, char out[UUID_TEXT + 1]);
/* Two random numbers as a UUID of version 4. */
struct uuid uuid_random(uint64_t a, uint64_t b);

static inline bool uuid_eq(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, UUID_BYTES) == 0;
}

static inline bool uuid_is_zero(const struct uuid *u)
{
    const struct uuid zero = { { 0 } };
    return uuid_eq(u, &zero);
}

static inline struct bytes uuid_bytes(const struct uuid *u)
{
    return bytes_of(u->b, UUID_BYTES);
}

#endif
