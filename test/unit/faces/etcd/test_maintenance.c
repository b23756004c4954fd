/* Maintenance and Cluster: alarms, status, hashes, members. */
#include "requests.h"

#include "store/store.h"
#include "store/view.h"

static const Etcdserverpb__AlarmResponse *alarm(struct fixture *f, int action, int kind,
                                                uint64_t member)
{
    Etcdserverpb__AlarmRequest r = ETCDSERVERPB__ALARM_REQUEST__INIT;
    enum grpc_status status;
    r.action = (Etcdserverpb__AlarmRequest__AlarmAction)action;
    r.alarm = (Etcdserverpb__AlarmType)kind;
    r.memberid = member;
    const Etcdserverpb__AlarmResponse *a = fake_unary(
        f, "Maintenance", "Alarm", &r, &etcdserverpb__alarm_response__descriptor, &status, NULL);
    assert_non_null(a);
    return a;
}

enum { GET, ACTIVATE, DEACTIVATE };
enum { NONE, NOSPACE, CORRUPT };

static enum grpc_status try_put(struct fixture *f, char *text)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    enum grpc_status status;
    r.key = data("k");
    fake_unary(f, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, text);
    return status;
}

static const Etcdserverpb__StatusResponse *ask_status(struct fixture *f)
{
    Etcdserverpb__StatusRequest r = ETCDSERVERPB__STATUS_REQUEST__INIT;
    enum grpc_status status;
    return fake_unary(f, "Maintenance", "Status", &r, &etcdserverpb__status_response__descriptor,
                      &status, NULL);
}

static void no_space_refuses_puts_and_lets_deletes_through(void **state) /* 24 */
{
    struct fixture *f = *state;
    char text[128];
    put(f, "k", "1");
    assert_int_equal(alarm(f, ACTIVATE, NOSPACE, 7)->alarms[0]->memberid, 7);
    assert_refused(try_put(f, text), text, GRPC_RESOURCE_EXHAUSTED,
                   "etcdserver: mvcc: database space exceeded");
    assert_int_equal(del(f, "k", "")->deleted, 1);
    assert_int_equal(get(f, "k")->count, 0);
    const Etcdserverpb__StatusResponse *s = ask_status(f);
    assert_int_equal(s->n_errors, 1);
    assert_string_equal(s->errors[0], "memberID:7 alarm:NOSPACE ");
    assert_int_equal(alarm(f, DEACTIVATE, NOSPACE, 7)->n_alarms, 1);
    assert_int_equal(alarm(f, 3, NOSPACE, 7)->n_alarms, 0); /* not an action */
    assert_int_equal(try_put(f, text), GRPC_OK);
    alarm(f, ACTIVATE, NOSPACE, 0);
    assert_string_equal(ask_status(f)->errors[0], "alarm:NOSPACE ");
    alarm(f, DEACTIVATE, NOSPACE, 0);
    assert_int_equal(try_put(f, text), GRPC_OK);
}

static void corrupt_refuses_all_writes_and_lets_reads_through(void **state)
{
    struct fixture *f = *state;
    char text[128];
    put(f, "k", "1");
    alarm(f, ACTIVATE, CORRUPT, 7);
    assert_refused(try_put(f, text), text, GRPC_DATA_LOSS, "etcdserver: corrupt cluster");
    assert_refused(compact(f, 1, text), text, GRPC_DATA_LOSS, "etcdserver: corrupt cluster");
    assert_int_equal(get(f, "k")->count, 1);
    alarm(f, DEACTIVATE, CORRUPT, 7);
    assert_int_equal(try_put(f, text), GRPC_OK);
}

static void alarms_are_listed_by_kind(void **state)
{
    struct fixture *f = *state;
    alarm(f, ACTIVATE, NOSPACE, 7);
    alarm(f, ACTIVATE, NOSPACE, 8);
    alarm(f, ACTIVATE, CORRUPT, 7);
    assert_int_equal(alarm(f, GET, NONE, 0)->n_alarms, 3);
    assert_int_equal(alarm(f, GET, NOSPACE, 0)->n_alarms, 2);
    assert_int_equal(alarm(f, GET, CORRUPT, 0)->n_alarms, 1);
}

