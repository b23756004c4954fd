/* Lines of the log for who listens. */
#include "loop/log_tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/lib/loops.h"

struct listener {
    struct loop *loop;
    struct mailbox *box;
    struct log_tap *tap;
    struct buf lines;
    uint64_t dropped;
    unsigned readies;
    bool is_ready, holds;
};

static void format(struct buf *out, enum log_level level, uint64_t wall_ms, struct bytes text)
{
    buf_printf(out, "%s|%.*s\n", log_level_name(level), (int)text.n, (const char *)text.p);
}

static void take(struct listener *l)
{
    l->dropped += log_tap_take(l->tap, &l->lines);
}

static void ready(void *ctx)
{
    struct listener *l = ctx;
    l->readies++;
    l->is_ready = true;
    if (!l->holds)
        take(l);
}

static void listen(struct listener *l, enum log_level level)
{
    struct log_tap_options options = {
        .box = l->box, .level = level, .format = format, .ready = ready, .ctx = l
    };
    assert_int_equal(log_tap_open(&options, &l->tap), OK);
}

static int set_up(void **state)
{
    static struct listener l;
    l = (struct listener){ .readies = 0 };
    assert_int_equal(loop_new("test", &l.loop), OK);
    l.box = mailbox_new(l.loop);
    buf_init(&l.lines, 4 * LOG_TAP_BYTES);
    *state = &l;
    return 0;
}

static int tear_down(void **state)
{
    struct listener *l = *state;
    log_tap_close(l->tap);
    mailbox_free(l->box);
    loop_free(l->loop);
    buf_fini(&l->lines);
    return 0;
}

static void run(struct listener *l)
{
    mailbox_take(l->box);
}

static void assert_lines(struct listener *l, const char *text)
{
    assert_true(bytes_is(buf_bytes(&l->lines), text));
}

static void lines_at_the_level_and_above_come(void **state)
{
    struct listener *l = *state;
    listen(l, LOG_INFO);
    log_debug("a: no");
    log_info("a: one x=%d", 1);
    log_error("b: two");
    run(l);
    assert_lines(l, "info|a: one x=1\nerror|b: two\n");
    assert_int_equal(l->readies, 1); /* once for both */
    log_warn("c: three");
    run(l);
    assert_lines(l, "info|a: one x=1\nerror|b: two\nwarn|c: three\n");
}

static void nobody_wants_debug_lines_unless_one_listens(void **state)
{
    struct listener *l = *state;
    assert_false(log_wants(LOG_DEBUG));
    assert_false(log_wants(LOG_ERROR)); /* there is no sink here */
    listen(l, LOG_DEBUG);
    assert_true(log_wants(LOG_DEBUG));
    log_tap_close(l->tap);
    l->tap = NULL;
    assert_false(log_wants(LOG_DEBUG));
}

static void lines_without_room_are_dropped_and_counted(void **state)
{
    struct listener *l = *state;
    char long_text[1001];
    memset(long_text, 'x', 1000);
    long_text[1000] = 0;
    l->holds = true;
    listen(l, LOG_INFO);
    const size_t line = 5 + 1000 + 1, fit = LOG_TAP_BYTES / line;
    for (size_t i = 0; i < fit + 3; i++)
        log_info("%s", long_text);
    run(l);
    take(l);
    assert_int_equal(l->lines.n, fit * line);
    assert_int_equal(l->dropped, 3);
    log_info("again");
    run(l);
    take(l);
    assert_int_equal(l->dropped, 3);
    assert_int_equal(l->lines.n, fit * line + 11);
}

static void closed_while_mail_is_under_way_it_is_not_called(void **state)
{
    struct listener *l = *state;
    listen(l, LOG_INFO);
    log_info("a: one");
    log_tap_close(l->tap);
    l->tap = NULL;
    run(l);
    assert_int_equal(l->readies, 0);
}

static void so_many_listen_and_no_more(void **state)
{
    struct listener *l = *state;
    struct log_tap *taps[LOG_TAPS_MAX], *more;
    struct log_tap_options options = { .box = l->box, .format = format, .ready = ready, .ctx = l };
    for (size_t i = 0; i < LOG_TAPS_MAX; i++)
        assert_int_equal(log_tap_open(&options, &taps[i]), OK);
    assert_int_equal(log_tap_open(&options, &more), ERR_BUSY);
    for (size_t i = 0; i < LOG_TAPS_MAX; i++)
        log_tap_close(taps[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(lines_at_the_level_and_above_come),
        TEST(nobody_wants_debug_lines_unless_one_listens),
        TEST(lines_without_room_are_dropped_and_counted),
        TEST(closed_while_mail_is_under_way_it_is_not_called),
        TEST(so_many_listen_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
