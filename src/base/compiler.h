/* base/compiler.h -- what the compiler offers beyond C17, under one name each. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_FMT(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define BIT(n) (1U << (n))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The object of type TYPE whose MEMBER is at POINTER. */
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* Drops the result of a MUST_CHECK function; the caller writes the reason beside it. */
#define IGNORE(call) ((void)!(call))

#endif