static void clearing_what_is_not_set_returns_nothing(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(alarm(f, DEACTIVATE, NOSPACE, 7)->n_alarms, 0);
    assert_int_equal(alarm(f, DEACTIVATE, NONE, 0)->n_alarms, 0);
}

static void alarms_make_no_revision(void **state)
{
    struct fixture *f = *state;
    int64_t before = put(f, "k", "1");
    assert_int_equal(alarm(f, ACTIVATE, NOSPACE, 7)->header->revision, before);
    assert_int_equal(get(f, "k")->header->revision, before);
}

static int start_with_quota(void **state)
{
    static struct fixture f;
    fixture_init(&f);
    f.kernel.hub_options.quota_bytes = 4 << 20;
    fixture_start(&f);
    *state = &f;
    return 0;
}

static void quota_raises_an_alarm_that_stays(void **state) /* 25 */
{
    struct fixture *f = *state;
    static uint8_t value[1 << 20];
    char text[128], key[2] = "a";
    enum grpc_status status = GRPC_OK;
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    r.key = data(key);
    r.value = data_n(value, sizeof value);
    for (; key[0] < 'k' && status == GRPC_OK; key[0]++)
        fake_unary(f, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, text);
    assert_refused(status, text, GRPC_RESOURCE_EXHAUSTED,
                   "etcdserver: mvcc: database space exceeded");
    while (alarm(f, GET, NOSPACE, 0)->n_alarms == 0) /* on its way: it is a write like any other */
        continue;
    del(f, "a", "z");
    assert_int_equal(compact(f, get(f, "x")->header->revision, text), GRPC_OK);
    assert_int_equal(try_put(f, text), GRPC_RESOURCE_EXHAUSTED);
    const Etcdserverpb__StatusResponse *s = ask_status(f);
    assert_int_equal(alarm(f, DEACTIVATE, NOSPACE, s->header->member_id)->n_alarms, 1);
    assert_int_equal(try_put(f, text), GRPC_OK);
}

static void status_tells_version_sizes_and_leader(void **state)
{
    struct fixture *f = *state;
    put(f, "k", "1");
    const Etcdserverpb__StatusResponse *s = ask_status(f);
    assert_string_equal(s->version, "3.6.14");
    assert_string_equal(s->storageversion, "3.6.0");
    assert_true(s->dbsize > 0 && s->dbsizeinuse > 0 && s->dbsizeinuse <= s->dbsize);
    assert_true(s->leader == s->header->member_id && s->leader != 0);
    assert_int_equal(s->raftterm, s->header->raft_term);
    assert_true(s->raftindex >= s->raftappliedindex && s->raftappliedindex > 0);
    assert_int_equal(s->dbsizequota, INT64_C(2147483648));
    assert_non_null(s->downgradeinfo);
    assert_int_equal(s->n_errors, 0);
}

static void defragment_answers_without_even_a_header(void **state)
{
    Etcdserverpb__DefragmentRequest r = ETCDSERVERPB__DEFRAGMENT_REQUEST__INIT;
    struct grpc_call *call = fake_open(*state, "Maintenance", "Defragment", NULL);
    fake_send(call, &r);
    assert_int_equal(fake_answer_size(call, 0), 0);
    assert_int_equal(fake_wait_end(call, NULL), GRPC_OK);
}

static const Etcdserverpb__HashKVResponse *hash_kv(struct fixture *f, int64_t revision,
                                                   enum grpc_status *status, char *text)
{
    Etcdserverpb__HashKVRequest r = ETCDSERVERPB__HASH_KVREQUEST__INIT;
    r.revision = revision;
    return fake_unary(f, "Maintenance", "HashKV", &r, &etcdserverpb__hash_kvresponse__descriptor,
                      status, text);
}

