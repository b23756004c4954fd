/* Watchers: order, no gap, no repeat, whatever happens to their stream. */
#include "hub/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fake_replica.h"

enum { BUFFER_BYTES = 1000 };

/* What one stream was given, as text: "created@1 a=1@2 -a@3 compacted@9". */
struct stream {
    struct watch_stream *watch;
    struct buf heard;
    size_t pending;
    unsigned shared_made, shared_used, shared_freed;
    uint64_t last_revision;
};

static void created(struct watcher *w, uint64_t revision)
{
    struct stream *s = watch_stream_ctx(watcher_stream(w));
    buf_printf(&s->heard, "created@%u ", (unsigned)revision);
}

static void put_event(struct stream *s, const struct event *e, const struct view *view)
{
    buf_printf(&s->heard, "%s%.*s", e->kind == EVENT_DELETE ? "-" : "", (int)e->kv.key.n,
               (const char *)e->kv.key.p);
    if (e->kind == EVENT_PUT) {
        buf_put_str(&s->heard, "=");
        assert_int_equal(value_append(view, &e->kv.value, &s->heard), OK);
    }
    buf_printf(&s->heard, "@%u ", (unsigned)e->kv.mod);
}

static void events(struct watcher *w, const struct watch_events *events)
{
    struct stream *s = watch_stream_ctx(watcher_stream(w));
    for (size_t i = 0; i < events->n; i++)
        put_event(s, events->events[i], events->view);
    assert_true(events->revision >= events->events[events->n - 1]->kv.mod);
    s->last_revision = events->revision;
    if (events->shared != NULL && *events->shared == NULL) {
        *events->shared = s;
        s->shared_made++;
    } else if (events->shared != NULL) {
        s->shared_used++;
    }
}

static void compacted(struct watcher *w, uint64_t revision)
{
    struct stream *s = watch_stream_ctx(watcher_stream(w));
    buf_printf(&s->heard, "compacted@%u ", (unsigned)revision);
}

static size_t pending(void *ctx)
{
    return ((struct stream *)ctx)->pending;
}

static void free_shared(void *shared)
{
    ((struct stream *)shared)->shared_freed++;
}

static const struct watch_ops ops = {
    .created = created,
    .events = events,
    .compacted = compacted,
    .pending = pending,
    .free_shared = free_shared,
};

static struct fake fake;
static struct stream stream;

static int setup(void **state)
{
    fake_init(&fake, BUFFER_BYTES, 0);
    stream = (struct stream){ 0 };
    buf_init(&stream.heard, 1 << 20);
    stream.watch = watch_stream_new(fake.hub, &ops, &stream);
    return 0;
}

static int teardown(void **state)
{
    watch_stream_free(stream.watch);
    buf_fini(&stream.heard);
    fake_fini(&fake);
    return 0;
}

static struct watcher *watch(const char *key, const char *end, uint64_t start)
{
    struct watch_options options = {
        .space = SPACE_ETCD, .key = bytes_str(key), .end = bytes_str(end), .start = start
    };
    return watch_open(stream.watch, fake.granted, &options);
}

/* What was heard since the last time. */
static void heard(const char *wanted)
{
    fake_run(&fake);
    buf_put_u8(&stream.heard, 0);
    assert_string_equal((const char *)stream.heard.p, wanted);
    buf_clear(&stream.heard, SIZE_MAX);
}

static void created_comes_before_any_event(void **state)
{
    watch("a", "", 0);
    fake_commit(&fake, "a=1", NULL);
    heard("created@1 ");
    fake_send(&fake);
    heard("a=1@2 ");
}

static void watch_from_now_hears_nothing_of_the_past(void **state)
{
    fake_put(&fake, "a=1");
    watch("a", "", 0);
    heard("created@2 ");
}

static void watch_in_the_past_hears_all_from_there(void **state)
{
    fake_put(&fake, "a=1");
    fake_put(&fake, "b=1");
    fake_put(&fake, "a=2");
    fake_put(&fake, "-a");
    watch("a", "", 3);
    heard("created@5 a=2@4 -a@5 ");
    fake_put(&fake, "a=3");
    heard("a=3@6 ");
}

static void watch_in_the_future_begins_exactly_there(void **state)
{
    watch("a", "", 4);
    heard("created@1 ");
    fake_put(&fake, "a=1");
    fake_put(&fake, "a=2");
    heard("");
    fake_put(&fake, "a=3");
    heard("a=3@4 ");
}

