#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void everything_given_is_aligned_for_anything(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    for (size_t n = 0; n < 300; n++)
        assert_int_equal((uintptr_t)arena_alloc(&a, n) % _Alignof(max_align_t), 0);
    arena_fini(&a);
}

static void runs_do_not_overlap(void **state)
{
    enum { RUNS = 2000 };
    struct arena a;
    uint8_t *runs[RUNS];
    arena_init(&a, 0);
    for (size_t i = 0; i < RUNS; i++) {
        runs[i] = arena_alloc(&a, i % 97 + 1);
        memset(runs[i], (int)(i % 251), i % 97 + 1);
    }
    for (size_t i = 0; i < RUNS; i++)
        for (size_t k = 0; k < i % 97 + 1; k++)
            assert_int_equal(runs[i][k], i % 251);
    arena_fini(&a);
}

static void a_run_larger_than_a_block_is_had_whole(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    memset(arena_alloc(&a, 10), 1, 10);
    memset(arena_alloc(&a, 1 << 20), 2, 1 << 20);
    memset(arena_alloc(&a, 10), 3, 10);
    assert_true(a.used_bytes >= (1 << 20) + 20);
    arena_fini(&a);
}

static void zalloc_clears_even_memory_that_was_used_before(void **state)
{
    static const uint8_t zeros[512];
    struct arena a;
    arena_init(&a, 0);
    memset(arena_alloc(&a, 512), 0xff, 512);
    arena_clear(&a);
    assert_memory_equal(arena_zalloc(&a, 64, 8), zeros, 512);
    arena_fini(&a);
}

static void try_refuses_above_the_maximum_and_not_at_it(void **state)
{
    struct arena a;
    arena_init(&a, 1024);
    assert_null(arena_try(&a, 1025));
    assert_null(arena_try(&a, SIZE_MAX));
    assert_non_null(arena_try(&a, 1024));
    assert_null(arena_try(&a, 1));
    arena_fini(&a);
}

static void try_counts_what_alloc_gave(void **state)
{
    struct arena a;
    arena_init(&a, 1024);
    arena_alloc(&a, 1000);
    assert_null(arena_try(&a, 100));
    arena_fini(&a);
}

static void clear_gives_the_maximum_back(void **state)
{
    struct arena a;
    arena_init(&a, 1024);
    assert_non_null(arena_try(&a, 1024));
    arena_clear(&a);
    assert_int_equal(a.used_bytes, 0);
    assert_non_null(arena_try(&a, 1024));
    arena_fini(&a);
}

static void an_arena_may_be_used_again_after_fini(void **state)
{
    struct arena a;
    arena_init(&a, 64);
    arena_alloc(&a, 32);
    arena_fini(&a);
    assert_int_equal(a.used_bytes, 0);
    assert_null(arena_try(&a, 65));
    memset(arena_alloc(&a, 32), 1, 32);
    arena_fini(&a);
    arena_fini(&a);
}

static void dup_copies_and_empty_stays_empty(void **state)
{
    struct arena a;
    char text[] = "abc";
    arena_init(&a, 0);
    struct bytes copy = arena_dup(&a, bytes_str(text));
    text[0] = 'x';
    assert_true(bytes_is(copy, "abc"));
    assert_int_equal(arena_dup(&a, (struct bytes){ 0 }).n, 0);
    arena_fini(&a);
}

static void str_ends_with_a_nul_that_the_bytes_had_not(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    assert_string_equal(arena_str(&a, bytes_of("abcdef", 3)), "abc");
    assert_string_equal(arena_str(&a, (struct bytes){ 0 }), "");
    arena_fini(&a);
}

static void printf_makes_room_for_long_text(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    const char *text = arena_printf(&a, "%0*d|", 5000, 7);
    assert_int_equal(strlen(text), 5001);
    assert_string_equal(text + 4999, "7|");
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_given_is_aligned_for_anything),
        cmocka_unit_test(runs_do_not_overlap),
        cmocka_unit_test(a_run_larger_than_a_block_is_had_whole),
        cmocka_unit_test(zalloc_clears_even_memory_that_was_used_before),
        cmocka_unit_test(try_refuses_above_the_maximum_and_not_at_it),
        cmocka_unit_test(try_counts_what_alloc_gave),
        cmocka_unit_test(clear_gives_the_maximum_back),
        cmocka_unit_test(an_arena_may_be_used_again_after_fini),
        cmocka_unit_test(dup_copies_and_empty_stays_empty),
        cmocka_unit_test(str_ends_with_a_nul_that_the_bytes_had_not),
        cmocka_unit_test(printf_makes_room_for_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
