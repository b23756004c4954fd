/* Lease: grants, renewals on a stream, what is left, and what is attached. */
#include "requests.h"

static const Etcdserverpb__LeaseGrantResponse *grant(struct fixture *f, int64_t ttl, int64_t id,
                                                     enum grpc_status *status, char *text)
{
    Etcdserverpb__LeaseGrantRequest r = ETCDSERVERPB__LEASE_GRANT_REQUEST__INIT;
    r.ttl = ttl;
    r.id = id;
    return fake_unary(f, "Lease", "LeaseGrant", &r, &etcdserverpb__lease_grant_response__descriptor,
                      status, text);
}

static const Etcdserverpb__LeaseTimeToLiveResponse *ttl(struct fixture *f, int64_t id, bool keys)
{
    Etcdserverpb__LeaseTimeToLiveRequest r = ETCDSERVERPB__LEASE_TIME_TO_LIVE_REQUEST__INIT;
    enum grpc_status status;
    r.id = id;
    r.keys = keys;
    const Etcdserverpb__LeaseTimeToLiveResponse *a =
        fake_unary(f, "Lease", "LeaseTimeToLive", &r,
                   &etcdserverpb__lease_time_to_live_response__descriptor, &status, NULL);
    assert_non_null(a);
    return a;
}

static void short_ttls_are_raised_to_2(void **state) /* 22 */
{
    static const int64_t asked[] = { 0, -1, 1, 2 };
    enum grpc_status status;
    for (size_t i = 0; i < ARRAY_LEN(asked); i++)
        assert_int_equal(grant(*state, asked[i], 0, &status, NULL)->ttl, 2);
}

static void ids_are_chosen_positive_or_taken_as_given(void **state) /* 22 */
{
    enum grpc_status status;
    char text[128];
    assert_true(grant(*state, 60, 0, &status, NULL)->id > 0);
    assert_int_equal(grant(*state, 60, -7, &status, NULL)->id, -7);
    assert_int_equal(grant(*state, 60, 77, &status, NULL)->id, 77);
    grant(*state, 60, 77, &status, text);
    assert_refused(status, text, GRPC_FAILED_PRECONDITION, "etcdserver: lease already exists");
    grant(*state, INT64_C(9000000001), 0, &status, text);
    assert_refused(status, text, GRPC_OUT_OF_RANGE, "etcdserver: too large lease TTL");
    assert_int_equal(grant(*state, INT64_C(9000000000), 0, &status, text)->ttl,
                     INT64_C(9000000000));
}

static uint64_t draw_from_list(void *ctx)
{
    static const uint64_t drawn[] = { 77, UINT64_C(1) << 63, 77, 78, 79 };
    size_t *at = ctx;
    assert_true(*at < ARRAY_LEN(drawn));
    return drawn[(*at)++];
}

static size_t drawn_n;

/* 2^63 is 0 without its sign, which is no id. */
static void id_that_is_taken_is_drawn_again(void **state)
{
    enum grpc_status status;
    assert_int_equal(grant(*state, 60, 0, &status, NULL)->id, 77);
    assert_int_equal(grant(*state, 60, 0, &status, NULL)->id, 78);
    assert_int_equal(drawn_n, 4);
    grant(*state, 60, 78, &status, NULL); /* one that the client chose is not */
    assert_int_equal(status, GRPC_FAILED_PRECONDITION);
    assert_int_equal(drawn_n, 4);
}

static void remaining_time_is_in_whole_seconds_surely_left(void **state)
{
    enum grpc_status status;
    grant(*state, 60, 5, &status, NULL);
    const Etcdserverpb__LeaseTimeToLiveResponse *a = ttl(*state, 5, false);
    assert_true(a->ttl == 59 || a->ttl == 58);
    assert_int_equal(a->grantedttl, 60);
}

