/* Ranges that take several turns, and what may happen between these: whatever it is, the answer is
 * that of one revision, whole and exact, or the one error that says "try again". */
#include "net/conn.h"
#include "requests.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 60, VALUE_BYTES = 100000, TURNS = 48, STRIDE = 3 };

static struct fixture fixture;
static char *value;
static unsigned broken_off_n;   /* ranges that ended when part of the answer had left */
static int64_t mods[KEYS], now; /* revisions: of each key, and of the store */

static void name_of(size_t i, char name[8])
{
    snprintf(name, 8, "k%03zu", i);
}

/* Values begin with the reverse of the key's number, so that other orders are not that of keys. */
static void put_large(size_t i)
{
    Etcdserverpb__PutRequest r = ETCDSERVERPB__PUT_REQUEST__INIT;
    enum grpc_status status;
    char name[8];
    name_of(i, name);
    snprintf(value, 8, "v%03zu", KEYS - i);
    r.key = data(name);
    r.value = data_n(value, VALUE_BYTES);
    const Etcdserverpb__PutResponse *a = fake_unary(
        &fixture, "KV", "Put", &r, &etcdserverpb__put_response__descriptor, &status, NULL);
    assert_non_null(a);
    mods[i] = now = a->header->revision;
}

static int start(void **state)
{
    value = calloc(1, VALUE_BYTES);
    fixture_init(&fixture);
    fixture_start(&fixture);
    for (size_t i = 0; i < KEYS; i++)
        put_large(i);
    return 0;
}

static int end(void **state)
{
    fixture_end(&fixture);
    free(value);
    return 0;
}

/* -- something that happens between two turns of the io thread -------------------------------- */

/* Runs on the io thread, beside the range, once a turn; at turn AT it has core do what PROPOSALS
 * say and waits there until that is published. */
struct intruder {
    struct hub_work work;
    struct proposal proposals[2];
    struct buf bodies[2];
    size_t n;
    unsigned at, turn;
    struct loop *loop; /* of the answers, which this test gives no thread */
    struct mailbox *replies;
    unsigned answered;
};

static struct intruder intruder;

static void note_answer(struct proposal *p)
{
    assert_int_equal(p->err, OK);
    assert_int_equal(p->result->err, OK);
    effects_unref(p->effects);
    intruder.answered++;
}

static bool intrude(struct hub_work *w, const struct view *view)
{
    if (intruder.turn++ < intruder.at)
        return false;
    struct replica *r = fixture.kernel.replica;
    uint64_t began = clock_now_ns();
    for (size_t i = 0; i < intruder.n; i++)
        replica_propose(r, &intruder.proposals[i]);
    while (intruder.answered < intruder.n) {
        mailbox_take(intruder.replies);
        assert_true(clock_now_ns() - began < LOOPS_DEADLINE_MS * 1000000ULL);
    }
    return true;
}

static void add_command(enum command_kind kind)
{
    static const struct origin nobody = { .face = FACE_ETCD };
    size_t i = intruder.n++;
    intruder.proposals[i] = (struct proposal){
        .command = { .kind = kind, .origin = &nobody, .body = buf_bytes(&intruder.bodies[i]) },
        .reply_to = intruder.replies,
        .done = note_answer,
    };
}

static void add_put(const char *key)
{
    struct op op = { .kind = OP_PUT, .put = { .key = bytes_str(key), .value = bytes_str("late") } };
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    assert_int_equal(txn_encode(&txn, &intruder.bodies[intruder.n]), OK);
    add_command(COMMAND_TXN);
}

static void add_compaction(uint64_t revision)
{
    struct compact compact = { .space = SPACE_ETCD, .revision = revision };
    compact_encode(&compact, &intruder.bodies[intruder.n]);
    add_command(COMMAND_COMPACT);
}

static void intruder_init(unsigned at)
{
    intruder = (struct intruder){ .at = at, .work.run = intrude };
    for (size_t i = 0; i < 2; i++)
        buf_init(&intruder.bodies[i], 1 << 20);
    assert_int_equal(loop_new("replies", &intruder.loop), OK);
    intruder.replies = mailbox_new(intruder.loop);
}

static void let_go(void *ctx)
{
    if (intruder.answered == 0)
        hub_work_remove(fixture.kernel.hub, &intruder.work); /* the range was faster */
}

static void intruder_fini(void)
{
    kernel_call(&fixture.kernel, let_go, NULL);
    mailbox_free(intruder.replies);
    loop_free(intruder.loop);
    for (size_t i = 0; i < 2; i++)
        buf_fini(&intruder.bodies[i]);
}

