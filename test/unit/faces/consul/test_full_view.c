/* The view's file has a greatest size: what Consul's clients hear as it comes near. What adds is
 * refused; reads, renewals, what checks report, removals go on. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MAP_BYTES = 256 << 20, LARGE = 400 * 1000, PUTS_MAX = MAP_BYTES / LARGE };
#define NO_SPACE "rpc error making call: no space left on device"
#define SESSION "/v1/session/create"

static int set_up(void **state)
{
    struct rig *rig = rig_new();
    rig->k.replica_options.map_bytes = MAP_BYTES;
    rig_start(rig);
    *state = rig;
    return 0;
}

static void fill(struct rig *rig)
{
    static char value[LARGE + 1];
    char key[16];
    memset(value, 'v', LARGE);
    for (int i = 0; replica_disk_state(rig->k.replica) < DISK_STOP; i++) {
        assert_true(i < PUTS_MAX);
        snprintf(key, sizeof key, "k%d", i);
        kernel_put(&rig->k, key, value, 0);
    }
}

static const struct {
    const char *request, *body;
} adding[] = {
    { "PUT /v1/kv/new", "1" },
    { "PUT /v1/kv/pair?cas=0", "1" },
    { "PUT /v1/txn", "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"new\",\"Value\":\"MQ==\"}}]" },
    { "PUT /v1/agent/service/register", "{\"Name\":\"new\"}" },
    { "PUT /v1/agent/check/register", "{\"Name\":\"new\",\"TTL\":\"1m\"}" },
    { "PUT /v1/agent/service/maintenance/w?enable=true", NULL },
    { "PUT /v1/catalog/register", "{\"Node\":\"new\",\"Address\":\"10.0.0.9\"}" },
    { "PUT " SESSION, "{\"TTL\":\"1m\"}" },
    { "PUT " SESSION, "{}" },
    { "PUT /v1/event/fire/new", NULL },
    { "POST /v1/query", "{\"Name\":\"new\",\"Service\":{\"Service\":\"w\"}}" },
    { "PUT /v1/config", "{\"Kind\":\"service-defaults\",\"Name\":\"w\"}" },
};

static void what_adds_is_refused_on_a_full_view_and_all_else_goes_on(void **state)
{
    struct rig *rig = *state;
    char renew[96], destroy[96];
    rig_expect(rig, "PUT /v1/agent/service/register",
               "{\"Name\":\"w\",\"Check\":{\"TTL\":\"1m\",\"Status\":\"passing\"}}", 200, "");
    rig_expect(rig, "PUT /v1/kv/pair", "1", 200, "true");
    assert_int_equal(rig_ask(rig, "PUT " SESSION, "{\"TTL\":\"1m\"}", ""), 200);
    int from = (int)strlen("{\"ID\":\"");
    snprintf(renew, sizeof renew, "PUT /v1/session/renew/%.36s", rig_body(rig) + from);
    snprintf(destroy, sizeof destroy, "PUT /v1/session/destroy/%.36s", rig_body(rig) + from);

    fill(rig);
    for (size_t i = 0; i < ARRAY_LEN(adding); i++)
        rig_expect(rig, adding[i].request, adding[i].body, 500, NO_SPACE);
    rig_expect(rig, "GET /v1/kv/pair?raw", NULL, 200, "1");
    rig_expect(rig, "GET /v1/kv/new", NULL, 404, "");
    assert_int_equal(rig_ask(rig, renew, NULL, ""), 200);
    rig_expect(rig, "PUT /v1/agent/check/fail/service:w", NULL, 200, "");
    rig_expect(rig, "GET /v1/health/service/w?passing", NULL, 200, "[]");
    rig_expect(rig, "PUT /v1/agent/check/pass/service:w", NULL, 200, "");
    rig_expect(rig, destroy, NULL, 200, "true");
    rig_expect(rig, "DELETE /v1/kv/pair", NULL, 200, "true");
    rig_expect(rig, "PUT /v1/agent/service/deregister/w", NULL, 200, "");
    rig_expect(rig, "GET /v1/agent/services", NULL, 200, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_adds_is_refused_on_a_full_view_and_all_else_goes_on,
                                        set_up, rig_teardown),
    };
    return cmocka_run_group_tests_name("full_view", tests, NULL, NULL);
}
