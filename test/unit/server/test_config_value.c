/* Every bound of the table: taken at it, refused one beyond it with a sentence that names the
 * option, what was given and what would be right. */
#include "server/config_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct config config;
static struct why why;

static int setup(void **state)
{
    config = (struct config){ 0 };
    why = (struct why){ 0 };
    arena_init(&config.arena, 0);
    return 0;
}

static int teardown(void **state)
{
    arena_fini(&config.arena);
    return 0;
}

static bool is_number(const struct config_row *row)
{
    return row->kind == CONFIG_NUMBER || row->kind == CONFIG_BYTES || row->kind == CONFIG_DURATION;
}

/* V as the option is written. */
static const char *written(const struct config_row *row, uint64_t v)
{
    static char text[64];
    snprintf(text, sizeof text, "%llu%s", (unsigned long long)v,
             row->kind == CONFIG_DURATION ? "ms" : "");
    return text;
}

static void assert_taken(const struct config_row *row, uint64_t v)
{
    if (config_set(&config, row, written(row, v), row->flag, &why) != OK)
        fail_msg("%s", why.text);
    uint64_t kept = *(const uint64_t *)(const void *)((const char *)&config + row->offset);
    assert_true(kept == v);
}

static void assert_says(const char *word)
{
    if (strstr(why.text, word) == NULL)
        fail_msg("'%s' does not say '%s'", why.text, word);
}

static void assert_refused(const struct config_row *row, uint64_t v)
{
    assert_int_equal(config_set(&config, row, written(row, v), row->flag, &why), ERR_INVALID);
    assert_says(row->flag);
    assert_says(written(row, v));
    char bounds[100];
    snprintf(bounds, sizeof bounds, "is not between %llu and %llu%s",
             (unsigned long long)row->least, (unsigned long long)row->most,
             row->kind == CONFIG_DURATION ? " milliseconds" : "");
    assert_says(bounds);
}

static void least_and_most_are_taken(void **state)
{
    size_t n = 0;
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        if (!is_number(row))
            continue;
        assert_true(row->least < row->most);
        assert_taken(row, row->least);
        assert_taken(row, row->most);
        n++;
    }
    assert_true(n >= 10);
}

static void one_below_and_one_above_are_refused_with_the_bounds(void **state)
{
    size_t n = 0;
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        if (!is_number(row))
            continue;
        if (row->least > 0)
            assert_refused(row, row->least - 1);
        if (row->most < UINT64_MAX)
            assert_refused(row, row->most + 1);
        n += row->least > 0 || row->most < UINT64_MAX;
    }
    assert_true(n >= 9);
}

static void what_is_refused_changes_nothing(void **state)
{
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        if (!is_number(row) || row->most == UINT64_MAX)
            continue;
        assert_taken(row, row->most);
        assert_refused(row, row->most + 1);
        assert_true(*(const uint64_t *)(const void *)((const char *)&config + row->offset) ==
                    row->most);
    }
}

static void numbers_beyond_64_bits_are_no_numbers(void **state)
{
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        if (!is_number(row))
            continue;
        const char *text =
            row->kind == CONFIG_DURATION ? "18446744073709551616ms" : "18446744073709551616";
        assert_int_equal(config_set(&config, row, text, row->flag, &why), ERR_INVALID);
        assert_says(row->flag);
        assert_says(text);
    }
}

static void each_choice_is_taken_and_another_word_refused_with_them_all(void **state)
{
    for (size_t i = 0; i < config_row_n; i++) {
        const struct config_row *row = &config_rows[i];
        if (row->kind != CONFIG_CHOICE)
            continue;
        char choices[64], *rest = choices;
        snprintf(choices, sizeof choices, "%s", row->initial);
        for (const char *choice; (choice = strsep(&rest, "|")) != NULL;)
            assert_int_equal(config_set(&config, row, choice, row->flag, &why), OK);
        assert_int_equal(config_set(&config, row, "none-of-them", row->flag, &why), ERR_INVALID);
        assert_says(row->initial);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(least_and_most_are_taken),
        T(one_below_and_one_above_are_refused_with_the_bounds),
        T(what_is_refused_changes_nothing),
        T(numbers_beyond_64_bits_are_no_numbers),
        T(each_choice_is_taken_and_another_word_refused_with_them_all),
    };
    return cmocka_run_group_tests_name("config_value", tests, NULL, NULL);
}
