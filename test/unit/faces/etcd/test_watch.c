/* Watch streams: the order of their answers, and every event once. */
#include "requests.h"

#include <stdlib.h>

/* -- requests --------------------------------------------------------------------------------- */

struct create { /* one create request with the storage it needs */
    Etcdserverpb__WatchRequest request;
    Etcdserverpb__WatchCreateRequest create;
};

static struct create *creation(struct create *c, const char *key, const char *end)
{
    static const Etcdserverpb__WatchRequest request = ETCDSERVERPB__WATCH_REQUEST__INIT;
    static const Etcdserverpb__WatchCreateRequest create = ETCDSERVERPB__WATCH_CREATE_REQUEST__INIT;
    c->request = request;
    c->create = create;
    c->create.key = data(key);
    c->create.range_end = data(end);
    c->request.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CREATE_REQUEST;
    c->request.create_request = &c->create;
    return c;
}

static void cancel(struct grpc_call *call, int64_t id)
{
    Etcdserverpb__WatchRequest r = ETCDSERVERPB__WATCH_REQUEST__INIT;
    Etcdserverpb__WatchCancelRequest c = ETCDSERVERPB__WATCH_CANCEL_REQUEST__INIT;
    c.watch_id = id;
    r.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CANCEL_REQUEST;
    r.cancel_request = &c;
    fake_send(call, &r);
}

static void ask_progress(struct grpc_call *call)
{
    Etcdserverpb__WatchRequest r = ETCDSERVERPB__WATCH_REQUEST__INIT;
    Etcdserverpb__WatchProgressRequest p = ETCDSERVERPB__WATCH_PROGRESS_REQUEST__INIT;
    r.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_PROGRESS_REQUEST;
    r.progress_request = &p;
    fake_send(call, &r);
}

static const Etcdserverpb__WatchResponse *answer(struct grpc_call *call, size_t i)
{
    return fake_answer(call, i, &etcdserverpb__watch_response__descriptor);
}

static struct grpc_call *open_watch(struct fixture *f)
{
    return fake_open(f, "Watch", "Watch", NULL);
}

/* A stream with one watcher of KEY to END from START that has been created. */
static struct grpc_call *watching(struct fixture *f, const char *key, const char *end,
                                  int64_t start)
{
    struct create c;
    struct grpc_call *call = open_watch(f);
    creation(&c, key, end)->create.start_revision = start;
    fake_send(call, &c.request);
    assert_true(answer(call, 0)->created);
    return call;
}

/* -- creating --------------------------------------------------------------------------------- */

static void created_comes_with_the_present_revision_and_then_events(void **state) /* 16 */
{
    struct fixture *f = *state;
    int64_t before = put(f, "k", "0");
    struct grpc_call *call = watching(f, "k", "", 0);
    assert_int_equal(answer(call, 0)->header->revision, before);
    assert_int_equal(answer(call, 0)->watch_id, 0);
    assert_int_equal(answer(call, 0)->n_events, 0);
    int64_t at = put(f, "k", "1");
    const Etcdserverpb__WatchResponse *a = answer(call, 1);
    assert_int_equal(a->n_events, 1);
    assert_int_equal(a->header->revision, at);
    assert_int_equal(a->events[0]->kv->mod_revision, at);
    assert_true(data_is(a->events[0]->kv->value, "1"));
}

static void ids_are_counted_and_given_ones_skipped(void **state) /* 16 */
{
    static const int64_t asked[] = { 0, 0, 77, 0, 1 }, got[] = { 0, 1, 77, 2, -1 };
    struct grpc_call *call = open_watch(*state);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        struct create c;
        creation(&c, "k", "")->create.watch_id = asked[i];
        fake_send(call, &c.request);
        assert_int_equal(answer(call, i)->watch_id, got[i]);
    }
    const Etcdserverpb__WatchResponse *refused = answer(call, 4);
    assert_true(refused->created && refused->canceled);
    assert_string_equal(refused->cancel_reason,
                        "mvcc: duplicate watch ID provided on the WatchStream");
}

