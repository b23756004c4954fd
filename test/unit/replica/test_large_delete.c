/* A delete of a million keys, with heartbeats going on: apply is cut into steps between which core
 * serves its mail. MUSTER_KEYS sets another number. */
#include "replica/replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel.h"

enum { LEASE_TTL_MS = 2000, OPS_A_TXN = 1000, SLOWEST_BEAT_MS = 1000 };

static struct kernel kernel;

static uint64_t key_count(void)
{
    const char *text = getenv("MUSTER_KEYS");
    return text == NULL ? 1000000 : strtoull(text, NULL, 10);
}

static void fill(uint64_t keys)
{
    static char names[OPS_A_TXN][32];
    static struct op ops[OPS_A_TXN];
    for (uint64_t at = 0; at < keys; at += OPS_A_TXN) {
        for (size_t i = 0; i < OPS_A_TXN; i++) {
            snprintf(names[i], sizeof names[i], "k%09u", (unsigned)(at + i));
            ops[i] = (struct op){ .kind = OP_PUT,
                                  .put = { .key = bytes_str(names[i]), .value = bytes_str("v") } };
        }
        struct txn txn = { .then_ops = ops, .then_n = OPS_A_TXN };
        struct buf body;
        uint64_t revision;
        buf_init(&body, 1 << 24);
        assert_int_equal(txn_encode(&txn, &body), OK);
        assert_int_equal(kernel_submit(&kernel, COMMAND_TXN, buf_bytes(&body), &revision), OK);
        buf_fini(&body);
    }
}

struct deletion {
    bool done;
    uint64_t removed;
};

static void deleted(void *ctx, enum err err, const struct command_result *result)
{
    struct deletion *d = ctx;
    assert_int_equal(err, OK);
    d->removed = result->txn->ops[0].removed.n;
    d->done = true;
}

static struct deletion deletion;

static void begin_delete(void *ctx)
{
    struct op op = { .kind = OP_REMOVE,
                     .remove = { .key = bytes_str("k"), .end = bytes_str("l") } };
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    struct buf body;
    buf_init(&body, 4096);
    enum err e = txn_encode(&txn, &body);
    assert_int_equal(e, OK);
    hub_submit(kernel.hub, kernel.granted, COMMAND_TXN, buf_bytes(&body), deleted, &deletion);
    buf_fini(&body);
}

static void look(void *ctx)
{
    *(bool *)ctx = deletion.done;
}

static void heartbeats_are_answered_while_a_million_keys_are_deleted(void **state)
{
    uint64_t keys = key_count(), left, beats = 0, slowest_ms = 0;
    kernel_init(&kernel, NULL);
    kernel_start(&kernel);
    fill(keys);
    assert_int_equal(kernel_grant(&kernel, 7, LEASE_TTL_MS), OK);
    kernel_put(&kernel, "held", "1", 7);

    kernel_call(&kernel, begin_delete, NULL);
    for (bool done = false; !done; beats++) {
        uint64_t began = clock_now_ns();
        assert_int_equal(kernel_renew(&kernel, 7, &left), LEASE_ANSWER_OK);
        uint64_t took_ms = (clock_now_ns() - began) / 1000000;
        slowest_ms = took_ms > slowest_ms ? took_ms : slowest_ms;
        kernel_call(&kernel, look, &done);
    }
    char value[8];
    assert_int_equal(deletion.removed, keys);
    assert_true(kernel_get(&kernel, "held", value, sizeof value));
    printf("%u keys, %u heartbeats, the slowest took %u ms\n", (unsigned)keys, (unsigned)beats,
           (unsigned)slowest_ms);
    assert_true(beats > 10);
    assert_true(slowest_ms < SLOWEST_BEAT_MS);
    kernel_stop(&kernel, true);
    kernel_fini(&kernel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heartbeats_are_answered_while_a_million_keys_are_deleted),
    };
    return cmocka_run_group_tests_name("large_delete", tests, NULL, NULL);
}
