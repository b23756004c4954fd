/* What survives: clean stops, dead processes, lost views. */
#include "replica/replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "disk/log.h"
#include "kernel.h"
#include "replica/restore.h"
#include "replica/snapshotter.h"
#include "store/lease.h"
#include "test/lib/tempdir.h"

static struct kernel kernel;

static int setup(void **state)
{
    kernel_init(&kernel, NULL);
    kernel_start(&kernel);
    return 0;
}

static int teardown(void **state)
{
    kernel_stop(&kernel, true);
    kernel_fini(&kernel);
    return 0;
}

static void restart(bool clean)
{
    kernel_stop(&kernel, clean);
    kernel_start(&kernel);
}

static void assert_value(const char *key, const char *wanted)
{
    char value[256] = "";
    assert_true(kernel_get(&kernel, key, value, sizeof value));
    assert_string_equal(value, wanted);
}

static uint64_t term(void)
{
    struct replica_status status;
    replica_status(kernel.replica, &status);
    return status.term;
}

static void fresh_directory_is_at_revision_one_and_term_two(void **state)
{
    assert_int_equal(kernel_revision(&kernel), 1);
    assert_int_equal(term(), 2);
}

static void each_write_takes_the_next_revision(void **state)
{
    assert_int_equal(kernel_put(&kernel, "a", "1", 0), 2);
    assert_int_equal(kernel_put(&kernel, "a", "2", 0), 3);
    assert_value("a", "2");
}

static void acknowledged_writes_survive_a_clean_stop(void **state)
{
    kernel_put(&kernel, "a", "1", 0);
    restart(true);
    assert_value("a", "1");
    assert_int_equal(kernel_put(&kernel, "b", "1", 0), 3);
}

static void acknowledged_writes_survive_a_dead_process(void **state)
{
    for (int i = 0; i < 50; i++)
        kernel_put(&kernel, "a", i == 49 ? "last" : "x", 0);
    restart(false);
    assert_value("a", "last");
    assert_int_equal(kernel_revision(&kernel), 51);
}

static void term_grows_by_one_at_each_start(void **state)
{
    restart(true);
    assert_int_equal(term(), 3);
    restart(false);
    assert_int_equal(term(), 4);
}

static void ids_stay_over_restarts(void **state)
{
    uint64_t cluster = replica_cluster_id(kernel.replica);
    uint64_t member = replica_member_id(kernel.replica);
    restart(true);
    assert_true(replica_cluster_id(kernel.replica) == cluster);
    assert_true(replica_member_id(kernel.replica) == member);
}

/* As after a power cut: nothing of the view file may be taken. */
static void lost_view_is_built_again_from_snapshot_and_log(void **state)
{
    char path[512];
    for (int i = 0; i < 20; i++)
        kernel_put(&kernel, "a", "x", 0);
    kernel_put(&kernel, "b", "2", 0);
    uint64_t revision = kernel_revision(&kernel);
    kernel_stop(&kernel, false);
    snprintf(path, sizeof path, "%s/view.state", kernel.dir);
    assert_int_equal(unlink(path), 0);
    kernel_start(&kernel);
    assert_value("b", "2");
    assert_int_equal(kernel_revision(&kernel), revision);
}

static void second_process_on_a_directory_is_refused(void **state)
{
    struct kernel second;
    struct why why = { 0 };
    kernel_init(&second, kernel.dir);
    assert_int_equal(kernel_try_start(&second, &why), ERR_LOCKED);
    assert_true(strlen(why.text) > 0);
}

static void lease_is_alive_after_a_restart_with_its_keys(void **state)
{
    uint64_t left = 0;
    assert_int_equal(kernel_grant(&kernel, 7, 60000), OK);
    kernel_put(&kernel, "held", "1", 7);
    restart(false);
    assert_value("held", "1");
    assert_int_equal(kernel_renew(&kernel, 7, &left), LEASE_ANSWER_OK);
    assert_int_equal(left, 60000);
}

static void lease_nobody_renews_takes_its_keys_along(void **state)
{
    char value[16];
    assert_int_equal(kernel_grant(&kernel, 7, 300), OK);
    kernel_put(&kernel, "held", "1", 7);
    for (int tries = 0; kernel_get(&kernel, "held", value, sizeof value); tries++)
        assert_true(tries < 100000);
    uint64_t left;
    assert_int_equal(kernel_renew(&kernel, 7, &left), LEASE_ANSWER_GONE);
}

