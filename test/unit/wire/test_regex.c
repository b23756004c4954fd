#include "wire/regex.h"
#include "wire/regex_syntax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

struct row {
    const char *pattern, *subject;
    bool matches;
};

static void assert_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct arena arena;
        struct why why = { 0 };
        struct regex *regex;
        bool matches = !rows[i].matches;
        arena_init(&arena, 0);
        if (regex_compile(bytes_str(rows[i].pattern), &arena, &regex, &why) != OK)
            fail_msg("%s: %s", rows[i].pattern, why.text);
        assert_int_equal(regex_match(regex, bytes_str(rows[i].subject), &matches), OK);
        if (matches != rows[i].matches)
            fail_msg("'%s' on '%s' is %d", rows[i].pattern, rows[i].subject, matches);
        arena_fini(&arena);
    }
}

static void assert_refused(struct bytes pattern, enum err wanted, const char *sentence)
{
    struct arena arena;
    struct why why = { 0 };
    struct regex *regex;
    arena_init(&arena, 0);
    assert_int_equal(regex_compile(pattern, &arena, &regex, &why), wanted);
    assert_string_equal(why.text, sentence);
    arena_fini(&arena);
}

static void literals_stand_for_themselves(void **state)
{
    static const struct row rows[] = {
        { "", "", true },
        { "b", "abc", true },
        { "^b", "abc", false },
        { "a.c", "abc", true },
        { "a.c", "a\nc", false },
        { "a\\.c", "abc", false },
        { "a b#c", "a b#c", true },
        { "{", "{", true },
        { "a{,2}", "a{,2}", true },
        { "a{,2}", "aa", false },
        { "a{01}", "a{01}", true },
        { "]", "]", true },
        { "}", "}", true },
        { "\\Qa.b*\\E+", "a.b**", true },
        { "\\Qa.b*\\E+", "axb", false },
        { "\\Qa\\", "a\\", true },
        { "\xc3\xa9", "caf\xc3\xa9", true },
        { "^.$", "\xc3\xa9", true },
        { "^.$", "\xff", false },
    };
    assert_rows(rows, ARRAY_LEN(rows));
}

static void escapes_are_gos(void **state)
{
    static const struct row rows[] = {
        { "\\x41\\x{e9}\\101\\060",
          "A\xc3\xa9"
          "A0",
          true },
        { "^\\v$", "\v", true },
        { "^\\v$", "\n", false },
        { "\\a\\f\\n\\r\\t", "\a\f\n\r\t", true },
        { "\\_\\-\\/", "_-/", true },
        { "^\\d\\D\\w\\W\\s\\S$", "1ab, x", true },
        { "\\s", "\v", false },
        { "[\\s]", "\v", false },
        { "[\\S]", "\v", true },
        { "\\d", "\xd9\xa3", false }, /* digits are ASCII's */
        { "\\w", "\xc3\xa9", false },
        { "^\\pL\\p{Greek}\\P{Lu}\\p{^Lu}$",
          "x\xce\xb1"
          "aa",
          true },
        { "^[\\p{Nd}\\P{L}]$", "a", false },
        { "\\p{Any}", "x", true },
        { "\\x{d800}", "x", false },
        { "^[\\x{d800}-\\x{e001}]$", "\xee\x80\x80", true },
        { "[\\x{d800}]", "x", false },
        { "[^\\x{d800}]", "x", true },
    };
    assert_rows(rows, ARRAY_LEN(rows));
}

static void assertions_are_gos(void **state)
{
    static const struct row rows[] = {
        { "a$", "a\n", false },    { "(?m)a$", "a\nb", true }, { "(?m)^b", "a\nb", true },
        { "(?m)^$", "a\n", true }, { "^b", "a\nb", false },    { "\\Ab", "ab", false },
        { "a\\z", "a\n", false },  { "\\bb", "a b", true },    { "\\Bb", "a b", false },
        { "^*a", "ba", true },     { "(?:^)+a", "ba", false }, { "$?a\\b+", "ba", true },
    };
    assert_rows(rows, ARRAY_LEN(rows));
}

