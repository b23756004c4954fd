/* A head is a block of text fields, numbers in octal; the checksum is over the block with spaces in
 * its own place. Two blocks of zeros end an archive. */
#include "wire/tar.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    TIME = 136,
    SUM = 148,
    TYPE = 156,
    MAGIC = 257,
    DEVICE = 329,
    SIZE_DIGITS = 11,
    SUM_BYTES = 8,
    END_BLOCKS = 2
};

#define SIZE_END (UINT64_C(1) << 33) /* what eleven octal digits hold */

static uint32_t checksum(const uint8_t *head)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= SUM && i < SUM + SUM_BYTES ? ' ' : head[i];
    return sum;
}

static void put_octal(uint8_t *at, int digits, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%0*" PRIo64, digits, value);
    memcpy(at, text, (size_t)digits + 1);
}

void tar_write_head(struct buf *out, const char *name, uint64_t size, uint64_t time_s)
{
    uint8_t head[TAR_BLOCK] = { 0 };
    assert(strlen(name) <= TAR_NAME_MAX && size < SIZE_END);
    memcpy(head + NAME, name, strlen(name));
    put_octal(head + MODE, 7, 0600);
    put_octal(head + UID, 7, 0);
    put_octal(head + GID, 7, 0);
    put_octal(head + SIZE, SIZE_DIGITS, size);
    put_octal(head + TIME, SIZE_DIGITS, time_s & (SIZE_END - 1));
    head[TYPE] = '0';
    memcpy(head + MAGIC, "ustar\00000", 8);
    put_octal(head + DEVICE, 7, 0);
    put_octal(head + DEVICE + 8, 7, 0);
    put_octal(head + SUM, 6, checksum(head));
    head[SUM + 7] = ' ';
    buf_put(out, head, sizeof head);
}

static size_t padding(uint64_t size)
{
    return (size_t)(-size % TAR_BLOCK);
}

void tar_end_file(struct buf *out, uint64_t size)
{
    static const uint8_t zeros[TAR_BLOCK];
    buf_put(out, zeros, padding(size));
}

void tar_end(struct buf *out)
{
    static const uint8_t zeros[END_BLOCKS * TAR_BLOCK];
    buf_put(out, zeros, sizeof zeros);
}

/* -- reading ---------------------------------------------------------------------------------- */

static bool read_octal(const uint8_t *at, size_t n, uint64_t *ret)
{
    uint64_t value = 0;
    size_t i = 0;
    while (i < n && at[i] == ' ')
        i++;
    size_t from = i;
    for (; i < n && at[i] >= '0' && at[i] <= '7'; i++)
        value = value * 8 + (at[i] - '0');
    *ret = value;
    return i > from && (i == n || at[i] == 0 || at[i] == ' ');
}

static bool is_zero(struct bytes block)
{
    for (size_t i = 0; i < block.n; i++)
        if (block.p[i] != 0)
            return false;
    return true;
}

static enum err read_head(const uint8_t *head, struct bytes *ret_name, uint64_t *ret_size)
{
    uint64_t sum;
    bool is_plain = head[TYPE] == '0' || head[TYPE] == 0;
    if (!read_octal(head + SUM, SUM_BYTES, &sum) || sum != checksum(head) || !is_plain ||
        memcmp(head + MAGIC, "ustar", 5) != 0)
        return ERR_MALFORMED;
    const uint8_t *end = memchr(head + NAME, 0, MODE);
    *ret_name = bytes_of(head + NAME, end == NULL ? MODE : (size_t)(end - head));
    return read_octal(head + SIZE, SIZE_DIGITS + 1, ret_size) ? OK : ERR_MALFORMED;
}

enum err tar_next(struct tar_reader *r, struct tar_file *ret)
{
    struct bytes name;
    uint64_t size;
    if (r->left.n < TAR_BLOCK)
        return ERR_TRUNCATED;
    if (is_zero(bytes_of(r->left.p, TAR_BLOCK)))
        return ERR_NOT_FOUND;
    enum err e = read_head(r->left.p, &name, &size);
    if (e != OK)
        return e;
    struct bytes rest = bytes_skip(r->left, TAR_BLOCK);
    if (size > rest.n || padding(size) > rest.n - size)
        return ERR_TRUNCATED;
    *ret = (struct tar_file){ .name = name, .body = bytes_of(rest.p, (size_t)size) };
    r->left = bytes_skip(rest, (size_t)size + padding(size));
    return OK;
}
