/* Doubles as their bits, so that they come back as they were given. */
#include "catalog/coordinate.h"

#include <string.h>

#include "base/rd.h"
#include "catalog/key.h"

enum { NUMBERS = COORDINATE_DIMENSIONS + 3 };

static void gather(const struct coordinate *c, double numbers[NUMBERS])
{
    memcpy(numbers, c->vec, sizeof c->vec);
    numbers[COORDINATE_DIMENSIONS] = c->error;
    numbers[COORDINATE_DIMENSIONS + 1] = c->adjustment;
    numbers[COORDINATE_DIMENSIONS + 2] = c->height;
}

bool coordinate_is_valid(const struct coordinate *c)
{
    double numbers[NUMBERS];
    gather(c, numbers);
    for (size_t i = 0; i < NUMBERS; i++)
        if (!(numbers[i] - numbers[i] == 0)) /* neither an infinity nor no number */
            return false;
    return true;
}

void coordinate_write(const struct coordinate *c, struct buf *out)
{
    double numbers[NUMBERS];
    gather(c, numbers);
    buf_put_u8(out, COORDINATE_FORMAT);
    for (size_t i = 0; i < NUMBERS; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        buf_put_u64(out, bits);
    }
}

enum err coordinate_read(struct bytes row, struct coordinate *ret)
{
    struct rd r;
    double numbers[NUMBERS];
    struct coordinate c;
    rd_init(&r, row);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != COORDINATE_FORMAT)
        return ERR_VERSION;
    for (size_t i = 0; i < NUMBERS; i++) {
        uint64_t bits = rd_u64(&r);
        memcpy(&numbers[i], &bits, sizeof bits);
    }
    memcpy(c.vec, numbers, sizeof c.vec);
    c.error = numbers[COORDINATE_DIMENSIONS];
    c.adjustment = numbers[COORDINATE_DIMENSIONS + 1];
    c.height = numbers[COORDINATE_DIMENSIONS + 2];
    if (r.err == OK && !coordinate_is_valid(&c))
        rd_fail(&r, ERR_MALFORMED);
    enum err e = rd_end(&r);
    if (e == OK)
        *ret = c;
    return e;
}

void coordinate_key(struct bytes ns, struct bytes node, struct buf *out)
{
    object_prefix(OBJECT_COORDINATE, ns, out);
    buf_put_u8(out, 0); /* no type */
    fold_append(node, out);
}
