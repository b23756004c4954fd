/* Weights in SRV records. */
#include "faces/consul/rows/weight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faces/consul/rows/extras.h"

static struct published from;
static struct buf extras;

static struct instance registered(enum face face, uint32_t hundredths, uint32_t passing,
                                  uint32_t warning)
{
    struct consul_extras x = consul_extras_none();
    x.passing = passing;
    x.warning = warning;
    buf_clear(&extras, 0);
    consul_extras_write(&x, &extras);
    from = (struct published){ .owner.face = face,
                               .said = { .weight = hundredths, .extras = buf_bytes(&extras) } };
    return (struct instance){ .from = &from, .weight = hundredths };
}

static void consuls_own_has_two_weights(void **state)
{
    struct instance i = registered(FACE_CONSUL, 1000000, CONSUL_WEIGHT_MAX, 3);
    assert_int_equal(consul_srv_weight(&i), CONSUL_WEIGHT_MAX);
    i.is.status = STATUS_SUSPECT;
    assert_int_equal(consul_srv_weight(&i), 3);
}

static void operators_weight_overrules_both(void **state)
{
    struct instance i = registered(FACE_CONSUL, 100, 10, 3);
    i.weight = 250;
    assert_int_equal(consul_srv_weight(&i), 3);
}

static void weight_of_others_is_whole_and_what_has_any_keeps_one(void **state)
{
    static const uint32_t rows[][2] = {
        { 0, 0 }, { 1, 1 }, { 100, 1 }, { 101, 2 }, { 1000000, 10000 }
    };
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct instance i = registered(FACE_NACOS, rows[k][0], 7, 7);
        assert_int_equal(consul_srv_weight(&i), rows[k][1]);
    }
}

static void extras_that_cannot_be_read_leave_the_catalogs_weight(void **state)
{
    struct instance i = registered(FACE_CONSUL, 500, 10, 3);
    from.said.extras.n--;
    assert_int_equal(consul_srv_weight(&i), 5);
}

static int set_up(void **state)
{
    buf_init(&extras, 4096);
    return 0;
}

static int tear_down(void **state)
{
    buf_fini(&extras);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consuls_own_has_two_weights),
        cmocka_unit_test(operators_weight_overrules_both),
        cmocka_unit_test(weight_of_others_is_whole_and_what_has_any_keeps_one),
        cmocka_unit_test(extras_that_cannot_be_read_leave_the_catalogs_weight),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
