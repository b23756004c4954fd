/* The view's file has a greatest size, and what etcd's clients hear as it comes near: as with a
 * full disk writes stop before it is met, and go on by themselves when there is room again. */
#include "requests.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAP_BYTES = 256 << 20, LARGE = 100000, SMALL = 5000, TOLD_MS = 20000 };

static struct fixture fixture;
static uint8_t value[LARGE];

static int start(void **state)
{
    fixture_init(&fixture);
    fixture.kernel.replica_options.map_bytes = MAP_BYTES;
    fixture.kernel.hub_options.quota_bytes = (uint64_t)1 << 40;
    fixture_start(&fixture);
    return 0;
}

static int end(void **state)
{
    fixture_end(&fixture);
    return 0;
}

static enum grpc_status put_bytes(unsigned number, size_t n, char *text)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    enum grpc_status status;
    char key[16];
    snprintf(key, sizeof key, "k%07u", number);
    r.key = data(key);
    r.value = data_n(value, n);
    fake_unary(&fixture, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, text);
    return status;
}

static uint64_t used(void)
{
    struct store_space space;
    store_space(replica_store(fixture.kernel.replica), &space);
    assert_true(space.file_bytes <= MAP_BYTES);
    return space.used_bytes;
}

/* Puts until one is refused; how many there are then. Slowly towards the end: the fill is looked at
 * ten times a second. */
static unsigned fill(char *text)
{
    unsigned n = 0;
    while (used() < MAP_BYTES / 100 * 94)
        assert_int_equal(put_bytes(n++, LARGE, text), GRPC_OK);
    while (put_bytes(n, SMALL, text) == GRPC_OK)
        n++;
    return n;
}

static const Etcdserverpb__DeleteRangeResponse *remove_all(void)
{
    Etcdserverpb__DeleteRangeRequest r = ETCDSERVERPB__DELETE_RANGE_REQUEST__INIT;
    enum grpc_status status;
    r.key = data("k");
    r.range_end = data("l");
    const Etcdserverpb__DeleteRangeResponse *a =
        fake_unary(&fixture, "KV", "DeleteRange", &r,
                   &etcdserverpb__delete_range_response__descriptor, &status, NULL);
    assert_non_null(a);
    return a;
}

static bool is_writable(unsigned number)
{
    uint64_t began = clock_now_ns();
    char text[128];
    while (put_bytes(number, SMALL, text) != GRPC_OK)
        if (clock_now_ns() - began > TOLD_MS * 1000000ULL)
            return false;
    return true;
}

static void writes_stop_before_the_view_is_full_and_go_on_when_there_is_room(void **state)
{
    char text[128];
    unsigned n = fill(text);
    assert_string_equal(text, "etcdserver: mvcc: database space exceeded");
    assert_in_range(used(), MAP_BYTES / 100 * 97, MAP_BYTES / 1000 * 995);
    assert_int_equal(replica_disk_state(fixture.kernel.replica), DISK_STOP);

    assert_int_equal(get(&fixture, "k0000000")->count, 1);
    const Etcdserverpb__DeleteRangeResponse *a = remove_all();
    assert_int_equal(a->deleted, n);
    assert_int_equal(compact(&fixture, a->header->revision, text), GRPC_OK);
    assert_true(is_writable(n));
    assert_int_equal(replica_disk_state(fixture.kernel.replica), DISK_FINE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        T(writes_stop_before_the_view_is_full_and_go_on_when_there_is_room),
    };
    return cmocka_run_group_tests_name("full_view", tests, NULL, NULL);
}
