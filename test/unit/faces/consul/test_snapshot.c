/* /v1/snapshot: saved here, restored there. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "catalog/node.h"
#include "faces/consul/rows/extras.h"
#include "faces/consul/rows/rows.h"
#include "faces/consul/snapshot/archive.h"
#include "faces/consul/snapshot/scan.h"

#define ROOT "11111111-1111-4111-8111-111111111111"

/* Saves a copy of what is there. */
static struct bytes save(struct rig *rig, const char *more, struct buf *copy)
{
    assert_int_equal(rig_ask(rig, "GET /v1/snapshot", NULL, more), 200);
    buf_init(copy, 64 << 20);
    buf_put_bytes(copy, rig_body_bytes(rig));
    return buf_bytes(copy);
}

static void restore(struct rig *rig, struct bytes archive)
{
    int status = rig_ask_bytes(rig, "PUT /v1/snapshot", archive, "");
    if (status != 200 || rig_body(rig)[0] != 0)
        fail_msg("%d %s", status, rig_body(rig));
}

static void fill(struct rig *rig)
{
    rig_expect(rig, "PUT /v1/kv/a/b?flags=5", "hello", 200, "true");
    rig_expect(
        rig, "PUT /v1/agent/service/register",
        "{\"Name\":\"Web\",\"ID\":\"web-1\",\"Port\":80,\"Tags\":[\"v1\"],\"Meta\":{\"m\":\"x\"},"
        "\"Check\":{\"TTL\":\"60s\",\"Status\":\"passing\"}}",
        200, "");
    rig_expect(rig, "PUT /v1/catalog/register",
               "{\"Node\":\"far\",\"Address\":\"10.9.9.9\",\"NodeMeta\":{\"rack\":\"r1\"},"
               "\"Service\":{\"Service\":\"db\",\"Port\":5432},"
               "\"Check\":{\"CheckID\":\"c\",\"Name\":\"c\",\"Status\":\"warning\"}}",
               200, "true");
    rig_expect(rig, "PUT /v1/config",
               "{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\"http\"}", 200,
               "true");
    rig_expect(
        rig, "PUT /v1/coordinate/update",
        "{\"Node\":\"far\",\"Coord\":{\"Vec\":[0.5,0,0,0,0,0,0,0],\"Error\":1.5,\"Height\":0.25}}",
        200, "");
    rig_expect_part(rig, "POST /v1/query", "{\"Name\":\"q\",\"Service\":{\"Service\":\"web\"}}",
                    200, "ID");
}

static void empty(struct rig *rig)
{
    rig_expect(rig, "DELETE /v1/kv/?recurse", NULL, 200, "true");
    rig_expect(rig, "PUT /v1/agent/service/deregister/web-1", NULL, 200, "");
    rig_expect(rig, "PUT /v1/catalog/deregister", "{\"Node\":\"far\"}", 200, "true");
    rig_expect(rig, "DELETE /v1/config/service-defaults/web", NULL, 200, "{}");
}

static void expect_all(struct rig *rig)
{
    rig_expect(rig, "GET /v1/kv/a/b?raw", NULL, 200, "hello");
    rig_expect_part(rig, "GET /v1/kv/a/b", NULL, 200, "\"Flags\":5");
    rig_expect_part(rig, "GET /v1/health/service/web?passing", NULL, 200,
                    "\"ID\":\"web-1\",\"Service\":\"Web\",\"Tags\":[\"v1\"]");
    rig_expect_part(rig, "GET /v1/catalog/node/far", NULL, 200, "\"Meta\":{\"rack\":\"r1\"}");
    rig_expect_part(rig, "GET /v1/catalog/service/db", NULL, 200, "\"ServicePort\":5432");
    rig_expect_part(rig, "GET /v1/health/node/far", NULL, 200, "\"Status\":\"warning\"");
    rig_expect_part(rig, "GET /v1/config/service-defaults/web", NULL, 200, "\"Protocol\":\"http\"");
    rig_expect_part(rig, "GET /v1/coordinate/node/far", NULL, 200, "\"Height\":0.25");
    rig_expect_part(rig, "GET /v1/query/q/execute", NULL, 200, "\"Service\":\"web\"");
}

