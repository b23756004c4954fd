#include "test/lib/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"

struct arena codec_arena;
struct buf codec_out;

int codec_set_up(void **state)
{
    arena_init(&codec_arena, 0);
    buf_init(&codec_out, SIZE_MAX / 4);
    return 0;
}

int codec_tear_down(void **state)
{
    arena_fini(&codec_arena);
    buf_fini(&codec_out);
    return 0;
}

static enum err read_copy(struct bytes bytes, enum err (*read)(struct bytes bytes))
{
    uint8_t *copy = mem_alloc(bytes.n);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    enum err e = read(bytes_of(copy, bytes.n));
    mem_free(copy);
    return e;
}

void assert_only_whole(struct bytes whole, enum err (*read)(struct bytes bytes))
{
    assert_int_equal(read_copy(whole, read), OK);
    for (size_t n = 0; n < whole.n; n++)
        if (read_copy(bytes_of(whole.p, n), read) == OK)
            fail_msg("read after a cut at %zu of %zu", n, whole.n);
    uint8_t *more = mem_alloc(whole.n + 1);
    memcpy(more, whole.p, whole.n);
    more[whole.n] = 0;
    assert_int_equal(read(bytes_of(more, whole.n + 1)), ERR_MALFORMED);
    mem_free(more);
    assert_refused_with(whole, 0, (uint8_t)(whole.p[0] + 1), ERR_VERSION, read);
}

void assert_refused_with(struct bytes whole, size_t at, uint8_t value, enum err err,
                         enum err (*read)(struct bytes bytes))
{
    uint8_t *bent = mem_alloc(whole.n);
    memcpy(bent, whole.p, whole.n);
    bent[at] = value;
    assert_int_equal(read(bytes_of(bent, whole.n)), err);
    mem_free(bent);
}