/* Behind for a while before its start has come: it still hears nothing older. */
static void start_in_the_future_outlasts_a_full_stream(void **state)
{
    watch("a", "", 6);
    heard("created@1 ");
    stream.pending = BUFFER_BYTES + 1;
    fake_put(&fake, "a=1");
    stream.pending = 0;
    watch_stream_drained(stream.watch);
    heard("");
    fake_put(&fake, "a=2");
    heard("");
    fake_commit(&fake, "a=3", NULL);
    fake_lose(&fake);
    heard("");
    fake_put(&fake, "a=4");
    heard("");
    fake_put(&fake, "a=5");
    heard("a=5@6 ");
}

static void farthest_start_of_a_range_outlasts_a_full_stream(void **state)
{
    watch("a", "z", UINT64_MAX >> 1);
    heard("created@1 ");
    stream.pending = BUFFER_BYTES + 1;
    fake_put(&fake, "a=1");
    stream.pending = 0;
    watch_stream_drained(stream.watch);
    fake_put(&fake, "a=2");
    heard("");
}

static void events_of_a_transaction_come_in_order(void **state)
{
    watch("\0", "\0", 0);
    struct watch_options all = { .space = SPACE_ETCD,
                                 .key = bytes_of("\0", 1),
                                 .end = bytes_of("\0", 1) };
    fake_run(&fake);
    buf_clear(&stream.heard, SIZE_MAX);
    watch_open(stream.watch, fake.granted, &all);
    heard("created@1 ");
    fake_put(&fake, "w3=1", "w2=1", "w1=1");
    heard("w3=1@2 w2=1@2 w1=1@2 ");
}

static void prefix_holds_its_keys_only(void **state)
{
    watch("p/", "p0", 0);
    heard("created@1 ");
    fake_put(&fake, "p/a=1");
    fake_put(&fake, "q=1");
    fake_put(&fake, "p=1");
    heard("p/a=1@2 ");
}

static void filters_leave_kinds_out(void **state)
{
    struct watch_options options = { .space = SPACE_ETCD, .key = bytes_str("a"), .no_put = true };
    watch_open(stream.watch, fake.granted, &options);
    fake_run(&fake);
    fake_put(&fake, "a=1");
    fake_put(&fake, "-a");
    heard("created@1 -a@3 ");
}

static void full_stream_is_given_nothing_and_goes_on_without_a_gap(void **state)
{
    watch("a", "", 0);
    heard("created@1 ");
    stream.pending = BUFFER_BYTES + 1;
    fake_put(&fake, "a=1");
    fake_put(&fake, "a=2");
    heard("");
    struct watch_counts counts;
    watch_counts(fake.hub, &counts);
    assert_int_equal(counts.slow, 1);
    assert_int_equal(counts.fell_behind, 1);
    stream.pending = 0;
    watch_stream_drained(stream.watch);
    heard("a=1@2 a=2@3 ");
    fake_put(&fake, "a=3");
    heard("a=3@4 ");
    watch_counts(fake.hub, &counts);
    assert_int_equal(counts.slow, 0);
}

static void stream_at_its_budget_is_still_given_events(void **state)
{
    watch("a", "", 0);
    heard("created@1 ");
    stream.pending = BUFFER_BYTES;
    fake_put(&fake, "a=1");
    heard("a=1@2 ");
}

static void lost_batches_are_read_from_the_history(void **state)
{
    watch("a", "b", 0);
    heard("created@1 ");
    fake_put(&fake, "a=1");
    fake_commit(&fake, "a=2", NULL);
    fake_commit(&fake, "a=3", NULL);
    fake_lose(&fake);
    heard("a=1@2 a=2@3 a=3@4 ");
    fake_put(&fake, "a=4");
    heard("a=4@5 ");
}

/* What was lost is caught up with to the view; a batch that was sent later but is older is skipped.
 */
static void batch_below_the_next_revision_is_skipped(void **state)
{
    watch("a", "", 0);
    heard("created@1 ");
    fake_commit(&fake, "a=1", NULL);
    fake_lose(&fake);
    fake_commit(&fake, "a=2",
                NULL); /* in the view that the catch-up reads, its batch comes after */
    heard("a=1@2 a=2@3 ");
    fake_send(&fake);
    heard("");
    fake_put(&fake, "a=3");
    heard("a=3@4 ");
}

static void compaction_that_overtakes_ends_the_watcher(void **state)
{
    fake_put(&fake, "a=1");
    fake_put(&fake, "a=2");
    fake_put(&fake, "a=3");
    fake_compact(&fake, 3);
    fake_send(&fake);
    watch("a", "", 2);
    heard("created@4 compacted@3 ");
    watch("a", "", 3);
    heard("created@4 a=2@3 a=3@4 ");
}