/* -- what is saved ---------------------------------------------------------------------------- */

static void answer_is_an_archive_with_the_index_of_the_view(void **state)
{
    struct rig *rig = *state;
    struct archive_content content;
    struct buf unpacked;
    struct why why;
    char index[32];
    rig_expect(rig, "PUT /v1/kv/a", "x", 200, "true");
    assert_int_equal(rig_ask(rig, "GET /v1/snapshot?stale", NULL, "Accept-Encoding: gzip\r\n"),
                     200);
    assert_string_equal(rig_header(rig, "content-type"), "application/x-gzip");
    assert_string_equal(rig_header(rig, "content-encoding"), "");
    assert_string_equal(rig_header(rig, "x-consul-knownleader"), "true");
    assert_int_equal(archive_read(rig_body_bytes(rig), &unpacked, &content, &why), OK);
    snprintf(index, sizeof index, "%llu", (unsigned long long)content.index);
    assert_string_equal(rig_header(rig, "x-consul-index"), index);
    buf_put_u8(&unpacked, 0);
    assert_non_null(
        memmem(content.meta_json.p, content.meta_json.n, "\"Version\":1,\"ID\":\"", 18));
    assert_non_null(
        memmem(content.meta_json.p, content.meta_json.n, "\"Address\":\"10.0.0.1:8300\"", 25));
    buf_fini(&unpacked);
}

static void what_was_saved_is_restored(void **state)
{
    struct rig *rig = *state;
    struct buf archive;
    fill(rig);
    save(rig, "", &archive);
    empty(rig);
    rig_expect(rig, "PUT /v1/kv/new", "x", 200, "true");
    restore(rig, buf_bytes(&archive));
    expect_all(rig);
    rig_expect(rig, "GET /v1/kv/new", NULL, 404, "");
    rig_expect_part(rig, "GET /v1/agent/services", NULL, 200, "\"web-1\"");
    buf_fini(&archive);
}

static void what_was_saved_is_restored_on_another_server(void **state)
{
    struct rig *rig = *state, *other = rig_new();
    struct buf archive;
    other->options.self.node_name = "n2";
    other->options.self.node_id = "0a0b0c0d-0000-4000-8000-000000000002";
    other->options.self.address = "10.0.0.2";
    rig_start(other);
    fill(rig);
    save(rig, "", &archive);
    rig_expect(other, "PUT /v1/kv/own", "x", 200, "true");
    restore(other, buf_bytes(&archive));
    expect_all(other);
    rig_expect(other, "GET /v1/kv/own", NULL, 404, "");
    /* What stood on the node of the first stands on a node of its name. */
    rig_expect_part(other, "GET /v1/catalog/node/n1", NULL, 200, "\"Address\":\"10.0.0.1\"");
    rig_expect_part(other, "GET /v1/catalog/service/web", NULL, 200, "\"Node\":\"n1\"");
    rig_expect(other, "GET /v1/agent/services", NULL, 200, "{}");
    rig_expect_part(other, "GET /v1/catalog/node/n2", NULL, 200, "\"Address\":\"10.0.0.2\"");
    buf_fini(&archive);
    rig_free(other);
}

/* Nothing is written where nothing differs. */
static void restoring_what_stands_changes_nothing(void **state)
{
    struct rig *rig = *state;
    struct buf archive;
    char index[100];
    fill(rig);
    rig_ask(rig, "GET /v1/kv/a/b", NULL, "");
    snprintf(index, sizeof index, "%s", rig_header(rig, "x-consul-index"));
    save(rig, "", &archive);
    snprintf(index, sizeof index, "%s", rig_header(rig, "x-consul-index"));
    restore(rig, buf_bytes(&archive));
    rig_ask(rig, "GET /v1/snapshot", NULL, "");
    assert_string_equal(rig_header(rig, "x-consul-index"), index);
    buf_fini(&archive);
}

