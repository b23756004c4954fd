/* Growable bytes with a maximum. */
#include "base/buf.h"

#include <stdio.h>

#include "base/mem.h"

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max };
}

void buf_fini(struct buf *b)
{
    mem_free(b->p);
    *b = (struct buf){ 0 };
}

void buf_clear(struct buf *b, size_t keep)
{
    if (b->room > keep) {
        mem_free(b->p);
        b->p = NULL;
        b->room = 0;
    }
    b->n = 0;
    b->full = false;
}

enum err buf_err(const struct buf *b)
{
    return b->full ? ERR_TOO_BIG : OK;
}

static bool grow(struct buf *b, size_t need)
{
    size_t room = b->room < 64 ? 64 : b->room;
    while (room < need)
        room = room > SIZE_MAX / 2 ? need : room * 2;
    if (room > b->max)
        room = b->max;
    uint8_t *p = mem_realloc_try(b->p, room);
    if (p == NULL)
        return false;
    b->p = p;
    b->room = room;
    return true;
}

bool buf_reserve(struct buf *b, size_t n)
{
    if (UNLIKELY(b->full))
        return false;
    if (LIKELY(n <= b->room - b->n))
        return true;
    if (n > b->max || b->n > b->max - n || !grow(b, b->n + n)) {
        b->full = true;
        return false;
    }
    return true;
}

uint8_t *buf_extend(struct buf *b, size_t n)
{
    if (!buf_reserve(b, n))
        return NULL;
    uint8_t *at = b->p + b->n;
    b->n += n;
    return at;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    uint8_t *at = buf_extend(b, n);
    if (at != NULL)
        memcpy(at, p, n);
}

void buf_put_bytes(struct buf *b, struct bytes bytes)
{
    buf_put(b, bytes.p, bytes.n);
}

void buf_put_str(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_put_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, 1);
}

static void put_le(struct buf *b, uint64_t v, size_t n)
{
    uint8_t *at = buf_extend(b, n);
    if (at == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

void buf_put_u16(struct buf *b, uint16_t v)
{
    put_le(b, v, 2);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
    put_le(b, v, 4);
}

void buf_put_u64(struct buf *b, uint64_t v)
{
    put_le(b, v, 8);
}

void buf_put_run(struct buf *b, struct bytes bytes)
{
    if (bytes.n > UINT32_MAX) {
        b->full = true;
        return;
    }
    buf_put_u32(b, (uint32_t)bytes.n);
    buf_put_bytes(b, bytes);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    char line[256];
    int n = vsnprintf(line, sizeof line, format, args);
    if (n >= 0 && (size_t)n < sizeof line) {
        buf_put(b, line, (size_t)n);
    } else if (n >= 0 && buf_reserve(b, (size_t)n)) {
        /* Aside first: the NUL at its end may be one byte more than fits. */
        char *text = mem_alloc((size_t)n + 1);
        vsnprintf(text, (size_t)n + 1, format, again);
        buf_put(b, text, (size_t)n);
        mem_free(text);
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

uint8_t *buf_take(struct buf *b, size_t *ret_n)
{
    uint8_t *p = b->p;
    *ret_n = b->n;
    buf_init(b, b->max);
    return p;
}
