#include "health/script_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void write_order(struct buf *out)
{
    struct script_order o = {
        .verb = SCRIPT_RUN, .id = 7, .timeout_ms = 1000, .output_max = 4096, .arg_n = 2
    };
    o.args[0] = bytes_str("/bin/echo");
    o.args[1] = bytes_str("");
    script_order_write(&o, out);
}

static void write_outcome(struct buf *out)
{
    struct script_outcome o = { .id = 7, .end = SCRIPT_SIGNALED, .code = 9, .total = 1000000 };
    o.output = bytes_str("out");
    script_outcome_write(&o, out);
}

static void messages_are_read_as_they_were_written(void **state)
{
    struct buf out;
    struct script_order order;
    struct script_outcome outcome;
    size_t used;
    buf_init(&out, SCRIPT_MESSAGE_MAX);
    write_order(&out);
    size_t n = out.n;
    buf_put_str(&out, "more");
    assert_int_equal(script_order_read(buf_bytes(&out), &order, &used), OK);
    assert_int_equal(used, n);
    assert_int_equal(order.id, 7);
    assert_int_equal(order.output_max, 4096);
    assert_int_equal(order.arg_n, 2);
    assert_true(bytes_is(order.args[0], "/bin/echo"));
    buf_clear(&out, 0);
    write_outcome(&out);
    assert_int_equal(script_outcome_read(buf_bytes(&out), &outcome, &used), OK);
    assert_int_equal(outcome.end, SCRIPT_SIGNALED);
    assert_int_equal(outcome.code, 9);
    assert_int_equal(outcome.total, 1000000);
    assert_true(bytes_is(outcome.output, "out"));
    buf_fini(&out);
}

static void messages_cut_at_any_byte_need_more(void **state)
{
    struct buf out;
    struct script_order order;
    struct script_outcome outcome;
    size_t used;
    buf_init(&out, SCRIPT_MESSAGE_MAX);
    write_order(&out);
    for (size_t n = 0; n < out.n; n++)
        assert_int_equal(script_order_read(bytes_of(out.p, n), &order, &used), ERR_TRUNCATED);
    buf_clear(&out, 0);
    write_outcome(&out);
    for (size_t n = 0; n < out.n; n++)
        assert_int_equal(script_outcome_read(bytes_of(out.p, n), &outcome, &used), ERR_TRUNCATED);
    buf_fini(&out);
}

static void what_is_no_message_is_malformed(void **state)
{
    struct buf out;
    struct script_order order;
    struct script_outcome outcome;
    size_t used;
    buf_init(&out, SCRIPT_MESSAGE_MAX);
    write_order(&out);
    out.p[4] = 9; /* the verb */
    assert_int_equal(script_order_read(buf_bytes(&out), &order, &used), ERR_MALFORMED);
    out.p[3] = 1; /* a length of 16 MiB */
    assert_int_equal(script_order_read(buf_bytes(&out), &order, &used), ERR_TOO_BIG);
    buf_clear(&out, 0);
    buf_put_u32(&out, 3);
    buf_put_str(&out, "abc");
    assert_int_equal(script_outcome_read(buf_bytes(&out), &outcome, &used), ERR_MALFORMED);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_read_as_they_were_written),
        cmocka_unit_test(messages_cut_at_any_byte_need_more),
        cmocka_unit_test(what_is_no_message_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