static void refusals_say_why_and_keep_the_stream(void **state)
{
    struct create c;
    struct grpc_call *call = open_watch(*state);
    creation(&c, "b", "a");
    fake_send(call, &c.request);
    assert_string_equal(answer(call, 0)->cancel_reason, "mvcc: watcher range is empty");
    assert_int_equal(answer(call, 0)->watch_id, -1);
    creation(&c, "b", "a")->create.start_revision = -1;
    fake_send(call, &c.request);
    assert_string_equal(answer(call, 1)->cancel_reason,
                        "etcdserver: mvcc: required revision has been compacted");
    assert_int_equal(answer(call, 1)->compact_revision, 0);
    creation(&c, "b", "");
    fake_send(call, &c.request);
    assert_true(answer(call, 2)->created);
    assert_false(answer(call, 2)->canceled);
}

static void answers_keep_the_order_of_requests_of_one_turn(void **state)
{
    struct create good, bad, again;
    creation(&good, "a", "");
    creation(&bad, "b", "a");
    creation(&again, "c", "");
    const void *messages[] = { &good.request, &bad.request, &again.request };
    struct grpc_call *call = open_watch(*state);
    fake_send_all(call, messages, 3);
    assert_int_equal(answer(call, 0)->watch_id, 0);
    assert_int_equal(answer(call, 1)->watch_id, -1);
    assert_int_equal(answer(call, 2)->watch_id, 1);
}

static void create_cancel_create_of_one_id_in_one_turn_works(void **state)
{
    struct create first, second;
    Etcdserverpb__WatchRequest r = ETCDSERVERPB__WATCH_REQUEST__INIT;
    Etcdserverpb__WatchCancelRequest c = ETCDSERVERPB__WATCH_CANCEL_REQUEST__INIT;
    c.watch_id = 5;
    r.request_union_case = ETCDSERVERPB__WATCH_REQUEST__REQUEST_UNION_CANCEL_REQUEST;
    r.cancel_request = &c;
    creation(&first, "a", "")->create.watch_id = 5;
    creation(&second, "a", "")->create.watch_id = 5;
    const void *messages[] = { &first.request, &r, &second.request };
    struct grpc_call *call = open_watch(*state);
    fake_send_all(call, messages, 3);
    assert_true(answer(call, 0)->created);
    assert_true(answer(call, 1)->canceled && !answer(call, 1)->created);
    assert_true(answer(call, 2)->created && !answer(call, 2)->canceled);
}

static void empty_request_and_half_close_change_nothing(void **state) /* 18 */
{
    struct fixture *f = *state;
    Etcdserverpb__WatchRequest nothing = ETCDSERVERPB__WATCH_REQUEST__INIT;
    struct grpc_call *call = watching(f, "k", "", 0);
    fake_send(call, &nothing);
    fake_half_close(call);
    put(f, "k", "1");
    assert_int_equal(answer(call, 1)->n_events, 1);
}