static void unknown_lease_has_minus_one_second_left(void **state) /* 22 */
{
    const Etcdserverpb__LeaseTimeToLiveResponse *a = ttl(*state, 4711, true);
    assert_int_equal(a->ttl, -1);
    assert_int_equal(a->grantedttl, 0);
    assert_int_equal(a->id, 4711);
}

static void attach(struct fixture *f, const char *key, int64_t lease)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    enum grpc_status status;
    r.key = data(key);
    r.lease = lease;
    assert_non_null(
        fake_unary(f, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, NULL));
}

static void keys_of_a_lease_are_listed_and_leave_with_it(void **state) /* 23 */
{
    struct fixture *f = *state;
    enum grpc_status status;
    char text[128];
    grant(f, 60, 5, &status, NULL);
    attach(f, "lb", 5);
    attach(f, "la", 5);
    const Etcdserverpb__LeaseTimeToLiveResponse *a = ttl(f, 5, true);
    assert_int_equal(a->n_keys, 2);
    assert_true(data_is(a->keys[0], "la"));
    int64_t before = get(f, "x")->header->revision;
    Etcdserverpb__LeaseRevokeRequest r = ETCDSERVERPB__LEASE_REVOKE_REQUEST__INIT;
    r.id = 5;
    const Etcdserverpb__LeaseRevokeResponse *gone =
        fake_unary(f, "Lease", "LeaseRevoke", &r, &etcdserverpb__lease_revoke_response__descriptor,
                   &status, text);
    assert_int_equal(gone->header->revision, before + 1);
    assert_int_equal(get(f, "la")->count, 0);
    fake_unary(f, "Lease", "LeaseRevoke", &r, NULL, &status, text);
    assert_refused(status, text, GRPC_NOT_FOUND, "etcdserver: requested lease not found");
}

/* More than a turn looks at. */
static void many_keys_of_a_lease_are_listed_in_order(void **state)
{
    enum { KEYS = 5000 };
    enum grpc_status status;
    char key[8];
    grant(*state, 60, 9, &status, NULL);
    put_many(*state, KEYS, 9);
    const Etcdserverpb__LeaseTimeToLiveResponse *a = ttl(*state, 9, true);
    assert_int_equal(a->n_keys, KEYS);
    for (unsigned i = 0; i < KEYS; i++) {
        snprintf(key, sizeof key, "k%05u", i);
        assert_true(data_is(a->keys[i], key));
    }
    assert_int_equal(ttl(*state, 9, false)->n_keys, 0);
}

static void many_leases_are_listed_in_order_of_their_ids(void **state)
{
    enum { LEASES = 3000 };
    Etcdserverpb__LeaseLeasesRequest r = ETCDSERVERPB__LEASE_LEASES_REQUEST__INIT;
    enum grpc_status status;
    for (int64_t i = 0; i < LEASES; i++)
        assert_non_null(grant(*state, 60, i - LEASES / 2 + (i >= LEASES / 2), &status, NULL));
    const Etcdserverpb__LeaseLeasesResponse *a =
        fake_unary(*state, "Lease", "LeaseLeases", &r,
                   &etcdserverpb__lease_leases_response__descriptor, &status, NULL);
    assert_int_equal(a->n_leases, LEASES);
    for (int64_t i = 0; i < LEASES; i++)
        assert_int_equal(a->leases[i]->id, i - LEASES / 2 + (i >= LEASES / 2));
}

static void leases_are_listed(void **state)
{
    enum grpc_status status;
    grant(*state, 60, 5, &status, NULL);
    grant(*state, 60, 9, &status, NULL);
    Etcdserverpb__LeaseLeasesRequest r = ETCDSERVERPB__LEASE_LEASES_REQUEST__INIT;
    const Etcdserverpb__LeaseLeasesResponse *a =
        fake_unary(*state, "Lease", "LeaseLeases", &r,
                   &etcdserverpb__lease_leases_response__descriptor, &status, NULL);
    assert_int_equal(a->n_leases, 2);
}