/* What the store has written down of a lease's time; UINT64_MAX: nothing; 0: there is none. */
static uint64_t checkpointed(int64_t id)
{
    struct view *view;
    struct lease lease;
    assert_int_equal(view_open(replica_store(kernel.replica), &view), OK);
    enum err e = lease_get(view, FACE_NONE, id, &lease);
    view_close(view);
    return e == OK ? lease.remaining_ms : 0;
}

static uint64_t age(void)
{
    struct view *view;
    assert_int_equal(view_open(replica_store(kernel.replica), &view), OK);
    uint64_t ms = view_age_ms(view);
    view_close(view);
    return ms;
}

static void age_goes_on_over_restarts_and_never_back(void **state)
{
    kernel_put(&kernel, "a", "1", 0);
    uint64_t before = age();
    for (int i = 0; i < 4; i++) {
        restart(i % 2);
        assert_true(age() >= before);
        kernel_put(&kernel, "a", "1", 0);
        assert_true(age() >= before);
        before = age();
    }
}

static void lease_nobody_renews_goes_in_spite_of_restarts(void **state)
{
    uint64_t left, written = UINT64_MAX;
    unsigned starts = 0;
    assert_int_equal(kernel_grant(&kernel, 7, 2000), OK);
    kernel_put(&kernel, "held", "1", 7);
    /* Each stays until it has been written down that less is left. */
    for (; written > 0; starts++) {
        assert_true(starts < 10);
        restart(false);
        for (left = written; left == written;)
            left = checkpointed(7);
        assert_true(left < written);
        written = left;
    }
    assert_true(starts > 1);
    assert_int_equal(kernel_renew(&kernel, 7, &left), LEASE_ANSWER_GONE);
}

static void renewal_of_an_unknown_lease_says_gone(void **state)
{
    uint64_t left;
    assert_int_equal(kernel_renew(&kernel, 4711, &left), LEASE_ANSWER_GONE);
}

static void granted_lease_id_is_refused_a_second_time(void **state)
{
    assert_int_equal(kernel_grant(&kernel, 7, 60000), OK);
    assert_int_equal(kernel_grant(&kernel, 7, 60000), ERR_LEASE_EXISTS);
}

static enum err read_at(struct kernel *k, const char *key, uint64_t revision)
{
    struct view *view;
    struct arena arena;
    struct kv kv;
    arena_init(&arena, 0);
    assert_int_equal(view_open(replica_store(k->replica), &view), OK);
    enum err e = range_get(view, SPACE_ETCD, bytes_str(key), revision, &arena, &kv);
    view_close(view);
    arena_fini(&arena);
    return e;
}

/* Fills the log, and nothing else: what is written is no command. */
static void write_log(unsigned pieces)
{
    static uint8_t body[256 * 1024];
    uint64_t revision;
    for (unsigned i = 0; i < pieces; i++)
        assert_int_equal(
            kernel_submit(&kernel, COMMAND_TXN, bytes_of(body, sizeof body), &revision),
            ERR_MALFORMED);
}

static uint64_t newest_snapshot(void)
{
    char path[512];
    uint64_t index = 0;
    struct why why;
    assert_int_equal(datadir_newest_snapshot(kernel.datadir, path, sizeof path, &index, &why), OK);
    return index;
}

static void wait_for_a_snapshot_after(uint64_t index)
{
    uint64_t began = clock_now_ns();
    while (newest_snapshot() == index)
        assert_true(clock_now_ns() - began < LOOPS_DEADLINE_MS * 1000000ULL);
}

/* 16 pieces with what is beside them are more than 4 MiB, 15 are not. */
static void snapshot_is_made_when_so_much_log_was_written_also_over_restarts(void **state)
{
    kernel_stop(&kernel, true);
    kernel.replica_options.snapshot_bytes = 4 << 20;
    kernel_start(&kernel);
    uint64_t first = newest_snapshot();
    write_log(10);
    restart(true);
    write_log(5);
    restart(false);
    assert_int_equal(newest_snapshot(), first);
    write_log(1);
    wait_for_a_snapshot_after(first);
    uint64_t second = newest_snapshot();
    write_log(15); /* counted from there */
    restart(true);
    assert_int_equal(newest_snapshot(), second);
    write_log(2);
    wait_for_a_snapshot_after(second);
    kernel_put(&kernel, "a", "1", 0);
    assert_value("a", "1");
}

