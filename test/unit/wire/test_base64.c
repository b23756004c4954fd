#include "wire/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct {
    const char *plain, *coded;
} vectors[] = { /* RFC 4648, 10 */
                { "", "" },
                { "f", "Zg==" },
                { "fo", "Zm8=" },
                { "foo", "Zm9v" },
                { "foob", "Zm9vYg==" },
                { "fooba", "Zm9vYmE=" },
                { "foobar", "Zm9vYmFy" },
                { "\xfb\xff\xbf", "+/+/" }
};

static void known_vectors_are_written(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct buf out;
        buf_init(&out, 100);
        base64_write(bytes_str(vectors[i].plain), &out);
        assert_true(bytes_is(buf_bytes(&out), vectors[i].coded));
        buf_fini(&out);
    }
}

static void known_vectors_are_read(void **state)
{
    struct arena arena;
    struct bytes got;
    size_t at;
    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        assert_int_equal(base64_read(bytes_str(vectors[i].coded), &arena, &got, &at), OK);
        assert_true(bytes_is(got, vectors[i].plain));
    }
    assert_int_equal(base64_read(bytes_str("Zm9v\r\nYmFy\n"), &arena, &got, &at), OK);
    assert_true(bytes_is(got, "foobar"));
    arena_fini(&arena);
}

static void what_is_no_base64_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } bad[] = { { "Z", 1 },     { "Zg", 2 },     { "Zg=", 3 },    { "Z===", 1 },
                { "Zm9v*", 4 }, { "Zg==Zg", 4 }, { "Zg=x", 3 },   { "====", 0 },
                { "Zm-_", 2 },  { "Zm8==", 4 },  { "Zm9vYmF", 7 } };
    struct arena arena;
    struct bytes got;
    size_t at;
    arena_init(&arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(base64_read(bytes_str(bad[i].text), &arena, &got, &at), ERR_MALFORMED);
        assert_int_equal(at, bad[i].at);
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_vectors_are_written),
        cmocka_unit_test(known_vectors_are_read),
        cmocka_unit_test(what_is_no_base64_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