static void waiting_queries_are_woken_and_indexes_move_forward(void **state)
{
    struct rig *rig = *state;
    struct buf archive;
    char ask[200];
    rig_expect(rig, "PUT /v1/kv/a", "old", 200, "true");
    save(rig, "", &archive);
    rig_expect(rig, "PUT /v1/kv/a", "new", 200, "true");
    rig_ask(rig, "GET /v1/kv/a", NULL, "");
    uint64_t index = strtoull(rig_header(rig, "x-consul-index"), NULL, 10);
    snprintf(ask, sizeof ask, "GET /v1/kv/a?raw&wait=60s&index=%llu", (unsigned long long)index);
    struct client *waiting = rig_begin(rig, ask, NULL);
    restore(rig, buf_bytes(&archive));
    assert_int_equal(rig_end(rig, waiting), 200);
    assert_string_equal(rig_body(rig), "old");
    assert_true(strtoull(rig_header(rig, "x-consul-index"), NULL, 10) > index);
    buf_fini(&archive);
}

/* -- sessions and tokens ---------------------------------------------------------------------- */

static void session_is_restored_with_its_lock(void **state)
{
    struct rig *rig = *state;
    struct buf archive;
    char id[37] = "", ask[200];
    rig_expect_part(rig, "PUT /v1/session/create", "{\"TTL\":\"30s\",\"LockDelay\":\"0s\"}", 200,
                    "ID");
    memcpy(id, rig_body(rig) + 7, 36);
    snprintf(ask, sizeof ask, "PUT /v1/kv/lock?acquire=%s", id);
    rig_expect(rig, ask, "me", 200, "true");
    save(rig, "", &archive);
    snprintf(ask, sizeof ask, "PUT /v1/session/destroy/%s", id);
    rig_expect(rig, ask, NULL, 200, "true");
    restore(rig, buf_bytes(&archive));
    rig_expect_part(rig, "GET /v1/kv/lock", NULL, 200, id);
    snprintf(ask, sizeof ask, "PUT /v1/session/renew/%s", id);
    rig_expect_part(rig, ask, NULL, 200, "\"TTL\":\"30s\"");
    snprintf(ask, sizeof ask, "PUT /v1/kv/lock?release=%s", id);
    rig_expect(rig, ask, "me", 200, "true");
    buf_fini(&archive);
}

static struct rig *with_acl(void)
{
    static const struct gate_options closed = { .is_on = true };
    struct rig *rig = rig_new();
    rig->k.hub_options.gate = &closed;
    rig_start(rig);
    assert_int_equal(
        rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}", ""), 200);
    return rig;
}

#define AS_ROOT "X-Consul-Token: " ROOT "\r\n"

static void tokens_and_policies_are_restored(void **state)
{
    struct rig *rig = with_acl();
    struct buf archive;
    assert_int_equal(rig_ask(rig, "PUT /v1/acl/policy",
                             "{\"Name\":\"reader\",\"Rules\":\"key_prefix \\\"\\\" { policy = "
                             "\\\"read\\\" }\"}",
                             AS_ROOT),
                     200);
    assert_int_equal(rig_ask(rig, "PUT /v1/acl/token",
                             "{\"SecretID\":\"22222222-2222-4222-8222-222222222222\","
                             "\"ExpirationTTL\":\"1h\",\"Policies\":[{\"Name\":\"reader\"}]}",
                             AS_ROOT),
                     200);
    save(rig, AS_ROOT, &archive);
    struct rig *other = with_acl();
    assert_int_equal(rig_ask_bytes(other, "PUT /v1/snapshot", buf_bytes(&archive), AS_ROOT), 200);
    assert_int_equal(rig_ask(other, "GET /v1/kv/none", NULL,
                             "X-Consul-Token: 22222222-2222-4222-8222-222222222222\r\n"),
                     404);
    assert_int_equal(rig_ask(other, "PUT /v1/kv/none", "x",
                             "X-Consul-Token: 22222222-2222-4222-8222-222222222222\r\n"),
                     403);
    assert_int_equal(rig_ask(other, "GET /v1/acl/token/self", NULL, AS_ROOT), 200);
    buf_fini(&archive);
    rig_free(rig);
    rig_free(other);
}