/* -- ranges ----------------------------------------------------------------------------------- */

static void add_intruder(void *ctx)
{
    hub_work_add(fixture.kernel.hub, &intruder.work);
}

enum { PLAIN, DESCENDING, BY_VALUE, LIMITED, FILTERED, KINDS };

static Etcdserverpb__RangeRequest request_of(int kind)
{
    Etcdserverpb__RangeRequest r = ETCDSERVERPB__RANGE_REQUEST__INIT;
    r.key = data("k");
    r.range_end = data("l");
    if (kind == DESCENDING)
        r.sort_order = ETCDSERVERPB__RANGE_REQUEST__SORT_ORDER__DESCEND;
    if (kind == BY_VALUE)
        r.sort_target = ETCDSERVERPB__RANGE_REQUEST__SORT_TARGET__VALUE;
    if (kind == LIMITED)
        r.limit = KEYS / 2;
    if (kind == FILTERED)
        r.min_mod_revision = mods[KEYS / 4];
    return r;
}

/* All that the request selects, as it stood at REVISION. */
static void assert_exact(const Etcdserverpb__RangeResponse *a, int kind)
{
    size_t n = kind == LIMITED ? KEYS / 2 : kind == FILTERED ? KEYS - KEYS / 4 : KEYS;
    size_t from = kind == FILTERED ? KEYS / 4 : 0;
    bool is_down = kind == DESCENDING || kind == BY_VALUE;
    assert_int_equal(a->header->revision, now);
    assert_int_equal(a->count, KEYS);
    assert_int_equal(a->more, kind == LIMITED);
    assert_int_equal(a->n_kvs, n);
    for (size_t i = 0; i < n; i++) {
        char name[8], begin[8];
        size_t at = is_down ? KEYS - 1 - i : from + i;
        name_of(at, name);
        snprintf(begin, sizeof begin, "v%03zu", KEYS - at);
        assert_true(data_is(a->kvs[i]->key, name));
        assert_int_equal(a->kvs[i]->value.len, VALUE_BYTES);
        assert_string_equal((const char *)a->kvs[i]->value.data, begin);
        assert_int_equal(a->kvs[i]->mod_revision, mods[at]);
    }
}

/* True if it was answered, exactly; false if it was refused as one that may be tried again. */
static bool ask(int kind)
{
    char text[128];
    Etcdserverpb__RangeRequest r = request_of(kind);
    struct grpc_call *call = fake_open(&fixture, "KV", "Range", NULL);
    fake_send_then(call, &r, add_intruder, NULL);
    enum grpc_status status = fake_wait_end(call, text);
    if (status == GRPC_OK) {
        assert_int_equal(fake_answer_n(call), 1);
        assert_exact(fake_answer(call, 0, &etcdserverpb__range_response__descriptor), kind);
        return true;
    }
    bool broken_off = strcmp(text, FAKE_BROKEN) == 0;
    broken_off_n += broken_off;
    assert_refused(status, text, GRPC_UNAVAILABLE,
                   broken_off ? FAKE_BROKEN : "etcdserver: request timed out");
    assert_int_equal(fake_answer_n(call), 0);
    return false;
}

static void long_ranges_are_exact_when_nothing_happens(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        intruder_init(0);
        assert_true(ask(kind));
        intruder_fini();
    }
}

static void long_ranges_do_not_see_what_is_written_meanwhile(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned at = 0; at < TURNS; at += STRIDE) {
            intruder_init(at);
            add_put("k059"); /* would be read last, or first */
            assert_true(ask(kind));
            intruder_fini();
            put_large(KEYS - 1);
        }
    }
}

/* A compaction takes what is older than it: at the range's own revision everything is there. */
static void long_ranges_outlive_a_compaction_to_their_revision(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned at = 0; at < TURNS; at += STRIDE) {
            intruder_init(at);
            add_compaction((uint64_t)now);
            assert_true(ask(kind));
            intruder_fini();
            put_large(KEYS - 1);
        }
    }
}

static void long_ranges_overtaken_by_a_compaction_are_whole_or_to_be_tried_again(void **state)
{
    for (int kind = 0; kind < KINDS; kind++) {
        for (unsigned at = 0; at < TURNS; at += STRIDE) {
            intruder_init(at);
            add_put("k059");
            add_compaction((uint64_t)now + 1);
            bool is_answered = ask(kind);
            intruder_fini();
            put_large(KEYS - 1);
            if (kind == PLAIN && at == 0)
                assert_false(is_answered);
            if (at == TURNS - STRIDE)
                assert_true(is_answered);
        }
    }
    assert_true(broken_off_n > 0);
}

