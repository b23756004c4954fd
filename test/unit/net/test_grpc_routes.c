#include "net/grpc_routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/metric.h"
#include "net/grpc.h"

static const struct grpc_method kv_methods[] = {
    { .name = "Range", .kind = GRPC_UNARY },
    { .name = "Put", .kind = GRPC_UNARY },
};
static const struct grpc_method watch_methods[] = {
    { .name = "Watch", .kind = GRPC_BIDI_STREAM },
};
static const struct grpc_service kv = { .name = "pb.KV", .methods = kv_methods, .method_n = 2 };
static const struct grpc_service watch = { .name = "pb.Watch",
                                           .methods = watch_methods,
                                           .method_n = 1 };
static const struct grpc_service *const services[] = { &kv, &watch, NULL };

static void every_method_is_found_by_its_path(void **state)
{
    struct grpc_routes *r = grpc_routes_new(services, "test", NULL);
    assert_ptr_equal(grpc_routes_find(r, bytes_str("/pb.KV/Range"))->method, &kv_methods[0]);
    assert_ptr_equal(grpc_routes_find(r, bytes_str("/pb.KV/Put"))->method, &kv_methods[1]);
    assert_ptr_equal(grpc_routes_find(r, bytes_str("/pb.Watch/Watch"))->service, &watch);
    grpc_routes_free(r);
}

static void other_paths_are_not_found(void **state)
{
    static const char *const paths[] = {
        "",          "/",           "/pb.KV",     "/pb.KV/",     "pb.KV/Put",
        "/pb.KV/Pu", "/pb.KV/Putt", "/pb.KV/put", "//pb.KV/Put", "/pb.KV/Watch"
    };
    struct grpc_routes *r = grpc_routes_new(services, "test", NULL);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        assert_null(grpc_routes_find(r, bytes_str(paths[i])));
    grpc_routes_free(r);
}

static void listener_without_services_routes_nothing(void **state)
{
    struct grpc_routes *r = grpc_routes_new(NULL, "test", NULL);
    assert_null(grpc_routes_find(r, bytes_str("/pb.KV/Range")));
    assert_null(grpc_routes_service(r, bytes_str("pb.KV")));
    assert_null(grpc_routes_services(r)[0]);
    grpc_routes_free(r);
}

static void services_are_found_by_name(void **state)
{
    struct grpc_routes *r = grpc_routes_new(services, "test", NULL);
    assert_ptr_equal(grpc_routes_service(r, bytes_str("pb.KV")), &kv);
    assert_null(grpc_routes_service(r, bytes_str("pb.K")));
    grpc_routes_free(r);
}

/* Enough methods for many collisions. */
static void large_table_finds_all(void **state)
{
    enum { N = 3000 };
    static struct grpc_method methods[N];
    static char names[N][8];
    for (unsigned i = 0; i < N; i++) {
        snprintf(names[i], sizeof(names[i]), "M%u", i);
        methods[i].name = names[i];
    }
    const struct grpc_service large = { .name = "s", .methods = methods, .method_n = N };
    const struct grpc_service *const list[] = { &large, NULL };
    struct grpc_routes *r = grpc_routes_new(list, "test", NULL);
    for (unsigned i = 0; i < N; i++) {
        char path[16];
        snprintf(path, sizeof(path), "/s/M%u", i);
        assert_ptr_equal(grpc_routes_find(r, bytes_str(path))->method, &methods[i]);
    }
    grpc_routes_free(r);
}

static void counters_are_shared_by_listeners_and_start_at_zero(void **state)
{
    struct metrics *m = metrics_new();
    struct grpc_routes *one = grpc_routes_new(services, "one", m);
    struct grpc_routes *two = grpc_routes_new(services, "two", m);
    const struct grpc_route *a = grpc_routes_find(one, bytes_str("/pb.KV/Range"));
    const struct grpc_route *b = grpc_routes_find(two, bytes_str("/pb.KV/Range"));
    assert_ptr_equal(a->handled[GRPC_UNAVAILABLE], b->handled[GRPC_UNAVAILABLE]);
    assert_ptr_not_equal(a->handled[GRPC_OK], a->handled[GRPC_UNKNOWN]);
    assert_int_equal(metric_get(a->started), 0);
    assert_ptr_not_equal(grpc_routes_sent_bytes(one), grpc_routes_sent_bytes(two));
    grpc_routes_free(one);
    grpc_routes_free(two);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_is_found_by_its_path),
        cmocka_unit_test(other_paths_are_not_found),
        cmocka_unit_test(listener_without_services_routes_nothing),
        cmocka_unit_test(services_are_found_by_name),
        cmocka_unit_test(large_table_finds_all),
        cmocka_unit_test(counters_are_shared_by_listeners_and_start_at_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
