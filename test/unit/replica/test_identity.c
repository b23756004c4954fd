/* Whose data it is: the row and the file, and that one without the other is refused. */
#include "replica/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel.h"

static const struct identity two = { .cluster_id = 0x11,
                                     .member_ids = { 0x21, 0x22 },
                                     .member_n = 2 };

static struct buf row_of(const struct identity *i)
{
    struct buf row;
    buf_init(&row, 4096);
    identity_encode(i, &row);
    return row;
}

/* -- the row ---------------------------------------------------------------------------------- */

static void row_comes_back(void **state)
{
    struct buf row = row_of(&two);
    struct identity found;
    assert_int_equal(identity_decode(buf_bytes(&row), &found), OK);
    assert_true(found.cluster_id == 0x11);
    assert_int_equal(found.member_n, 2);
    assert_true(found.member_ids[0] == 0x21 && found.member_ids[1] == 0x22);
    buf_fini(&row);
}

static void row_cut_at_any_byte_or_longer_is_refused(void **state)
{
    struct buf row = row_of(&two);
    struct identity found;
    for (size_t n = 0; n < row.n; n++)
        assert_int_equal(identity_decode(bytes_of(row.p, n), &found), ERR_TRUNCATED);
    buf_put_u8(&row, 0);
    assert_int_equal(identity_decode(buf_bytes(&row), &found), ERR_MALFORMED);
    buf_fini(&row);
}

static void sixteen_members_are_read_and_seventeen_refused(void **state)
{
    struct identity many = { .cluster_id = 1, .member_n = 16 };
    struct identity found;
    struct buf row = row_of(&many);
    assert_int_equal(identity_decode(buf_bytes(&row), &found), OK);
    assert_int_equal(found.member_n, 16);
    buf_put_u64(&row, 0);
    row.p[1 + 8] = 17; /* the number's lowest byte */
    assert_int_equal(identity_decode(buf_bytes(&row), &found), ERR_MALFORMED);
    buf_fini(&row);
}

static void row_of_a_newer_format_is_named(void **state)
{
    struct buf row = row_of(&two);
    struct why why;
    row.p[0] = 2;
    assert_int_equal(identity_check(buf_bytes(&row), 0x11, 0x21, &why), ERR_VERSION);
    assert_non_null(strstr(why.text, "newer muster"));
    buf_fini(&row);
}

static void each_member_of_the_cluster_is_taken_and_no_other(void **state)
{
    struct buf row = row_of(&two);
    struct why why;
    assert_int_equal(identity_check(buf_bytes(&row), 0x11, 0x21, &why), OK);
    assert_int_equal(identity_check(buf_bytes(&row), 0x11, 0x22, &why), OK);
    assert_int_equal(identity_check(buf_bytes(&row), 0x11, 0x23, &why), ERR_DAMAGED);
    assert_int_equal(identity_check(buf_bytes(&row), 0x12, 0x21, &why), ERR_DAMAGED);
    assert_non_null(strstr(why.text, "snapshot restore"));
    buf_fini(&row);
}

/* -- a start ---------------------------------------------------------------------------------- */

/* Starts again with a member file that says these ids. */
static enum err start_as(struct kernel *k, uint64_t cluster_id, uint64_t member_id, struct why *why)
{
    assert_int_equal(member_file_write(fs_posix(), k->dir, cluster_id, member_id, why), OK);
    return kernel_try_start(k, why);
}

static void data_of_another_cluster_is_not_served(void **state)
{
    struct kernel k;
    struct why why = { "" };
    kernel_init(&k, NULL);
    kernel_start(&k);
    uint64_t cluster = replica_cluster_id(k.replica), member = replica_member_id(k.replica);
    kernel_put(&k, "a", "1", 0);
    kernel_stop(&k, true);
    assert_int_equal(start_as(&k, cluster + 2, member, &why), ERR_DAMAGED);
    assert_non_null(strstr(why.text, "belongs to the data"));
    assert_int_equal(start_as(&k, cluster, member + 2, &why), ERR_DAMAGED);
    assert_int_equal(start_as(&k, cluster, member, &why), OK);
    char value[8];
    assert_true(kernel_get(&k, "a", value, sizeof value));
    kernel_stop(&k, true);
    kernel_fini(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_comes_back),
        cmocka_unit_test(row_cut_at_any_byte_or_longer_is_refused),
        cmocka_unit_test(sixteen_members_are_read_and_seventeen_refused),
        cmocka_unit_test(row_of_a_newer_format_is_named),
        cmocka_unit_test(each_member_of_the_cluster_is_taken_and_no_other),
        cmocka_unit_test(data_of_another_cluster_is_not_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