static void restored_snapshot_is_a_new_cluster_with_its_keys(void **state)
{
    char *dir = tempdir_new(), snapshot[512];
    uint64_t index, cluster = replica_cluster_id(kernel.replica);
    struct why why = { 0 };
    kernel_put(&kernel, "a", "1", 0);
    assert_int_equal(snapshot_write_file(fs_posix(), kernel.datadir, replica_store(kernel.replica),
                                         cluster, &why),
                     OK);
    assert_int_equal(
        datadir_newest_snapshot(kernel.datadir, snapshot, sizeof snapshot, &index, &why), OK);

    struct datadir *target;
    struct snapshot_facts facts;
    assert_int_equal(datadir_open(dir, false, &target, &why), OK);
    assert_int_equal(
        restore_directory(target, fs_posix(), snapshot, 1000000000, true, &facts, &why), OK);
    assert_int_equal(facts.revision, 2);
    assert_int_equal(restore_directory(target, fs_posix(), snapshot, 0, true, &facts, &why),
                     ERR_EXISTS);
    datadir_close(target);

    struct kernel restored;
    kernel_init(&restored, dir);
    kernel_start(&restored);
    char value[16];
    assert_true(kernel_get(&restored, "a", value, sizeof value));
    assert_int_equal(kernel_revision(&restored), 1000000002);
    assert_int_equal(read_at(&restored, "a", 1000000002), OK);
    assert_int_equal(read_at(&restored, "a", 1000000001), ERR_COMPACTED);
    assert_int_equal(read_at(&restored, "a", 2), ERR_COMPACTED);
    assert_true(replica_cluster_id(restored.replica) != cluster);
    assert_int_equal(kernel_put(&restored, "a", "2", 0), 1000000003);
    kernel_stop(&restored, true);
    kernel_fini(&restored);
    tempdir_free(dir);
}

static uint64_t draw_salt(void *ctx)
{
    return entropy_u64();
}

/* As if its segments had been lost: it goes on behind its last entry. */
static void lose_the_log(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s/log", kernel.dir);
    struct log_options options = {
        .fs = fs_posix(), .dir = path, .entropy = draw_salt, .base_index = 1
    };
    struct log_found found;
    struct log *log;
    struct why why;
    assert_int_equal(log_open(&options, NULL, NULL, &found, &log, &why), OK);
    assert_int_equal(log_reset(log, found.last, found.last_term, &found.hard, &why), OK);
    log_close(log);
}

static void gap_between_snapshot_and_log_is_closed_by_a_new_snapshot(void **state)
{
    char path[512];
    kernel_put(&kernel, "a", "1", 0);
    uint64_t first = newest_snapshot();
    kernel_stop(&kernel, true);
    lose_the_log();
    kernel_start(&kernel);
    assert_value("a", "1");
    wait_for_a_snapshot_after(first);
    kernel_put(&kernel, "b", "2", 0);
    kernel_stop(&kernel, false);
    snprintf(path, sizeof path, "%s/view.state", kernel.dir);
    assert_int_equal(unlink(path), 0);
    kernel_start(&kernel);
    assert_value("a", "1");
    assert_value("b", "2");
}

static void no_snapshot_is_made_at_a_start_without_a_gap(void **state)
{
    kernel_put(&kernel, "a", "1", 0);
    uint64_t first = newest_snapshot();
    restart(true);
    restart(false);
    kernel_put(&kernel, "a", "2", 0);
    kernel_stop(&kernel, true); /* after what the helper had to do */
    kernel_start(&kernel);
    assert_int_equal(newest_snapshot(), first);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(fresh_directory_is_at_revision_one_and_term_two),
        T(each_write_takes_the_next_revision),
        T(acknowledged_writes_survive_a_clean_stop),
        T(acknowledged_writes_survive_a_dead_process),
        T(term_grows_by_one_at_each_start),
        T(ids_stay_over_restarts),
        T(lost_view_is_built_again_from_snapshot_and_log),
        T(second_process_on_a_directory_is_refused),
        T(lease_is_alive_after_a_restart_with_its_keys),
        T(lease_nobody_renews_takes_its_keys_along),
        T(age_goes_on_over_restarts_and_never_back),
        T(lease_nobody_renews_goes_in_spite_of_restarts),
        T(renewal_of_an_unknown_lease_says_gone),
        T(granted_lease_id_is_refused_a_second_time),
        T(snapshot_is_made_when_so_much_log_was_written_also_over_restarts),
        T(gap_between_snapshot_and_log_is_closed_by_a_new_snapshot),
        T(no_snapshot_is_made_at_a_start_without_a_gap),
        T(restored_snapshot_is_a_new_cluster_with_its_keys),
    };
    return cmocka_run_group_tests_name("replica", tests, NULL, NULL);
}