static void only_who_may_write_acls_saves_and_restores(void **state)
{
    struct rig *rig = with_acl();
    assert_int_equal(rig_ask(rig, "GET /v1/snapshot", NULL, ""), 403);
    assert_int_equal(rig_ask(rig, "PUT /v1/snapshot", "", ""), 403);
    rig_free(rig);
}

/* -- refusing --------------------------------------------------------------------------------- */

static void damaged_archive_is_refused_and_nothing_changed(void **state)
{
    struct rig *rig = *state;
    struct buf archive;
    rig_expect(rig, "PUT /v1/kv/a", "old", 200, "true");
    save(rig, "", &archive);
    rig_expect(rig, "PUT /v1/kv/a", "new", 200, "true");
    archive.p[archive.n - 8] ^= 1; /* a checksum */
    assert_int_equal(rig_ask_bytes(rig, "PUT /v1/snapshot", buf_bytes(&archive), ""), 500);
    assert_non_null(strstr(rig_body(rig), "failed to read snapshot file: "));
    rig_expect(rig, "PUT /v1/snapshot", "no archive", 500,
               "failed to read snapshot file: failed to decompress snapshot: gzip: invalid header "
               "or checksum");
    rig_expect(rig, "GET /v1/kv/a?raw", NULL, 200, "new");
    buf_fini(&archive);
}

/* An archive of records that somebody made. */
static struct bytes forged(const struct restore_item *items, size_t n, struct buf *out)
{
    struct archive *a = archive_new(1);
    struct buf content;
    buf_init(out, 1 << 20);
    buf_init(&content, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&content, 0);
        restore_item_write(&items[i], &content);
        archive_put(a, ARCHIVE_PAIR, buf_bytes(&content));
    }
    assert_int_equal(archive_end(a, bytes_str("{}"), 1, out), OK);
    archive_free(a);
    buf_fini(&content);
    return buf_bytes(out);
}

static void rows_that_are_not_consuls_are_refused(void **state)
{
    struct rig *rig = *state;
    struct restore_item item = { .kind = RESTORE_SYSTEM };
    struct buf out;
    item.system.key = bytes_str("policy");
    item.system.value = bytes_str("x");
    assert_int_equal(rig_ask_bytes(rig, "PUT /v1/snapshot", forged(&item, 1, &out), ""), 500);
    assert_non_null(strstr(rig_body(rig), "record 1 of state.bin: it cannot be read"));
    buf_fini(&out);
    item.system.key = bytes_str("acl/p/11111111-1111-4111-8111-111111111111");
    assert_int_equal(rig_ask_bytes(rig, "PUT /v1/snapshot", forged(&item, 1, &out), ""), 500);
    buf_fini(&out);
}

/* Of a part of the catalog whose row is fine but for what only Consul's face reads in it. */
static void expect_unreadable(struct rig *rig, const struct change_op *op)
{
    struct restore_item item = { .kind = RESTORE_CHANGE, .change = *op };
    struct buf out;
    assert_int_equal(rig_ask_bytes(rig, "PUT /v1/snapshot", forged(&item, 1, &out), ""), 500);
    assert_non_null(strstr(rig_body(rig), "record 1 of state.bin: "));
    rig_expect_part(rig, "GET /v1/catalog/nodes", NULL, 200, "\"Node\":\"n1\"");
    buf_fini(&out);
}

