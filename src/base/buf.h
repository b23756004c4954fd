/* base/buf.h -- bytes that are owned and grow, up to a maximum stated at birth. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/err.h"

/* Appending past MAX sets FULL and appends nothing; everything after that is dropped too, so that
 * a message is written straight through and checked once with buf_err. */
struct buf {
    uint8_t *p;
    size_t n;    /* bytes in use */
    size_t room; /* bytes allocated */
    size_t max;  /* never more than this */
    bool full;   /* something did not fit */
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);
/* Empties B for reuse and keeps its memory (when it is not above KEEP bytes). */
void buf_clear(struct buf *b, size_t keep);
/* ERR_TOO_BIG if something did not fit, else OK. */
MUST_CHECK enum err buf_err(const struct buf *b);

/* Room for N more bytes, counted as used: the caller fills them. NULL if they do not fit. */
uint8_t *buf_extend(struct buf *b, size_t n);
/* Makes room for N more without using them; false if they do not fit. */
bool buf_reserve(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_bytes(struct buf *b, struct bytes bytes);
void buf_put_str(struct buf *b, const char *text);
void buf_put_u8(struct buf *b, uint8_t v);
/* Little-endian, fixed width. */
void buf_put_u16(struct buf *b, uint16_t v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
/* A length as u32, then the bytes: what rd_run reads. */
void buf_put_run(struct buf *b, struct bytes bytes);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_FMT(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF_FMT(2, 0);

static inline struct bytes buf_bytes(const struct buf *b)
{
    return bytes_of(b->p, b->n);
}

/* Gives the memory to the caller (mem_free) and leaves B empty, ready for use. */
MUST_CHECK uint8_t *buf_take(struct buf *b, size_t *ret_n);

#endif