static void closed_watcher_hears_nothing(void **state)
{
    struct watcher *w = watch("a", "", 0);
    heard("created@1 ");
    watch_close(w);
    fake_put(&fake, "a=1");
    heard("");
}

static void watchers_of_one_range_share_what_is_rendered(void **state)
{
    for (int i = 0; i < 5; i++)
        watch("a", "", 0);
    fake_run(&fake);
    fake_put(&fake, "a=1");
    assert_int_equal(stream.shared_made, 1);
    assert_int_equal(stream.shared_used, 4);
    assert_int_equal(stream.shared_freed, 1);
}

static void batch_without_its_events_is_read_from_the_history(void **state)
{
    watch_stream_free(stream.watch);
    fake_fini(&fake);
    fake_init(&fake, BUFFER_BYTES, 64); /* bytes: the second batch is too large */
    stream.watch = watch_stream_new(fake.hub, &ops, &stream);
    watch("a", "", 0);
    heard("created@1 ");
    fake_put(&fake,
             "a=12345678901234567890123456789012345678901234567890123456789012345678901234567890");
    heard("a=12345678901234567890123456789012345678901234567890123456789012345678901234567890@2 ");
}

static void change_beside_it_of_a_space_that_nobody_watches_leaves_it_in_sync(void **state)
{
    struct op puts[] = {
        { .kind = OP_PUT, .put = { .space = SPACE_CATALOG, .key = bytes_str("x") } },
        { .kind = OP_PUT, .put = { .key = bytes_str("a"), .value = bytes_str("1") } },
    };
    struct txn txn = { .then_ops = puts, .then_n = ARRAY_LEN(puts) };
    struct watch_counts counts;
    watch("a", "", 0);
    heard("created@1 ");
    fake_apply(&fake, &txn);
    fake_send(&fake);
    heard("a=1@2 ");
    watch_counts(fake.hub, &counts);
    assert_int_equal(counts.fell_behind, 0);
}

static void many_revisions_behind_come_in_pieces_that_cut_no_revision(void **state)
{
    for (int i = 0; i < 25; i++)
        fake_put(&fake, "a=1", "b=1");
    watch("a", "c", 2);
    fake_run(&fake);
    fake_run(&fake);
    size_t commas = 0;
    unsigned at[2] = { 0 };
    buf_put_u8(&stream.heard, 0);
    char *text = (char *)stream.heard.p;
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " "), commas++) {
        unsigned revision;
        if (sscanf(word, "a=1@%u", &revision) == 1)
            at[0] = revision;
        else if (sscanf(word, "b=1@%u", &revision) == 1)
            assert_int_equal(at[0], revision);
    }
    assert_int_equal(commas, 1 + 50);
    assert_int_equal(at[0], 26);
    buf_clear(&stream.heard, SIZE_MAX);
}

static void stream_is_synced_only_when_all_its_watchers_are(void **state)
{
    uint64_t revision;
    watch("a", "", 0);
    assert_false(watch_stream_is_synced(stream.watch, &revision));
    fake_run(&fake);
    assert_true(watch_stream_is_synced(stream.watch, &revision));
    assert_int_equal(revision, 1);
    watch("b", "", 9);
    fake_run(&fake);
    assert_false(watch_stream_is_synced(stream.watch, &revision));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(created_comes_before_any_event),
        T(watch_from_now_hears_nothing_of_the_past),
        T(watch_in_the_past_hears_all_from_there),
        T(watch_in_the_future_begins_exactly_there),
        T(start_in_the_future_outlasts_a_full_stream),
        T(farthest_start_of_a_range_outlasts_a_full_stream),
        T(events_of_a_transaction_come_in_order),
        T(prefix_holds_its_keys_only),
        T(filters_leave_kinds_out),
        T(full_stream_is_given_nothing_and_goes_on_without_a_gap),
        T(stream_at_its_budget_is_still_given_events),
        T(lost_batches_are_read_from_the_history),
        T(batch_below_the_next_revision_is_skipped),
        T(compaction_that_overtakes_ends_the_watcher),
        T(closed_watcher_hears_nothing),
        T(watchers_of_one_range_share_what_is_rendered),
        T(batch_without_its_events_is_read_from_the_history),
        T(change_beside_it_of_a_space_that_nobody_watches_leaves_it_in_sync),
        T(many_revisions_behind_come_in_pieces_that_cut_no_revision),
        T(stream_is_synced_only_when_all_its_watchers_are),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