static void groups_and_flags_are_gos(void **state)
{
    static const struct row rows[] = {
        { "^(ab|c)+$", "abcab", true },
        { "^(?:ab|c)+$", "abx", false },
        { "^(?P<n>a)(?<m>b)$", "ab", true },
        { "(?i)ABC", "xabcx", true },
        { "a(?i)b", "aB", true },
        { "a(?i)b", "AB", false },
        { "(?i:a)b", "AB", false },
        { "^a(?i)*b$", "aaB", true },
        { "^a(?i)*b$", "AAB", false },
        { "^a(?i)(?s-i)+.b$", "aa\nb", true },
        { "^a(?i)(?s-i)+.b$", "aa\nB", false },
        { "^(a(?i))b$", "aB", false },
        { "^(?:a(?i)|b)$", "B", true },
        { "(?s)a.c", "a\nc", true },
        { "(?s-s:a.c)", "a\nc", false },
        { "(?U)a+b", "aab", true },
        { "(?)a", "a", true },
        { "(|a)b", "b", true },
        { "()*a", "a", true },
        { "^a*?$", "aaa", true },
        { "^a{2}$", "aa", true },
        { "^a{2,}$", "a", false },
        { "^a{1,2}?$", "aaa", false },
        { "^(a{0}b)$", "b", true },
    };
    assert_rows(rows, ARRAY_LEN(rows));
}

static void classes_are_gos(void **state)
{
    static const struct row rows[] = {
        { "^[a-c]+$", "abc", true },
        { "^[^a-c]$", "\n", true },
        { "^[]a]+$", "]a", true },
        { "^[^]a]$", "]", false },
        { "^[a-]+$", "a-", true },
        { "^[-a]+$", "-a", true },
        { "^[\\d-z]+$", "1-z", true },
        { "^[\\d-z]+$", "y", false },
        { "^[[]$", "[", true },
        { "^[[:alpha:]]$", "x", true },
        { "^[[:^alpha:]0]$", "x", false },
        { "^[[:word:][:space:]]+$", "a_\v", true },
        { "^[\\W[:alpha:]]$", "\xce\xb1", true }, /* which PCRE2 10.42 would not find */
        { "^[\\D[:digit:]]$", "\xce\xb1", true },
        { "^[[:punct:]]+$", "!/:@[`{~\\]", true },
        { "^[[:cntrl:][:blank:]]+$", "\x01\x7f\t ", true },
        { "^[[:xdigit:]]+$", "09afAF", true },
        { "[[:xdigit:]]", "g", false },
        { "[[:graph:]]", " \x7f", false },
        { "^[[:print:]]+$", " ~", true },
        { "[[:ascii:]]", "\xc2\x80", false },
        { "(?i)[[:^lower:]]", "A", false },
        { "(?i)[[:lower:]]", "A", true },
        { "^[[:foo]+$", ":fo[", true },
        { "^[\\^\\]\\\\]+$", "^]\\", true },
        { "^[a&&b]+$", "&", true },
        { "^[\\n]$", "\n", true },
        { "^[+-.]$", ",", true },
        { "(?i)^[a-c]$", "B", true },
        { "^[.*]$", "x", false },
    };
    assert_rows(rows, ARRAY_LEN(rows));
}