static void rows_that_could_not_be_shown_are_refused(void **state)
{
    static const char *const entries[] = {
        "\x01",
        "\x01{",
        "\x01{}",
        "\x01{\"Kind\":\"mesh\",\"Name\":\"web\"}",
        "\x01{\"Kind\":\"service-defaults\",\"Name\":\"other\"}",
        "\x01{\"Kind\":\"service-defaults\",\"Name\":\"web\"} ",
        "\x01{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"Protocol\":\"\xff\"}",
        "\x02{\"Kind\":\"service-defaults\",\"Name\":\"web\"}",
    };
    struct rig *rig = *state;
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str(CONSUL_NS) };
    struct consul_extras extras = consul_extras_none();
    struct node node = { .name = bytes_str("far"), .address = bytes_str("10.0.0.9") };
    struct buf row, x;
    op.object = (struct object_op){ .when = { .verb = OP_SET },
                                    .kind = OBJECT_CONFIG,
                                    .type = bytes_str("service-defaults"),
                                    .name = bytes_str("web") };
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        op.object.row = bytes_str(entries[i]);
        expect_unreadable(rig, &op);
    }
    op.object.kind = OBJECT_COORDINATE;
    op.object.type = bytes_str("");
    op.object.row = bytes_str("x");
    expect_unreadable(rig, &op);
    op.object.kind = OBJECT_VIRTUAL;
    expect_unreadable(rig, &op);
    op.object.kind = OBJECT_QUERY;
    op.object.type = bytes_str("query");
    expect_unreadable(rig, &op);
    extras.locality = bytes_str("{\"Region\":\"r\"}}");
    buf_init(&x, 1000);
    buf_init(&row, 1000);
    consul_extras_write(&extras, &x);
    node.extras = buf_bytes(&x);
    node_write(&node, &row);
    op = (struct change_op){ .kind = CHANGE_NODE, .ns = bytes_str(CONSUL_NS) };
    op.node =
        (struct node_op){ .when = { .verb = OP_SET }, .name = node.name, .row = buf_bytes(&row) };
    expect_unreadable(rig, &op);
    buf_fini(&x);
    buf_fini(&row);
}

static void pair_of_an_unknown_session_is_named(void **state)
{
    struct rig *rig = *state;
    struct kv_pair pair = { .session = { { 1 } }, .lock_index = 1 };
    struct restore_item item = { .kind = RESTORE_PAIR };
    struct buf row, out;
    buf_init(&row, 1000);
    kv_pair_write(&pair, &row);
    item.pair.key = bytes_str("my/lock");
    item.pair.row = buf_bytes(&row);
    assert_int_equal(rig_ask_bytes(rig, "PUT /v1/snapshot", forged(&item, 1, &out), ""), 500);
    assert_string_equal(rig_body(rig), "failed restoring snapshot: \"my/lock\": the session that "
                                       "holds it is not in the snapshot");
    buf_fini(&row);
    buf_fini(&out);
}

static void stale_is_not_for_restoring(void **state)
{
    rig_expect(*state, "PUT /v1/snapshot?stale", "", 500, "stale not allowed for restore");
}

/* More than any other route takes. */
static void archive_of_more_than_4_mib_is_taken(void **state)
{
    struct rig *rig = *state;
    enum { VALUE = 400 * 1024, N = 14 };
    struct buf archive;
    char *value = malloc(VALUE + 1), ask[64];
    uint64_t dice = 1;
    for (int i = 0; i < VALUE; i++) {
        dice = dice * 6364136223846793005 + 1442695040888963407;
        value[i] = (char)('!' + (dice >> 33) % 90);
    }
    value[VALUE] = 0;
    for (int i = 0; i < N; i++) {
        snprintf(ask, sizeof ask, "PUT /v1/kv/long/%d", i);
        value[0] = (char)('a' + i);
        rig_expect(rig, ask, value, 200, "true");
    }
    save(rig, "", &archive);
    assert_true(archive.n > CONSUL_BODY_MAX);
    rig_expect(rig, "DELETE /v1/kv/long?recurse", NULL, 200, "true");
    restore(rig, buf_bytes(&archive));
    rig_expect(rig, "GET /v1/kv/long/13?raw", NULL, 200, value);
    buf_fini(&archive);
    free(value);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(answer_is_an_archive_with_the_index_of_the_view),
        TEST(what_was_saved_is_restored),
        TEST(what_was_saved_is_restored_on_another_server),
        TEST(restoring_what_stands_changes_nothing),
        TEST(waiting_queries_are_woken_and_indexes_move_forward),
        TEST(session_is_restored_with_its_lock),
        cmocka_unit_test(tokens_and_policies_are_restored),
        cmocka_unit_test(only_who_may_write_acls_saves_and_restores),
        TEST(damaged_archive_is_refused_and_nothing_changed),
        TEST(rows_that_are_not_consuls_are_refused),
        TEST(rows_that_could_not_be_shown_are_refused),
        TEST(pair_of_an_unknown_session_is_named),
        TEST(stale_is_not_for_restoring),
        TEST(archive_of_more_than_4_mib_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
