/* view.state: its text, and every verdict over it. */
#include "disk/view_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct view_state some_state = {
    .boot = "a3b4283c-ad36-4568-9032-d991dcdffddc",
    .inode = 77,
    .birth_s = 1700000000,
    .birth_ns = 5,
};

static void the_text_is_as_the_book_says(void **state)
{
    struct buf text;
    struct bytes want = bytes_str("muster-view 1\nboot a3b4283c-ad36-4568-9032-d991dcdffddc\n"
                                  "inode 77\nbirth_s 1700000000\nbirth_ns 5\nstate in-use\ncrc ");
    buf_init(&text, VIEW_STATE_MAX);
    view_state_write(&text, &some_state);
    assert_true(bytes_starts(buf_bytes(&text), want));
    buf_fini(&text);
}

static void the_state_comes_back(void **state)
{
    struct buf text;
    struct view_state back;
    buf_init(&text, VIEW_STATE_MAX);
    view_state_write(&text, &some_state);
    assert_int_equal(view_state_read(buf_bytes(&text), &back), OK);
    assert_string_equal(back.boot, some_state.boot);
    assert_int_equal(back.inode, 77);
    assert_int_equal(back.birth_ns, 5);
    assert_false(back.clean);
    buf_fini(&text);
}

static void a_text_cut_or_changed_anywhere_is_refused(void **state)
{
    struct buf text;
    struct view_state back;
    buf_init(&text, VIEW_STATE_MAX);
    view_state_write(&text, &some_state);
    for (size_t i = 0; i < text.n; i++) {
        assert_int_equal(view_state_read(bytes_of(text.p, i), &back), ERR_MALFORMED);
        text.p[i] ^= 1;
        assert_int_not_equal(view_state_read(buf_bytes(&text), &back), OK);
        text.p[i] ^= 1;
    }
    buf_fini(&text);
}

static void another_format_is_refused(void **state)
{
    struct view_state back;
    assert_int_equal(view_state_read(bytes_str("muster-view 2\n"), &back), ERR_VERSION);
}

static enum err judge(bool clean, bool same_boot, bool same_file, enum view_verdict *ret)
{
    struct view_state saved = some_state, now = some_state;
    saved.clean = clean;
    if (!same_boot)
        now.boot[0] = 'b';
    if (!same_file)
        now.birth_ns++;
    return view_state_judge(&saved, &now, ret);
}

static void clean_is_taken_anywhere(void **state)
{
    enum view_verdict v;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(judge(true, i & 1, i & 2, &v), OK);
        assert_int_equal(v, VIEW_CLEAN);
    }
}

static void in_use_is_taken_under_the_same_boot_only(void **state)
{
    enum view_verdict v;
    assert_int_equal(judge(false, true, true, &v), OK);
    assert_int_equal(v, VIEW_IN_USE);
    assert_int_equal(judge(false, false, true, &v), OK);
    assert_int_equal(v, VIEW_REBUILD);
}

static void in_use_in_another_file_is_a_copy(void **state)
{
    enum view_verdict v;
    assert_int_equal(judge(false, true, false, &v), ERR_DAMAGED);
    assert_int_equal(judge(false, false, false, &v), ERR_DAMAGED);
}

static void another_inode_or_either_part_of_the_birth_time_is_another_file(void **state)
{
    for (int i = 0; i < 3; i++) {
        struct view_state now = some_state;
        enum view_verdict v;
        now.inode += i == 0;
        now.birth_s += i == 1;
        now.birth_ns += i == 2;
        assert_int_equal(view_state_judge(&some_state, &now, &v), ERR_DAMAGED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_as_the_book_says),
        cmocka_unit_test(the_state_comes_back),
        cmocka_unit_test(a_text_cut_or_changed_anywhere_is_refused),
        cmocka_unit_test(another_format_is_refused),
        cmocka_unit_test(clean_is_taken_anywhere),
        cmocka_unit_test(in_use_is_taken_under_the_same_boot_only),
        cmocka_unit_test(in_use_in_another_file_is_a_copy),
        cmocka_unit_test(another_inode_or_either_part_of_the_birth_time_is_another_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
