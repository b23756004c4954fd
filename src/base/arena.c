/* Blocks that double from 1 KiB to 64 KiB; a request larger than that gets a block of its own. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

enum { FIRST_BLOCK = 1024, LARGEST_BLOCK = 64 * 1024, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t room;
    _Alignas(ALIGNMENT) uint8_t bytes[];
};

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){ .max_bytes = max_bytes };
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        mem_free(block);
        block = next;
    }
}

void arena_fini(struct arena *a)
{
    free_blocks(a->blocks);
    arena_init(a, a->max_bytes);
}

void arena_clear(struct arena *a)
{
    struct arena_block *keep = a->blocks;
    if (keep == NULL)
        return;
    free_blocks(keep->next);
    keep->next = NULL;
    a->at = keep->bytes;
    a->end = keep->bytes + keep->room;
    a->used_bytes = 0;
}

static void *take_block(struct arena *a, size_t n)
{
    size_t room = a->blocks == NULL ? FIRST_BLOCK : a->blocks->room * 2;
    if (room > LARGEST_BLOCK)
        room = LARGEST_BLOCK;
    if (room < n)
        room = n;
    struct arena_block *block = mem_alloc(sizeof *block + room);
    block->room = room;
    block->next = a->blocks;
    a->blocks = block;
    a->at = block->bytes;
    a->end = block->bytes + room;
    uint8_t *p = a->at;
    a->at += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    n = ((n == 0 ? 1 : n) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    a->used_bytes += n;
    if (LIKELY(n <= (size_t)(a->end - a->at))) {
        uint8_t *p = a->at;
        a->at += n;
        return p;
    }
    return take_block(a, n);
}

void *arena_zalloc(struct arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n))
        n = SIZE_MAX / 2; /* cannot be had: aborts in mem_alloc */
    void *p = arena_alloc(a, n);
    memset(p, 0, n);
    return p;
}

void *arena_try(struct arena *a, size_t n)
{
    if (a->max_bytes != 0 && (n > a->max_bytes || a->used_bytes > a->max_bytes - n))
        return NULL;
    return arena_alloc(a, n);
}

struct bytes arena_dup(struct arena *a, struct bytes bytes)
{
    if (bytes.n == 0)
        return (struct bytes){ 0 };
    uint8_t *p = arena_alloc(a, bytes.n);
    memcpy(p, bytes.p, bytes.n);
    return bytes_of(p, bytes.n);
}

char *arena_str(struct arena *a, struct bytes bytes)
{
    char *p = arena_alloc(a, bytes.n + 1);
    if (bytes.n != 0)
        memcpy(p, bytes.p, bytes.n);
    p[bytes.n] = 0;
    return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
    p[0] = 0;
    if (n > 0)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}