/* What was refused can be had: the same request, without a revision, is answered. */
static void range_that_was_overtaken_succeeds_at_the_next_try(void **state)
{
    intruder_init(0);
    add_put("zz");
    add_compaction((uint64_t)now + 1);
    assert_false(ask(PLAIN));
    intruder_fini();
    now++;
    intruder_init(TURNS);
    assert_true(ask(PLAIN));
    intruder_fini();
}

/* -- who waits -------------------------------------------------------------------------------- */

enum { IMPATIENT_MS = 300 };

static int start_impatient(void **state)
{
    value = calloc(1, VALUE_BYTES);
    fixture_init(&fixture);
    fixture.options.request_timeout_ms = IMPATIENT_MS;
    fixture_start(&fixture);
    for (size_t i = 0; i < KEYS; i++)
        put_large(i);
    return 0;
}

static struct grpc_call *open_by_value(void)
{
    Etcdserverpb__RangeRequest r = request_of(BY_VALUE);
    struct grpc_call *call = fake_open(&fixture, "KV", "Range", NULL);
    fake_set_pending(call, CONN_OUT_HIGH + 1); /* its client reads nothing */
    fake_send(call, &r);
    return call;
}

/* Two sorted answers may be held for their clients; the third waits for its turn. */
static void sorted_range_waits_for_its_turn(void **state)
{
    struct grpc_call *first = open_by_value(), *second = open_by_value();
    struct grpc_call *third = open_by_value();
    fake_set_pending(third, 0);
    fake_set_pending(first, 0);
    assert_int_equal(fake_wait_end(first, NULL), GRPC_OK);
    assert_int_equal(fake_wait_end(third, NULL), GRPC_OK);
    assert_false(fake_has_ended(second));
    assert_exact(fake_answer(third, 0, &etcdserverpb__range_response__descriptor), BY_VALUE);
    fake_reset(second);
}

static void sorted_range_that_waits_too_long_is_refused(void **state)
{
    char text[128];
    struct grpc_call *first = open_by_value(), *second = open_by_value();
    struct grpc_call *third = open_by_value();
    assert_refused(fake_wait_end(third, text), text, GRPC_RESOURCE_EXHAUSTED,
                   "etcdserver: too many requests");
    fake_reset(first); /* gives its turn back though nobody waits for it */
    struct grpc_call *fourth = open_by_value();
    fake_set_pending(fourth, 0);
    assert_int_equal(fake_wait_end(fourth, NULL), GRPC_OK);
    fake_reset(second);
}

static void answers_wait_for_room_and_not_for_ever(void **state)
{
    static const int kinds[] = { PLAIN, BY_VALUE, -1 };
    for (size_t i = 0; i < 3; i++) {
        char text[128];
        Etcdserverpb__RangeRequest r = request_of(kinds[i]);
        if (kinds[i] < 0) {
            r.key = data("k000");
            r.range_end = data("");
        }
        fixture.has_no_room = true;
        struct grpc_call *refused = fake_open(&fixture, "KV", "Range", NULL);
        fake_send(refused, &r);
        assert_refused(fake_wait_end(refused, text), text, GRPC_RESOURCE_EXHAUSTED,
                       "etcdserver: too many requests");
        struct grpc_call *answered = fake_open(&fixture, "KV", "Range", NULL);
        fake_send(answered, &r);
        assert_false(fake_has_ended(answered));
        fixture.has_no_room = false;
        assert_int_equal(fake_wait_end(answered, NULL), GRPC_OK);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, end)
#define T_IMPATIENT(f) cmocka_unit_test_setup_teardown(f, start_impatient, end)
    const struct CMUnitTest tests[] = {
        T(long_ranges_are_exact_when_nothing_happens),
        T(long_ranges_do_not_see_what_is_written_meanwhile),
        T(long_ranges_outlive_a_compaction_to_their_revision),
        T(long_ranges_overtaken_by_a_compaction_are_whole_or_to_be_tried_again),
        T(range_that_was_overtaken_succeeds_at_the_next_try),
        T(sorted_range_waits_for_its_turn),
        T_IMPATIENT(sorted_range_that_waits_too_long_is_refused),
        T_IMPATIENT(answers_wait_for_room_and_not_for_ever),
    };
    return cmocka_run_group_tests_name("long_range", tests, NULL, NULL);
}