static void undecodable_request_ends_the_stream_in_a_stream_s_words(void **state)
{
    static const struct {
        struct bytes message;
        const char *text;
    } cases[] = {
        { { (const uint8_t *)"\x0a\x05k", 3 },
          "grpc: failed to unmarshal the received message: unexpected EOF" },
        { { (const uint8_t *)"\x08\x01", 2 },
          "grpc: failed to unmarshal the received message: proto: illegal wireType" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[128];
        struct grpc_call *call = open_watch(*state);
        fake_send_bytes(call, cases[i].message);
        assert_refused(fake_wait_end(call, text), text, GRPC_INTERNAL, cases[i].text);
    }
}

/* -- canceling -------------------------------------------------------------------------------- */

static void canceled_watcher_is_silent_and_a_second_cancel_ignored(void **state) /* 18 */
{
    struct fixture *f = *state;
    struct grpc_call *call = watching(f, "k", "", 0);
    cancel(call, 0);
    assert_true(answer(call, 1)->canceled);
    assert_string_equal(answer(call, 1)->cancel_reason, "");
    cancel(call, 0);
    put(f, "k", "1");
    struct create c;
    creation(&c, "other", "");
    fake_send(call, &c.request);
    assert_true(answer(call, 2)->created); /* nothing came in between */
}

static void compaction_that_overtook_the_start_cancels(void **state)
{
    struct fixture *f = *state;
    put(f, "k", "1");
    put(f, "k", "2");
    put(f, "k", "3");
    assert_int_equal(compact(f, 4, NULL), GRPC_OK);
    struct grpc_call *call = watching(f, "k", "", 2);
    const Etcdserverpb__WatchResponse *a = answer(call, 1);
    assert_true(a->canceled && !a->created);
    assert_int_equal(a->compact_revision, 4);
    assert_int_equal(a->header->revision, 0);
    assert_string_equal(a->cancel_reason, "");
}

static void watcher_that_compaction_ended_is_there_until_it_is_canceled(void **state)
{
    struct fixture *f = *state;
    put(f, "k", "1");
    put(f, "k", "2");
    assert_int_equal(compact(f, 3, NULL), GRPC_OK);
    struct grpc_call *call = watching(f, "k", "", 2);
    assert_int_equal(answer(call, 1)->compact_revision, 3);
    ask_progress(call); /* not answered */
    struct create c;
    creation(&c, "k", "");
    fake_send(call, &c.request);
    assert_int_equal(answer(call, 2)->watch_id, 1);
    cancel(call, 0);
    assert_true(answer(call, 3)->canceled && answer(call, 3)->watch_id == 0);
    assert_int_equal(answer(call, 3)->compact_revision, 0);
    ask_progress(call);
    assert_int_equal(answer(call, 4)->watch_id, -1);
}

/* -- events ----------------------------------------------------------------------------------- */

static void past_comes_in_one_answer_with_the_present_revision(void **state) /* 19 */
{
    struct fixture *f = *state;
    int64_t first = put(f, "k1", "1");
    put(f, "k2", "2");
    del(f, "k1", "");
    int64_t last = put(f, "other", "x");
    struct grpc_call *call = watching(f, "k", "l", first);
    const Etcdserverpb__WatchResponse *a = answer(call, 1);
    assert_int_equal(a->n_events, 3);
    assert_int_equal(a->header->revision, last);
    assert_int_equal(a->events[2]->type, MVCCPB__EVENT__EVENT_TYPE__DELETE);
    assert_int_equal(a->events[2]->kv->create_revision, 0);
    assert_null(a->events[2]->prev_kv);
}

static void future_start_gives_exactly_that_revision_first(void **state) /* 20 */
{
    struct fixture *f = *state;
    int64_t now = put(f, "k", "0");
    struct grpc_call *call = watching(f, "k", "", now + 3);
    put(f, "k", "1");
    put(f, "k", "2");
    put(f, "k", "3");
    assert_int_equal(answer(call, 1)->events[0]->kv->mod_revision, now + 3);
}

static void filters_drop_what_they_name(void **state) /* 19 */
{
    struct fixture *f = *state;
    Etcdserverpb__WatchCreateRequest__FilterType filters[] = {
        ETCDSERVERPB__WATCH_CREATE_REQUEST__FILTER_TYPE__NOPUT,
        ETCDSERVERPB__WATCH_CREATE_REQUEST__FILTER_TYPE__NODELETE,
    };
    struct create no_put, neither;
    struct grpc_call *call = open_watch(f);
    creation(&no_put, "k", "")->create.n_filters = 1;
    no_put.create.filters = filters;
    creation(&neither, "k", "")->create.n_filters = 2;
    neither.create.filters = filters;
    fake_send(call, &no_put.request);
    fake_send(call, &neither.request);
    fake_wait(call, 2);
    put(f, "k", "1");
    del(f, "k", "");
    assert_int_equal(answer(call, 2)->watch_id, 0);
    assert_int_equal(answer(call, 2)->events[0]->type, MVCCPB__EVENT__EVENT_TYPE__DELETE);
    ask_progress(call);
    assert_int_equal(answer(call, 3)->watch_id, -1);
}

static void previous_values_are_for_those_who_ask(void **state)
{
    struct fixture *f = *state;
    struct create with, without;
    struct grpc_call *call = open_watch(f);
    creation(&with, "k", "")->create.prev_kv = 1;
    creation(&without, "k", "");
    fake_send(call, &with.request);
    fake_send(call, &without.request);
    fake_wait(call, 2);
    put(f, "k", "1");
    fake_wait(call, 4);
    put(f, "k", "2");
    fake_wait(call, 6);
    del(f, "k", "");
    fake_wait(call, 8);
    for (size_t i = 2; i < 8; i++) {
        const Etcdserverpb__WatchResponse *a = answer(call, i);
        const Mvccpb__Event *e = a->events[0];
        bool creates = i < 4;
        assert_int_equal(e->prev_kv != NULL, a->watch_id == 0 && !creates);
        if (e->prev_kv != NULL)
            assert_true(data_is(e->prev_kv->value, i < 6 ? "1" : "2"));
    }
}

static void previous_value_below_the_compaction_is_left_out(void **state) /* 28 */
{
    struct fixture *f = *state;
    put(f, "k", "1");
    int64_t second = put(f, "k", "2");
    assert_int_equal(compact(f, second, NULL), GRPC_OK);
    struct create c;
    struct grpc_call *call = open_watch(f);
    creation(&c, "k", "")->create.start_revision = second;
    c.create.prev_kv = 1;
    fake_send(call, &c.request);
    const Etcdserverpb__WatchResponse *a = answer(call, 1);
    assert_int_equal(a->events[0]->kv->mod_revision, second);
    assert_null(a->events[0]->prev_kv);
}

/* Two nested transactions: one puts KEY, the next deletes it. Siblings may. */
static int64_t put_and_delete_at_once(struct fixture *f, const char *key)
{
    Etcdserverpb__PutRequest p = ETCDSERVERPB__PUT_REQUEST__INIT;
    Etcdserverpb__DeleteRangeRequest d = ETCDSERVERPB__DELETE_RANGE_REQUEST__INIT;
    Etcdserverpb__RequestOp op_put = ETCDSERVERPB__REQUEST_OP__INIT, op_delete = op_put;
    Etcdserverpb__RequestOp op_txn[2] = { op_put, op_put };
    Etcdserverpb__RequestOp *puts[] = { &op_put }, *deletes[] = { &op_delete };
    Etcdserverpb__RequestOp *both[] = { &op_txn[0], &op_txn[1] };
    Etcdserverpb__TxnRequest first = ETCDSERVERPB__TXN_REQUEST__INIT, second = first, outer = first;
    p.key = d.key = data(key);
    op_put.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_PUT;
    op_put.request_put = &p;
    op_delete.request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE;
    op_delete.request_delete_range = &d;
    first.n_success = second.n_success = 1;
    first.success = puts;
    second.success = deletes;
    op_txn[0].request_case = op_txn[1].request_case = ETCDSERVERPB__REQUEST_OP__REQUEST_REQUEST_TXN;
    op_txn[0].request_txn = &first;
    op_txn[1].request_txn = &second;
    outer.n_success = 2;
    outer.success = both;
    enum grpc_status status;
    const Etcdserverpb__TxnResponse *a =
        fake_unary(f, "KV", "Txn", &outer, &etcdserverpb__txn_response__descriptor, &status, NULL);
    assert_non_null(a);
    return a->header->revision;
}

static void previous_value_is_that_of_the_revision_before(void **state)
{
    struct fixture *f = *state;
    struct create c;
    struct grpc_call *call = open_watch(f);
    creation(&c, "", "");
    c.create.range_end = data_n("\0", 1);
    c.create.prev_kv = 1;
    fake_send(call, &c.request);
    put(f, "old", "1");
    put_and_delete_at_once(f, "new");
    int64_t at = put_and_delete_at_once(f, "old");
    const Etcdserverpb__WatchResponse *a = answer(call, 2);
    assert_int_equal(a->n_events, 2);
    assert_null(a->events[1]->prev_kv);
    a = answer(call, 3);
    assert_int_equal(a->header->revision, at);
    assert_true(data_is(a->events[0]->prev_kv->value, "1"));
    assert_int_equal(a->events[1]->type, MVCCPB__EVENT__EVENT_TYPE__DELETE);
    assert_true(data_is(a->events[1]->prev_kv->value, "1"));
}

static void empty_key_to_the_open_end_sees_everything(void **state)
{
    struct fixture *f = *state;
    struct create c;
    struct grpc_call *call = open_watch(f);
    creation(&c, "", "");
    c.create.range_end = data_n("\0", 1);
    fake_send(call, &c.request);
    assert_true(answer(call, 0)->created && !answer(call, 0)->canceled);
    put(f, "anything", "1");
    assert_int_equal(answer(call, 1)->n_events, 1);
}

static void long_past_comes_in_pieces_of_1000_revisions(void **state) /* 21 */
{
    struct fixture *f = *state;
    int64_t first = 0;
    for (int i = 0; i < 2500; i++) {
        int64_t at = (int64_t)kernel_put(&f->kernel, "k", "v", 0);
        first = first == 0 ? at : first;
    }
    struct grpc_call *call = watching(f, "k", "", first);
    assert_int_equal(answer(call, 1)->n_events, 1000);
    assert_int_equal(answer(call, 2)->n_events, 1000);
    assert_int_equal(answer(call, 3)->n_events, 500);
    assert_int_equal(answer(call, 1)->header->revision, answer(call, 3)->header->revision);
}

/* Options of its own: parts of 512 KiB and a little instead of 2 MiB. */
static int start_small(void **state)
{
    static struct fixture f;
    fixture_init(&f);
    f.options.max_request_bytes = 64 * 1024;
    f.options.progress_interval_ms = 100;
    fixture_start(&f);
    *state = &f;
    return 0;
}

static void fragments_are_marked_but_for_the_last(void **state)
{
    struct fixture *f = *state;
    enum { VALUE = 50000, N = 30 };
    char *value = malloc(VALUE + 1);
    memset(value, 'v', VALUE);
    value[VALUE] = 0;
    int64_t first = put(f, "k", value);
    for (int i = 1; i < N; i++)
        put(f, "k", value);
    struct create c;
    struct grpc_call *call = open_watch(f);
    creation(&c, "k", "")->create.start_revision = first;
    c.create.fragment = 1;
    fake_send(call, &c.request);
    size_t seen = 0, i = 1;
    for (; seen < N; i++) {
        const Etcdserverpb__WatchResponse *a = answer(call, i);
        assert_true(fake_answer_size(call, i) < 64 * 1024 + 512 * 1024);
        for (size_t k = 0; k < a->n_events; k++)
            assert_int_equal(a->events[k]->kv->mod_revision, first + (int64_t)seen++);
        assert_int_equal(a->fragment, seen < N);
    }
    assert_true(i > 2);
    free(value);
}

/* -- progress --------------------------------------------------------------------------------- */

static void asked_progress_is_answered_once_with_id_minus_one(void **state)
{
    struct fixture *f = *state;
    struct grpc_call *call = watching(f, "k", "", 0);
    int64_t now = put(f, "other", "1");
    ask_progress(call);
    const Etcdserverpb__WatchResponse *a = answer(call, 1);
    assert_int_equal(a->watch_id, -1);
    assert_int_equal(a->n_events, 0);
    assert_int_equal(a->header->revision, now);
}

static void progress_is_not_answered_for_a_start_in_the_future(void **state)
{
    struct fixture *f = *state;
    int64_t now = put(f, "k", "0");
    struct grpc_call *call = watching(f, "k", "", now + 5);
    ask_progress(call);
    struct create c;
    creation(&c, "other", "");
    fake_send(call, &c.request);
    assert_true(answer(call, 1)->created);
}

static void progress_begins_when_the_start_has_come(void **state)
{
    struct fixture *f = *state;
    int64_t now = put(f, "k", "0");
    struct grpc_call *call = watching(f, "k", "", now + 1);
    ask_progress(call); /* not answered */
    assert_int_equal(put(f, "k", "1"), now + 1);
    assert_int_equal(answer(call, 1)->n_events, 1);
    ask_progress(call);
    assert_int_equal(answer(call, 2)->watch_id, -1);
    assert_int_equal(answer(call, 2)->header->revision, now + 1);
}

static void progress_on_a_stream_without_watchers_is_not_answered(void **state)
{
    struct grpc_call *call = open_watch(*state);
    ask_progress(call);
    struct create c;
    creation(&c, "k", "");
    fake_send(call, &c.request);
    assert_true(answer(call, 0)->created);
}

static void periodic_progress_has_the_watchers_own_id(void **state) /* 27 */
{
    struct create silent, c;
    struct grpc_call *call = open_watch(*state);
    creation(&silent, "k", "");
    creation(&c, "k", "")->create.progress_notify = 1;
    fake_send(call, &silent.request);
    fake_send(call, &c.request);
    for (size_t i = 2; i < 4; i++) {
        const Etcdserverpb__WatchResponse *a = answer(call, i);
        assert_int_equal(a->watch_id, 1);
        assert_int_equal(a->n_events, 0);
        assert_int_equal(a->header->revision, 1);
    }
}

/* -- slow clients, ends ----------------------------------------------------------------------- */

static void slow_reader_goes_on_without_gap_or_repeat(void **state)
{
    struct fixture *f = *state;
    struct grpc_call *call = watching(f, "k", "", 0);
    int64_t first = put(f, "k", "0");
    fake_wait(call, 2);
    fake_set_pending(call, 10 << 20);
    for (int i = 1; i < 50; i++)
        put(f, "k", "x");
    assert_int_equal(fake_answer_n(call), 2);
    fake_set_pending(call, 0);
    int64_t expected = first;
    for (size_t i = 1; expected < first + 50; i++) {
        const Etcdserverpb__WatchResponse *a = answer(call, i);
        for (size_t k = 0; k < a->n_events; k++)
            assert_int_equal(a->events[k]->kv->mod_revision, expected++);
    }
}

static void client_that_does_not_read_is_not_read(void **state)
{
    struct grpc_call *call = watching(*state, "k", "", 0);
    fake_set_pending(call, 10 << 20);
    ask_progress(call);
    assert_true(fake_is_paused(call));
    fake_set_pending(call, 0);
    assert_false(fake_is_paused(call));
}

static void drain_ends_streams_in_etcds_words(void **state)
{
    char text[128];
    struct grpc_call *call = watching(*state, "k", "", 0);
    fixture_drain(*state);
    assert_refused(fake_wait_end(call, text), text, GRPC_UNAVAILABLE, "etcdserver: server stopped");
    put(*state, "k", "1"); /* an event for a stream that has ended goes nowhere */
    assert_int_equal(fake_answer_n(call), 1);
}

static void many_watchers_of_one_stream_each_get_the_event(void **state)
{
    enum { MANY = 200 };
    struct fixture *f = *state;
    struct grpc_call *call = open_watch(f);
    struct create c[MANY];
    const void *messages[MANY];
    for (size_t i = 0; i < MANY; i++)
        messages[i] = &creation(&c[i], "k", "")->request;
    fake_send_all(call, messages, MANY);
    fake_wait(call, MANY);
    put(f, "k", "1");
    bool seen[MANY] = { 0 };
    for (size_t i = 0; i < MANY; i++) {
        const Etcdserverpb__WatchResponse *a = answer(call, MANY + i);
        assert_int_equal(a->n_events, 1);
        assert_false(seen[a->watch_id]);
        seen[a->watch_id] = true;
    }
}

#define ON_SMALL(test) cmocka_unit_test_setup_teardown(test, start_small, end_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FIXTURE(created_comes_with_the_present_revision_and_then_events),
        ON_FIXTURE(ids_are_counted_and_given_ones_skipped),
        ON_FIXTURE(refusals_say_why_and_keep_the_stream),
        ON_FIXTURE(answers_keep_the_order_of_requests_of_one_turn),
        ON_FIXTURE(create_cancel_create_of_one_id_in_one_turn_works),
        ON_FIXTURE(empty_request_and_half_close_change_nothing),
        ON_FIXTURE(undecodable_request_ends_the_stream_in_a_stream_s_words),
        ON_FIXTURE(canceled_watcher_is_silent_and_a_second_cancel_ignored),
        ON_FIXTURE(compaction_that_overtook_the_start_cancels),
        ON_FIXTURE(watcher_that_compaction_ended_is_there_until_it_is_canceled),
        ON_FIXTURE(past_comes_in_one_answer_with_the_present_revision),
        ON_FIXTURE(future_start_gives_exactly_that_revision_first),
        ON_FIXTURE(filters_drop_what_they_name),
        ON_FIXTURE(previous_values_are_for_those_who_ask),
        ON_FIXTURE(previous_value_below_the_compaction_is_left_out),
        ON_FIXTURE(previous_value_is_that_of_the_revision_before),
        ON_FIXTURE(empty_key_to_the_open_end_sees_everything),
        ON_FIXTURE(long_past_comes_in_pieces_of_1000_revisions),
        ON_SMALL(fragments_are_marked_but_for_the_last),
        ON_FIXTURE(asked_progress_is_answered_once_with_id_minus_one),
        ON_FIXTURE(progress_is_not_answered_for_a_start_in_the_future),
        ON_FIXTURE(progress_begins_when_the_start_has_come),
        ON_FIXTURE(progress_on_a_stream_without_watchers_is_not_answered),
        ON_SMALL(periodic_progress_has_the_watchers_own_id),
        ON_FIXTURE(slow_reader_goes_on_without_gap_or_repeat),
        ON_FIXTURE(client_that_does_not_read_is_not_read),
        ON_FIXTURE(drain_ends_streams_in_etcds_words),
        ON_FIXTURE(many_watchers_of_one_stream_each_get_the_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
