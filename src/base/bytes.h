/* base/bytes.h -- a borrowed run of bytes, passed by value. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *p; /* may be NULL when n is 0 */
    size_t n;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
    return (struct bytes){ .p = p, .n = n };
}

/* The bytes of a NUL-terminated string, without the NUL. */
static inline struct bytes bytes_str(const char *text)
{
    return (struct bytes){ .p = (const uint8_t *)text, .n = strlen(text) };
}

/* Bytewise order, a prefix before what it begins: below, at or above 0. */
static inline int bytes_cmp(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

static inline bool bytes_eq(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool bytes_is(struct bytes a, const char *text)
{
    return bytes_eq(a, bytes_str(text));
}

static inline bool bytes_starts(struct bytes a, struct bytes prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

/* What is left of A after its first N bytes; empty if there are fewer. */
static inline struct bytes bytes_skip(struct bytes a, size_t n)
{
    return n >= a.n ? (struct bytes){ 0 } : (struct bytes){ .p = a.p + n, .n = a.n - n };
}

#endif
