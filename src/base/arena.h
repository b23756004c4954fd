/* base/arena.h -- memory for one unit of work, freed whole.
 *
 * An arena belongs to one thread at a time. It has a maximum; small requests under it cannot fail,
 * what a peer controls is asked with arena_try. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/bytes.h"
#include "base/compiler.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    uint8_t *at, *end;          /* free part of the newest */
    size_t used_bytes;          /* given out so far */
    size_t max_bytes;           /* arena_try refuses above it; 0 = no limit */
};

void arena_init(struct arena *a, size_t max_bytes);
/* Frees everything. The arena may be used again. */
void arena_fini(struct arena *a);
/* Forgets everything and keeps one block for reuse. */
void arena_clear(struct arena *a);
/* N bytes aligned for anything, not cleared. Never NULL (aborts when memory is out). */
void *arena_alloc(struct arena *a, size_t n) __attribute__((returns_nonnull));
/* COUNT times SIZE bytes, zeroed. */
void *arena_zalloc(struct arena *a, size_t count, size_t size) __attribute__((returns_nonnull));
/* N bytes or NULL above the maximum. */
MUST_CHECK void *arena_try(struct arena *a, size_t n);
/* A copy of BYTES. */
struct bytes arena_dup(struct arena *a, struct bytes bytes);
/* A copy of BYTES with a NUL after it. */
char *arena_str(struct arena *a, struct bytes bytes);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_FMT(2, 3);

#endif