static void hash_kv_is_of_its_revision(void **state)
{
    struct fixture *f = *state;
    enum grpc_status status;
    char text[128];
    int64_t first = put(f, "k", "1");
    const Etcdserverpb__HashKVResponse *a = hash_kv(f, 0, &status, text);
    uint32_t before = a->hash;
    assert_int_equal(a->compact_revision, -1);
    assert_int_equal(a->hash_revision, first);
    put(f, "k", "2");
    assert_int_equal(hash_kv(f, first, &status, text)->hash, before);
    hash_kv(f, 100, &status, text);
    assert_refused(status, text, GRPC_OUT_OF_RANGE,
                   "etcdserver: mvcc: required revision is a future revision");
}

static uint32_t hash_all(struct fixture *f)
{
    Etcdserverpb__HashRequest r = ETCDSERVERPB__HASH_REQUEST__INIT;
    enum grpc_status status;
    const Etcdserverpb__HashResponse *a = fake_unary(
        f, "Maintenance", "Hash", &r, &etcdserverpb__hash_response__descriptor, &status, NULL);
    assert_non_null(a);
    return a->hash;
}

/* As it is read at once. */
static uint32_t hash_directly(struct fixture *f)
{
    struct view *view;
    uint64_t hash;
    assert_int_equal(view_open(replica_store(f->kernel.replica), &view), OK);
    assert_int_equal(store_hash(view, &hash), OK);
    view_close(view);
    return (uint32_t)(hash ^ hash >> 32);
}

static void hashes_of_more_than_a_turn_looks_at_are_the_same(void **state)
{
    struct fixture *f = *state;
    enum grpc_status status;
    char text[128];
    assert_int_equal(hash_all(f), hash_directly(f));
    put_many(f, 3000, 0);
    assert_int_equal(hash_all(f), hash_directly(f));
    int64_t at = get(f, "k00000")->header->revision;
    const Etcdserverpb__HashKVResponse *a = hash_kv(f, 0, &status, text);
    uint32_t before = a->hash;
    assert_int_equal(a->hash_revision, at);
    del(f, "k00000", "k02000");
    assert_int_equal(hash_kv(f, at, &status, text)->hash, before);
    assert_true(hash_kv(f, 0, &status, text)->hash != before);
    assert_int_equal(hash_all(f), hash_directly(f));
}

static void member_list_has_a_header_without_revision(void **state)
{
    struct fixture *f = *state;
    put(f, "k", "1");
    for (int linearizable = 0; linearizable < 2; linearizable++) {
        Etcdserverpb__MemberListRequest r = ETCDSERVERPB__MEMBER_LIST_REQUEST__INIT;
        enum grpc_status status;
        r.linearizable = linearizable;
        const Etcdserverpb__MemberListResponse *a =
            fake_unary(f, "Cluster", "MemberList", &r,
                       &etcdserverpb__member_list_response__descriptor, &status, NULL);
        assert_int_equal(a->n_members, 1);
        assert_true(a->members[0]->id == a->header->member_id);
        assert_int_equal(a->header->revision, 0);
        assert_true(a->header->raft_term >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FIXTURE(no_space_refuses_puts_and_lets_deletes_through),
        ON_FIXTURE(corrupt_refuses_all_writes_and_lets_reads_through),
        ON_FIXTURE(alarms_are_listed_by_kind),
        ON_FIXTURE(clearing_what_is_not_set_returns_nothing),
        ON_FIXTURE(alarms_make_no_revision),
        cmocka_unit_test_setup_teardown(quota_raises_an_alarm_that_stays, start_with_quota,
                                        end_fixture),
        ON_FIXTURE(status_tells_version_sizes_and_leader),
        ON_FIXTURE(defragment_answers_without_even_a_header),
        ON_FIXTURE(hash_kv_is_of_its_revision),
        ON_FIXTURE(hashes_of_more_than_a_turn_looks_at_are_the_same),
        ON_FIXTURE(member_list_has_a_header_without_revision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
