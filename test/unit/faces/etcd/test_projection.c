/* Keys that show instances of other protocols, to an etcd client. */
#include "requests.h"

#include "catalog/change.h"
#include "catalog/kinds.h"
#include "catalog/publication.h"

static int start_registry(void **state)
{
    static struct fixture f;
    fixture_init(&f);
    f.kernel.replica_options.kinds = catalog_kinds(&f.kernel.replica_options.kind_n);
    f.kernel.replica_options.hooks = catalog_hooks();
    fixture_start(&f);
    *state = &f;
    return 0;
}

/* Another protocol's: service "user" at 10.0.0.1:80. */
static void publish(struct fixture *f)
{
    struct publication p = { .enabled = true, .address = bytes_str("10.0.0.1"), .port = 80 };
    struct change_op op = { .kind = CHANGE_PUBLICATION, .ns = bytes_str("public") };
    struct buf row, body;
    uint64_t revision;
    buf_init(&row, 1 << 16);
    buf_init(&body, 1 << 16);
    publication_write(&p, &row);
    op.publication =
        (struct publication_op){ .when = { OP_SET, 0 },
                                 .group = bytes_str(GROUP_DEFAULT),
                                 .name = bytes_str("user"),
                                 .owner = { FACE_NACOS, bytes_str(""), bytes_str("a") },
                                 .row = buf_bytes(&row) };
    change_write(&op, 1, &body);
    assert_int_equal(kernel_submit(&f->kernel, COMMAND_CATALOG_CHANGE, buf_bytes(&body), &revision),
                     OK);
    buf_fini(&row);
    buf_fini(&body);
}

static void put_on_it_is_refused_and_the_key_named(void **state)
{
    struct fixture *f = *state;
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    enum grpc_status status;
    char text[128];
    publish(f);
    r.key = data("services/user/10.0.0.1:80");
    r.value = data("mine");
    assert_null(
        fake_unary(f, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, text));
    assert_refused(status, text, GRPC_FAILED_PRECONDITION,
                   "etcdserver: key shows an instance of another protocol: "
                   "\"services/user/10.0.0.1:80\"");
    assert_true(data_is(get(f, "/services/user/10.0.0.1:80")->kvs[0]->value, "10.0.0.1:80"));
}

static void delete_of_a_range_with_it_is_refused(void **state)
{
    struct fixture *f = *state;
    Etcdserverpb__DeleteRangeRequest r = ETCDSERVERPB__DELETE_RANGE_REQUEST__INIT;
    enum grpc_status status;
    char text[128];
    publish(f);
    put(f, "services/mine", "x");
    r.key = data("services/");
    r.range_end = data("services0");
    assert_null(fake_unary(f, "KV", "DeleteRange", &r,
                           &etcdserverpb__delete_range_response__descriptor, &status, text));
    assert_refused(status, text, GRPC_FAILED_PRECONDITION,
                   "etcdserver: key shows an instance of another protocol: "
                   "\"services/user/10.0.0.1:80\"");
    assert_int_equal(get(f, "services/mine")->count, 1);
}

static void delete_of_it_alone_deregisters(void **state)
{
    struct fixture *f = *state;
    publish(f);
    assert_int_equal(del(f, "services/user/10.0.0.1:80", "")->deleted, 1);
    assert_int_equal(get(f, "/services/user/10.0.0.1:80")->count, 0);
}

static void key_of_ones_own_appears_under_the_other_rule(void **state)
{
    struct fixture *f = *state;
    int64_t revision = put(f, "services/user/a", "10.0.0.2:81");
    const Etcdserverpb__RangeResponse *a = get(f, "/services/user/10.0.0.2:81");
    assert_int_equal(a->count, 1);
    assert_int_equal(a->kvs[0]->mod_revision, revision);
    assert_int_equal(a->kvs[0]->lease, 0);
}

#define ON_REGISTRY(test) cmocka_unit_test_setup_teardown(test, start_registry, end_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_REGISTRY(put_on_it_is_refused_and_the_key_named),
        ON_REGISTRY(delete_of_a_range_with_it_is_refused),
        ON_REGISTRY(delete_of_it_alone_deregisters),
        ON_REGISTRY(key_of_ones_own_appears_under_the_other_rule),
    };
    return cmocka_run_group_tests_name("projection", tests, NULL, NULL);
}
