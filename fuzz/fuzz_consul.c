/* Any bytes as what Consul's face reads beside JSON: the first byte says whether as a path or as
 * the extras of a row. A clean path stays as it is and has no way up; extras that are read are
 * written as the same bytes. */
#include <assert.h>
#include <stdlib.h>

#include "faces/consul/call/route.h"
#include "faces/consul/rows/check_extras.h"
#include "faces/consul/rows/extras.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct bytes text, const char *part)
{
    for (; text.n > 0; text = bytes_skip(text, 1))
        if (bytes_starts(text, bytes_str(part)))
            return true;
    return false;
}

static void try_path(struct bytes in, struct arena *arena)
{
    struct bytes path = consul_path_decode(in, arena);
    struct bytes clean = consul_path_clean(path, arena);
    assert(path.n <= in.n && clean.n > 0 && clean.p[0] == '/');
    assert(!holds(clean, "//") && !holds(clean, "/../") && !holds(clean, "/./"));
    assert(bytes_eq(consul_path_clean(clean, arena), clean));
    struct bytes encoded = consul_path_encode(clean, arena);
    assert(bytes_eq(consul_path_decode(encoded, arena), clean));
    (void)consul_path_is_printable(path);
}

static void try_extras(struct bytes in, struct arena *arena)
{
    struct consul_extras x;
    struct buf out;
    if (in.n == 0 || consul_extras_read(in, arena, &x) != OK)
        return;
    buf_init(&out, in.n);
    consul_extras_write(&x, &out);
    assert(bytes_eq(buf_bytes(&out), in));
    buf_fini(&out);
}

static void try_check(struct bytes in, struct arena *arena)
{
    struct check_extras x;
    struct buf out;
    if (check_extras_read(in, arena, &x) != OK)
        return;
    buf_init(&out, in.n);
    check_extras_write(&x, &out);
    assert(bytes_eq(buf_bytes(&out), in));
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct bytes, struct arena *) = { try_path, try_extras,
                                                                   try_check };
    struct arena arena;
    if (size == 0)
        return 0;
    arena_init(&arena, 0);
    tries[data[0] % ARRAY_LEN(tries)](bytes_of(data + 1, size - 1), &arena);
    arena_fini(&arena);
    return 0;
}
