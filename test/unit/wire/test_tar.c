/* Archives as tar(1) makes and reads them. */
#include "wire/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct buf out;

static int set_up(void **state)
{
    buf_init(&out, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    buf_fini(&out);
    return 0;
}

static void put(const char *name, const char *body)
{
    tar_write_head(&out, name, strlen(body), 1700000000);
    buf_put_str(&out, body);
    tar_end_file(&out, strlen(body));
}

static void archive_is_read_as_it_was_written(void **state)
{
    struct tar_reader r;
    struct tar_file f;
    put("a", "one");
    put("empty", "");
    tar_end(&out);
    assert_int_equal(out.n, 5 * TAR_BLOCK); /* two heads, a body, the end */
    r.left = buf_bytes(&out);
    assert_int_equal(tar_next(&r, &f), OK);
    assert_true(bytes_is(f.name, "a") && bytes_is(f.body, "one"));
    assert_int_equal(tar_next(&r, &f), OK);
    assert_true(bytes_is(f.name, "empty") && f.body.n == 0);
    assert_int_equal(tar_next(&r, &f), ERR_NOT_FOUND);
}

/* What GNU tar 1.34 writes as head with --format=ustar --mode=0600 --owner=0 --numeric-owner. */
static void head_is_that_of_tar(void **state)
{
    put("state.bin", "x");
    const char *head = (const char *)out.p;
    assert_string_equal(head, "state.bin");
    assert_string_equal(head + 100, "0000600");
    assert_string_equal(head + 124, "00000000001");
    assert_string_equal(head + 136, "14524770400"); /* 1700000000 */
    assert_int_equal(head[156], '0');
    assert_memory_equal(head + 257, "ustar\00000", 8);
    assert_string_equal(head + 148, "011040"); /* then a zero and a space */
    assert_int_equal(head[155], ' ');
}

static void body_of_a_whole_block_is_not_padded(void **state)
{
    char body[TAR_BLOCK + 1] = { 0 };
    memset(body, 'x', TAR_BLOCK);
    put("a", body);
    assert_int_equal(out.n, 2 * TAR_BLOCK);
}

static void archive_cut_anywhere_has_no_end(void **state)
{
    put("a", "one");
    tar_end(&out);
    for (size_t n = 0; n < out.n - TAR_BLOCK; n++) { /* one block of zeros is enough */
        uint8_t *cut = test_malloc(n == 0 ? 1 : n);
        struct tar_reader r = { bytes_of(cut, n) };
        struct tar_file f;
        memcpy(cut, out.p, n);
        enum err e = tar_next(&r, &f);
        if (e == OK)
            e = tar_next(&r, &f);
        assert_int_equal(e, ERR_TRUNCATED);
        test_free(cut);
    }
}

static void refuse(size_t at, uint8_t value)
{
    struct tar_reader r;
    struct tar_file f;
    uint8_t was = out.p[at];
    out.p[at] = value;
    r.left = buf_bytes(&out);
    assert_int_equal(tar_next(&r, &f), ERR_MALFORMED);
    out.p[at] = was;
}

static void damaged_head_is_refused(void **state)
{
    put("a", "one");
    refuse(0, 'b');   /* the checksum says so */
    refuse(148, '9'); /* no number */
    refuse(124, 'x');
    refuse(156, '5'); /* a folder */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(archive_is_read_as_it_was_written),
        TEST(head_is_that_of_tar),
        TEST(body_of_a_whole_block_is_not_padded),
        TEST(archive_cut_anywhere_has_no_end),
        TEST(damaged_head_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