static void what_go_refuses_is_refused_in_its_words(void **state)
{
    static const char *const rows[][2] = {
        { "(", "missing closing ): `(`" },
        { "a(b", "missing closing ): `a(b`" },
        { "a)b", "unexpected ): `a)b`" },
        { "[a", "missing closing ]: `[a`" },
        { "x[]", "missing closing ]: `[]`" },
        { "[b-a]", "invalid character class range: `b-a`" },
        { "[a-\\d]", "invalid escape sequence: `\\d`" },
        { "[[:foo:]]", "invalid character class range: `[:foo:]`" },
        { "\\p{Foo}", "invalid character class range: `\\p{Foo}`" },
        { "\\p{Gre", "invalid character class range: `\\p{Gre`" },
        { "\\pX", "invalid character class range: `\\pX`" },
        { "*a", "missing argument to repetition operator: `*`" },
        { "a|*?", "missing argument to repetition operator: `*?`" },
        { "(+)", "missing argument to repetition operator: `+`" },
        { "{2}", "missing argument to repetition operator: `{2}`" },
        { "a**", "invalid nested repetition operator: `**`" },
        { "a*+", "invalid nested repetition operator: `*+`" },
        { "a{2}{3}?", "invalid nested repetition operator: `{2}{3}?`" },
        { "a{2,1}", "invalid repeat count: `{2,1}`" },
        { "a{1001}", "invalid repeat count: `{1001}`" },
        { "a{99999999999}", "invalid repeat count: `{99999999999}`" },
        { "(a{500}){3}", "invalid repeat count: `{3}`" },
        { "\\1", "invalid escape sequence: `\\1`" },
        { "\\8", "invalid escape sequence: `\\8`" },
        { "\\Z", "invalid escape sequence: `\\Z`" },
        { "\\C", "invalid escape sequence: `\\C`" },
        { "\\K", "invalid escape sequence: `\\K`" },
        { "\\h", "invalid escape sequence: `\\h`" },
        { "[\\b]", "invalid escape sequence: `\\b`" },
        { "\\x{110000}", "invalid escape sequence: `\\x{110000`" },
        { "\\x4", "invalid escape sequence: `\\x4`" },
        { "\\xg0", "invalid escape sequence: `\\xg0`" },
        { "\\x{}", "invalid escape sequence: `\\x{}`" },
        { "a\\", "trailing backslash at end of expression: ``" },
        { "(?=a)", "invalid or unsupported Perl syntax: `(?=`" },
        { "(?!a)", "invalid or unsupported Perl syntax: `(?!`" },
        { "(?<=a)", "invalid named capture: `(?<=a)`" },
        { "(?>a)", "invalid or unsupported Perl syntax: `(?>`" },
        { "(?x)a", "invalid or unsupported Perl syntax: `(?x`" },
        { "(?i-)a", "invalid or unsupported Perl syntax: `(?i-)`" },
        { "(?R)", "invalid or unsupported Perl syntax: `(?R`" },
        { "(?", "invalid or unsupported Perl syntax: `(?`" },
        { "(?P<a b>c)", "invalid named capture: `(?P<a b>`" },
        { "(?i)*a", "missing argument to repetition operator: `*`" },
        { "(*UTF)a", "missing argument to repetition operator: `*`" },
        { "a\xff", "invalid UTF-8: `\xff`" },
        { "[\xff", "invalid UTF-8: `\xff`" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf sentence;
        buf_init(&sentence, 1000);
        buf_printf(&sentence, "error parsing regexp: %s%c", rows[i][1], 0);
        assert_refused(bytes_str(rows[i][0]), ERR_MALFORMED, (const char *)sentence.p);
        buf_fini(&sentence);
    }
}

static void repetition_is_counted_through_groups(void **state)
{
    static const struct row rows[] = {
        { "^(a{100}){10}$", "", false },
        { "^(a{2}){2}$", "aaaa", true },
        { "^((a{500}|b){2})?$", "bb", true },
        { "^(a{1000}){0}$", "", true },
    };
    assert_rows(rows, ARRAY_LEN(rows));
    assert_refused(bytes_str("((a{10}b){10}c){11}"), ERR_MALFORMED,
                   "error parsing regexp: invalid repeat count: `{11}`");
}

/* TIMES "(", an a, TIMES ")". */
static struct bytes nested(size_t times)
{
    struct buf b;
    struct bytes text;
    buf_init(&b, 10000);
    for (size_t i = 0; i < times; i++)
        buf_put_u8(&b, '(');
    buf_put_u8(&b, 'a');
    for (size_t i = 0; i < times; i++)
        buf_put_u8(&b, ')');
    text.p = buf_take(&b, &text.n);
    return text;
}

static void groups_nest_up_to_the_limit_and_no_deeper(void **state)
{
    struct arena arena;
    struct regex *regex;
    struct why why = { 0 };
    struct bytes deepest = nested(REGEX_DEPTH_MAX), deeper = nested(REGEX_DEPTH_MAX + 1);
    bool matches = false;
    arena_init(&arena, 0);
    assert_int_equal(regex_compile(deepest, &arena, &regex, &why), OK);
    assert_int_equal(regex_match(regex, bytes_str("a"), &matches), OK);
    assert_true(matches);
    assert_int_equal(regex_compile(deeper, &arena, &regex, &why), ERR_TOO_BIG);
    assert_non_null(strstr(why.text, "expression nests too deeply"));
    arena_fini(&arena);
    mem_free((void *)(uintptr_t)deepest.p);
    mem_free((void *)(uintptr_t)deeper.p);
}

static void what_grows_too_large_is_refused(void **state)
{
    assert_refused(bytes_str("(?:[a\\x{100}-\\x{200}][b\\x{100}-\\x{200}]){1000}"), ERR_TOO_BIG,
                   "error parsing regexp: expression too large: "
                   "`(?:[a\\x{100}-\\x{200}][b\\x{100}-\\x{200}]){1000}`");
}

static void small_arena_makes_it_too_large(void **state)
{
    struct arena arena;
    struct regex *regex;
    struct why why = { 0 };
    arena_init(&arena, 256);
    assert_int_equal(regex_compile(bytes_str("abc"), &arena, &regex, &why), ERR_TOO_BIG);
    arena_fini(&arena);
}

/* N times a: the tail that never comes makes each of its partitions be tried. */
static enum err match_hard(size_t n, bool *ret)
{
    struct arena arena;
    struct regex *regex = NULL;
    struct why why = { 0 };
    char subject[64];
    memset(subject, 'a', sizeof subject);
    arena_init(&arena, 0);
    enum err e = regex_compile(bytes_str("^(a|a)+[0-9]$"), &arena, &regex, &why);
    if (e == OK)
        e = regex_match(regex, bytes_of(subject, n), ret);
    arena_fini(&arena);
    return e;
}

static void match_that_ends_at_the_bound_is_an_error_never_no_match(void **state)
{
    bool matches = true;
    size_t n = 1;
    while (match_hard(n, &matches) == OK) {
        assert_false(matches);
        matches = true;
        n++;
        assert_true(n < 40);
    }
    assert_true(n > 8);   /* each a doubles the steps */
    assert_true(matches); /* untouched */
    assert_int_equal(match_hard(n, &matches), ERR_TOO_BIG);
}

static void heap_of_a_match_is_bounded(void **state)
{
    struct arena arena;
    struct regex *regex;
    struct why why = { 0 };
    bool matches;
    size_t n = 90000;
    char *subject = malloc(n);
    memset(subject, 'a', n);
    arena_init(&arena, 0);
    assert_int_equal(regex_compile(bytes_str("^(a|b)*$"), &arena, &regex, &why), OK);
    assert_int_equal(regex_match(regex, bytes_of(subject, 1000), &matches), OK);
    assert_true(matches);
    assert_int_equal(regex_match(regex, bytes_of(subject, n), &matches), ERR_TOO_BIG);
    assert_true(arena.used_bytes < 4 * 1024 * REGEX_HEAP_MAX_KIB);
    arena_fini(&arena);
    free(subject);
}

static void pattern_cut_at_every_byte_is_compiled_or_refused(void **state)
{
    const char *whole =
        "^(?i-s:a[^\\]b-c\\d[:alpha:]]{2,3}?|\\p{Greek}\\x{e9}\\Q.*\\E)\xc3\xa9(?P<n>$)";
    for (size_t cut = 0; cut <= strlen(whole); cut++) {
        struct arena arena;
        struct regex *regex;
        struct why why = { 0 };
        char *exact = malloc(cut == 0 ? 1 : cut);
        memcpy(exact, whole, cut);
        arena_init(&arena, 0);
        enum err e = regex_compile(bytes_of(exact, cut), &arena, &regex, &why);
        assert_true(e == OK || (e == ERR_MALFORMED && why.text[0] != 0));
        arena_fini(&arena);
        free(exact);
    }
}

static void groups_say_where_they_matched(void **state)
{
    struct arena arena;
    struct why why;
    struct regex *regex;
    struct bytes groups[5];
    size_t n;
    arena_init(&arena, 0);
    assert_int_equal(
        regex_compile_groups(bytes_str("b(?:c)(?P<x>d+)|(e)|(f)()"), &arena, &regex, &why), OK);
    assert_int_equal(regex_groups(regex, bytes_str("abcdd."), &arena, groups, 5, &n), OK);
    assert_int_equal(n, 5);
    assert_true(bytes_is(groups[0], "bcdd"));
    assert_true(bytes_is(groups[1], "dd"));
    assert_int_equal(groups[2].n + groups[3].n + groups[4].n, 0);
    assert_int_equal(regex_groups(regex, bytes_str("xe"), &arena, groups, 2, &n), OK);
    assert_int_equal(n, 2);
    assert_true(bytes_is(groups[0], "e"));
    assert_int_equal(regex_groups(regex, bytes_str("x"), &arena, groups, 2, &n), OK);
    assert_int_equal(n, 0);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_stand_for_themselves),
        cmocka_unit_test(escapes_are_gos),
        cmocka_unit_test(assertions_are_gos),
        cmocka_unit_test(groups_and_flags_are_gos),
        cmocka_unit_test(classes_are_gos),
        cmocka_unit_test(what_go_refuses_is_refused_in_its_words),
        cmocka_unit_test(repetition_is_counted_through_groups),
        cmocka_unit_test(groups_nest_up_to_the_limit_and_no_deeper),
        cmocka_unit_test(groups_say_where_they_matched),
        cmocka_unit_test(what_grows_too_large_is_refused),
        cmocka_unit_test(small_arena_makes_it_too_large),
        cmocka_unit_test(match_that_ends_at_the_bound_is_an_error_never_no_match),
        cmocka_unit_test(heap_of_a_match_is_bounded),
        cmocka_unit_test(pattern_cut_at_every_byte_is_compiled_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