/* -- KeepAlive -------------------------------------------------------------------------------- */

static void renew(struct grpc_call *call, int64_t id)
{
    Etcdserverpb__LeaseKeepAliveRequest r = ETCDSERVERPB__LEASE_KEEP_ALIVE_REQUEST__INIT;
    r.id = id;
    fake_send(call, &r);
}

static const Etcdserverpb__LeaseKeepAliveResponse *renewed(struct grpc_call *call, size_t i)
{
    return fake_answer(call, i, &etcdserverpb__lease_keep_alive_response__descriptor);
}

static void renewals_are_answered_in_order_and_unknown_ones_with_ttl_0(void **state) /* 22 */
{
    enum grpc_status status;
    grant(*state, 60, 5, &status, NULL);
    struct grpc_call *call = fake_open(*state, "Lease", "LeaseKeepAlive", NULL);
    renew(call, 5);
    renew(call, 4711);
    renew(call, 5);
    assert_int_equal(renewed(call, 0)->ttl, 60);
    assert_int_equal(renewed(call, 1)->id, 4711);
    assert_int_equal(renewed(call, 1)->ttl, 0);
    assert_int_equal(renewed(call, 2)->ttl, 60);
    assert_false(fake_has_ended(call));
}

static void half_close_ends_the_stream_well_behind_its_answers(void **state)
{
    enum grpc_status status;
    grant(*state, 60, 5, &status, NULL);
    struct grpc_call *call = fake_open(*state, "Lease", "LeaseKeepAlive", NULL);
    renew(call, 5);
    fake_half_close(call);
    assert_int_equal(fake_wait_end(call, NULL), GRPC_OK);
    assert_int_equal(fake_answer_n(call), 1);
}

static void half_close_of_an_unused_stream_ends_it(void **state)
{
    struct grpc_call *call = fake_open(*state, "Lease", "LeaseKeepAlive", NULL);
    fake_half_close(call);
    assert_int_equal(fake_wait_end(call, NULL), GRPC_OK);
}

static void drain_says_that_the_server_stopped(void **state)
{
    char text[128];
    struct grpc_call *call = fake_open(*state, "Lease", "LeaseKeepAlive", NULL);
    renew(call, 4711);
    fake_wait(call, 1);
    fixture_drain(*state);
    assert_refused(fake_wait_end(call, text), text, GRPC_UNAVAILABLE, "etcdserver: server stopped");
    struct grpc_call *later = fake_open(*state, "Lease", "LeaseKeepAlive", NULL);
    renew(later, 4711);
    assert_refused(fake_wait_end(later, text), text, GRPC_UNAVAILABLE,
                   "etcdserver: server stopped");
}

static void client_gone_in_the_middle_of_renewals_is_forgotten(void **state)
{
    struct grpc_call *call = fake_open(*state, "Lease", "LeaseKeepAlive", NULL);
    renew(call, 1);
    renew(call, 2);
    fake_reset(call);
    enum grpc_status status;
    assert_non_null(grant(*state, 60, 5, &status, NULL));
}

static void client_that_does_not_read_is_not_read(void **state)
{
    struct grpc_call *call = fake_open(*state, "Lease", "LeaseKeepAlive", NULL);
    renew(call, 1);
    fake_wait(call, 1);
    fake_set_pending(call, 10 << 20);
    renew(call, 1);
    assert_true(fake_is_paused(call));
    fake_set_pending(call, 0);
    assert_false(fake_is_paused(call));
}

static int start_with_drawn_ids(void **state)
{
    static struct fixture f;
    drawn_n = 0;
    fixture_init(&f);
    f.options.draw = draw_from_list;
    f.options.draw_ctx = &drawn_n;
    fixture_start(&f);
    *state = &f;
    return 0;
}

enum { LIST_BYTES = 800 }; /* a hundred keys of six bytes, or leases of this length */

