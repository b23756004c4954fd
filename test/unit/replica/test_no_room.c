/* A stop while apply waits for room in the view. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel.h"

enum { TIGHT = 8 << 20, WIDE = 64 << 20, VALUE = 3000 * 1000 };

static struct kernel kernel;
static char value[VALUE + 1];

static void *put_what_finds_no_room(void *ret_err)
{
    struct op op = { .kind = OP_PUT,
                     .put = { .key = bytes_str("large"), .value = bytes_of(value, VALUE) } };
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    struct buf body;
    uint64_t revision;
    buf_init(&body, 2 * VALUE);
    if (txn_encode(&txn, &body) == OK)
        *(enum err *)ret_err = kernel_submit(&kernel, COMMAND_TXN, buf_bytes(&body), &revision);
    buf_fini(&body);
    return NULL;
}

static void wait_until_it_is_durable(void)
{
    struct replica_status status;
    do {
        sched_yield();
        replica_status(kernel.replica, &status);
    } while (status.commit == status.applied);
}

static void a_stop_does_not_wait_for_room_and_the_next_start_applies(void **state)
{
    enum err e = OK;
    pthread_t asker;
    char *found = malloc(VALUE + 1);
    memset(value, 'v', VALUE);
    kernel_init(&kernel, NULL);
    kernel.replica_options.map_bytes = TIGHT;
    kernel_start(&kernel);
    assert_true(kernel_put(&kernel, "small", "1", 0) > 0);
    assert_int_equal(pthread_create(&asker, NULL, put_what_finds_no_room, &e), 0);
    wait_until_it_is_durable();
    kernel_stop(&kernel, true);
    pthread_join(asker, NULL);
    assert_int_equal(e, ERR_UNKNOWN_OUTCOME);

    kernel.replica_options.map_bytes = WIDE;
    kernel_start(&kernel);
    assert_true(kernel_get(&kernel, "large", found, VALUE + 1));
    assert_string_equal(found, value);
    assert_true(kernel_get(&kernel, "small", found, VALUE + 1));
    kernel_stop(&kernel, true);
    kernel_fini(&kernel);
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_does_not_wait_for_room_and_the_next_start_applies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