static int start_with_short_lists(void **state)
{
    static struct fixture f;
    fixture_init(&f);
    f.options.list_max_bytes = LIST_BYTES;
    fixture_start(&f);
    *state = &f;
    return 0;
}

static void keys_of_a_lease_up_to_the_limit_are_listed_and_no_byte_more(void **state)
{
    Etcdserverpb__LeaseTimeToLiveRequest r = ETCDSERVERPB__LEASE_TIME_TO_LIVE_REQUEST__INIT;
    enum grpc_status status;
    char text[128];
    grant(*state, 60, 9, &status, NULL);
    put_many(*state, 100, 9);
    assert_int_equal(ttl(*state, 9, true)->n_keys, 100);
    put(*state, "k00000", ""); /* leaves the lease */
    attach(*state, "k000000", 9);
    r.id = 9;
    r.keys = 1;
    fake_unary(*state, "Lease", "LeaseTimeToLive", &r, NULL, &status, text);
    assert_refused(status, text, GRPC_RESOURCE_EXHAUSTED, "etcdserver: response is too large");
    assert_int_equal(ttl(*state, 9, false)->ttl > 0, true);
}

static void leases_up_to_the_limit_are_listed_and_no_byte_more(void **state)
{
    enum { SHORT = 125, LONG = 60 }; /* 4 bytes each, then 5: ids below 128 take one */
    Etcdserverpb__LeaseLeasesRequest r = ETCDSERVERPB__LEASE_LEASES_REQUEST__INIT;
    enum grpc_status status;
    char text[128];
    for (int64_t i = 1; i <= SHORT; i++)
        grant(*state, 60, i, &status, NULL);
    for (int64_t i = 0; i < LONG; i++)
        grant(*state, 60, 128 + i, &status, NULL);
    const Etcdserverpb__LeaseLeasesResponse *a =
        fake_unary(*state, "Lease", "LeaseLeases", &r,
                   &etcdserverpb__lease_leases_response__descriptor, &status, NULL);
    assert_int_equal(a->n_leases, SHORT + LONG);
    grant(*state, 60, 126, &status, NULL);
    fake_unary(*state, "Lease", "LeaseLeases", &r, NULL, &status, text);
    assert_refused(status, text, GRPC_RESOURCE_EXHAUSTED, "etcdserver: response is too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FIXTURE(short_ttls_are_raised_to_2),
        ON_FIXTURE(ids_are_chosen_positive_or_taken_as_given),
        cmocka_unit_test_setup_teardown(id_that_is_taken_is_drawn_again, start_with_drawn_ids,
                                        end_fixture),
        ON_FIXTURE(remaining_time_is_in_whole_seconds_surely_left),
        ON_FIXTURE(unknown_lease_has_minus_one_second_left),
        ON_FIXTURE(keys_of_a_lease_are_listed_and_leave_with_it),
        ON_FIXTURE(leases_are_listed),
        ON_FIXTURE(many_keys_of_a_lease_are_listed_in_order),
        ON_FIXTURE(many_leases_are_listed_in_order_of_their_ids),
        cmocka_unit_test_setup_teardown(keys_of_a_lease_up_to_the_limit_are_listed_and_no_byte_more,
                                        start_with_short_lists, end_fixture),
        cmocka_unit_test_setup_teardown(leases_up_to_the_limit_are_listed_and_no_byte_more,
                                        start_with_short_lists, end_fixture),
        ON_FIXTURE(renewals_are_answered_in_order_and_unknown_ones_with_ttl_0),
        ON_FIXTURE(half_close_ends_the_stream_well_behind_its_answers),
        ON_FIXTURE(half_close_of_an_unused_stream_ends_it),
        ON_FIXTURE(drain_says_that_the_server_stopped),
        ON_FIXTURE(client_gone_in_the_middle_of_renewals_is_forgotten),
        ON_FIXTURE(client_that_does_not_read_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
