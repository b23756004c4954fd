/* Prepared queries, over instances that an agent has registered. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void create(void **state, const char *query, char ret_id[37])
{
    rig_expect_part(*state, "POST /v1/query", query, 200, "{\"ID\":\"");
    memcpy(ret_id, rig_body(*state) + 7, 36);
    ret_id[36] = 0;
}

static void refuse(void **state, const char *query, const char *text)
{
    rig_expect(*state, "POST /v1/query", query, 500, text);
}

/* STATUS of its TTL check; TAG. */
static void add_web(void **state, const char *id, const char *tag, const char *status)
{
    char body[400];
    snprintf(body, sizeof body,
             "{\"ID\":\"%s\",\"Name\":\"web\",\"Port\":80,\"Tags\":[\"%s\"],\"Meta\":{\"version\":"
             "\"%s\"},\"Check\":{\"CheckID\":\"c-%s\",\"TTL\":\"100s\",\"Status\":\"%s\"}}",
             id, tag, id, id, status);
    rig_expect(*state, "PUT /v1/agent/service/register", body, 200, "");
}

static size_t count(void **state, const char *part)
{
    size_t n = 0;
    for (const char *at = rig_body(*state); (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

/* -- definitions --------------------------------------------------------------------------------
 */

static void queries_are_listed_and_read_by_id(void **state)
{
    char id[37], request[100], text[100];
    rig_expect(*state, "GET /v1/query", NULL, 200, "[]");
    create(state,
           "{\"Name\":\"web\",\"Service\":{\"Service\":\"web\",\"Tags\":[\"a\"]},\"DNS\":{"
           "\"TTL\":\"10s\"}}",
           id);
    snprintf(text, sizeof text, "[{\"ID\":\"%s\",\"Name\":\"web\",\"Session\":\"\",\"Token\":\"\"",
             id);
    rig_expect_part(*state, "GET /v1/query", NULL, 200, text);
    snprintf(request, sizeof request, "GET /v1/query/%s", id);
    rig_expect_part(*state, request, NULL, 200, text);
    assert_non_null(strstr(rig_body(*state),
                           "\"Failover\":{\"NearestN\":0,\"Datacenters\":null,\"Targets\":null}"));
    assert_non_null(strstr(rig_body(*state), "\"Tags\":[\"a\"],\"NodeMeta\":null"));
    assert_non_null(strstr(rig_body(*state), "\"DNS\":{\"TTL\":\"10s\"},\"CreateIndex\":"));
    rig_expect(*state, "GET /v1/query/0a0b0c0d-0000-4000-8000-000000000009", NULL, 404,
               "Query not found");
    rig_expect(*state, "GET /v1/query/web", NULL, 404, "Query not found");
}

static void a_query_is_changed_and_removed(void **state)
{
    char id[37], request[100];
    create(state, "{\"Name\":\"web\",\"Service\":{\"Service\":\"web\"}}", id);
    snprintf(request, sizeof request, "PUT /v1/query/%s", id);
    rig_expect(*state, request, "{\"Name\":\"other\",\"Service\":{\"Service\":\"db\"}}", 200, "");
    rig_expect(*state, "GET /v1/query/web/execute", NULL, 404, "Query not found");
    rig_expect_part(*state, "GET /v1/query/other/execute", NULL, 200, "{\"Service\":\"db\"");
    rig_expect(*state, request, "{\"Name\":\"other\",\"Service\":{\"Service\":\"db2\"}}", 200, "");
    create(state, "{\"Name\":\"web\",\"Service\":{\"Service\":\"web\"}}", request);
    snprintf(request, sizeof request, "DELETE /v1/query/%s", id);
    rig_expect(*state, request, NULL, 200, "");
    rig_expect(*state, "GET /v1/query/other/execute", NULL, 404, "Query not found");
    rig_expect_part(*state, request, NULL, 500, "Cannot modify non-existent prepared query: '");
    snprintf(request, sizeof request, "PUT /v1/query/%s", id);
    rig_expect_part(*state, request, "{\"Name\":\"x\",\"Service\":{\"Service\":\"db\"}}", 500,
                    "Cannot modify non-existent prepared query: '");
}

static void what_makes_no_sense_is_refused(void **state)
{
    char id[37], query[200];
    refuse(state, "{\"ID\":\"x\"}", "ID must be empty when creating a new prepared query");
    refuse(state, "{\"Service\":{\"Service\":\"web\"}}",
           "Invalid prepared query: Must be bound to a session");
    refuse(state, "{\"Name\":\"q\"}",
           "Invalid prepared query: Must provide a Service name to query");
    refuse(state, "{\"Name\":\"q\",\"Token\":\"<hidden>\",\"Service\":{\"Service\":\"web\"}}",
           "Invalid prepared query: Bad Token '<hidden>', it looks like a query definition with a "
           "redacted token was "
           "submitted");
    refuse(state, "{\"Name\":\"q\",\"Service\":{\"Service\":\"w\",\"Failover\":{\"NearestN\":-1}}}",
           "Invalid prepared query: Bad NearestN '-1', must be >= 0");
    refuse(state,
           "{\"Name\":\"q\",\"Service\":{\"Service\":\"w\",\"Failover\":{\"NearestN\":1,"
           "\"Targets\":[{\"Peer\":\"p\"}]}}}",
           "Invalid prepared query: Targets cannot be populated with NearestN or Datacenters");
    refuse(state, "{\"Name\":\"q\",\"Service\":{\"Service\":\"w\"},\"DNS\":{\"TTL\":\"x\"}}",
           "Invalid prepared query: Bad DNS TTL 'x': time: invalid duration \"x\"");
    refuse(state, "{\"Name\":\"q\",\"Service\":{\"Service\":\"w\"},\"DNS\":{\"TTL\":\"-1s\"}}",
           "Invalid prepared query: DNS TTL '-1000000000', must be >=0");
    refuse(state, "{\"Session\":\"x\",\"Service\":{\"Service\":\"w\"}}",
           "raft apply failed: invalid session \"x\"");
    create(state, "{\"Name\":\"q\",\"Service\":{\"Service\":\"w\"}}", id);
    refuse(state, "{\"Name\":\"Q\",\"Service\":{\"Service\":\"w\"}}",
           "raft apply failed: name 'Q' aliases an existing query name");
    snprintf(query, sizeof query, "{\"Name\":\"%s\",\"Service\":{\"Service\":\"w\"}}", id);
    rig_expect_part(*state, "POST /v1/query", query, 500, "' aliases an existing query ID");
    rig_expect(*state, "POST /v1/query", "{\"x\":1}", 400,
               "Request decode failed: json: unknown field \"x\"");
}

/* N bytes of a name. */
static int create_named(void **state, int n)
{
    char query[1000];
    snprintf(query, sizeof query, "{\"Name\":\"%0*d\",\"Service\":{\"Service\":\"w\"}}", n, 0);
    return rig_ask(*state, "POST /v1/query", query, "");
}

static void a_name_has_512_bytes(void **state)
{
    assert_int_equal(create_named(state, 512), 200);
    assert_int_equal(create_named(state, 513), 500);
}

/* -- execution ----------------------------------------------------------------------------------
 */

static void a_query_gives_what_it_keeps(void **state)
{
    char id[37];
    add_web(state, "w1", "a", "passing");
    add_web(state, "w2", "a", "warning");
    add_web(state, "w3", "a", "critical");
    add_web(state, "w4", "b", "passing");
    create(state, "{\"Name\":\"web\",\"Service\":{\"Service\":\"web\"},\"DNS\":{\"TTL\":\"7s\"}}",
           id);
    rig_expect_part(*state, "GET /v1/query/web/execute", NULL, 200,
                    "{\"Service\":\"web\",\"Nodes\":[{\"Node\":{");
    assert_int_equal(count(state, "\"Service\":{\"ID\":"), 3);
    assert_null(strstr(rig_body(*state), "\"ID\":\"w3\""));
    assert_non_null(strstr(rig_body(*state), "],\"DNS\":{\"TTL\":\"7s\"},\"Datacenter\":\"dc1\","
                                             "\"PeerName\":\"\",\"Failovers\":0,"));
    create(state, "{\"Name\":\"up\",\"Service\":{\"Service\":\"web\",\"OnlyPassing\":true}}", id);
    rig_ask(*state, "GET /v1/query/up/execute", NULL, "");
    assert_int_equal(count(state, "\"Service\":{\"ID\":"), 2);
    create(state,
           "{\"Name\":\"all\",\"Service\":{\"Service\":\"web\",\"IgnoreCheckIDs\":[\"c-w3\"]}}",
           id);
    rig_ask(*state, "GET /v1/query/all/execute", NULL, "");
    assert_int_equal(count(state, "\"Service\":{\"ID\":"), 4);
    rig_ask(*state, "GET /v1/query/all/execute?limit=1&near=_agent", NULL, "");
    assert_int_equal(count(state, "\"Service\":{\"ID\":"), 1);
    rig_expect_part(*state, "GET /v1/query/all/execute?limit=x", NULL, 500, "Bad limit: ");
    /* It never waits, and its index is never 0. */
    rig_expect_part(*state, "GET /v1/query/all/execute?index=999999&wait=300s", NULL, 200,
                    "\"Failovers\":0,\"Index\":1,\"LastContact\":0,\"KnownLeader\":true,"
                    "\"ConsistencyLevel\":\"leader\",");
}

static void tags_and_metadata_select(void **state)
{
    char id[37];
    add_web(state, "w1", "a", "passing");
    add_web(state, "w2", "b", "passing");
    create(state, "{\"Name\":\"a\",\"Service\":{\"Service\":\"web\",\"Tags\":[\"A\"]}}", id);
    rig_expect_part(*state, "GET /v1/query/a/execute", NULL, 200, "\"ID\":\"w1\"");
    assert_null(strstr(rig_body(*state), "w2"));
    create(state, "{\"Name\":\"b\",\"Service\":{\"Service\":\"web\",\"Tags\":[\"!a\"]}}", id);
    rig_expect_part(*state, "GET /v1/query/b/execute", NULL, 200, "\"ID\":\"w2\"");
    assert_null(strstr(rig_body(*state), "w1"));
    create(
        state,
        "{\"Name\":\"m\",\"Service\":{\"Service\":\"web\",\"ServiceMeta\":{\"version\":\"w2\"}}}",
        id);
    rig_expect_part(*state, "GET /v1/query/m/execute", NULL, 200, "\"ID\":\"w2\"");
    create(state, "{\"Name\":\"n\",\"Service\":{\"Service\":\"web\",\"NodeMeta\":{\"no\":\"x\"}}}",
           id);
    rig_expect_part(*state, "GET /v1/query/n/execute", NULL, 200, "\"Nodes\":[],");
}

static void templates_take_the_longest_prefix(void **state)
{
    char id[37];
    create(state,
           "{\"Name\":\"geo-\",\"Template\":{\"Type\":\"name_prefix_match\",\"Regexp\":"
           "\"^geo-(.*?)-([^-]+)$\",\"RemoveEmptyTags\":true},\"Service\":{\"Service\":"
           "\"mysql-${match(1)}\",\"Tags\":[\"${match(2)}\",\"${match(9)}\",\"${name.suffix}\"]}}",
           id);
    create(state,
           "{\"Template\":{\"Type\":\"name_prefix_match\"},\"Service\":{\"Service\":"
           "\"${name.full}\"}}",
           id);
    rig_expect_part(*state, "GET /v1/query/geo-east-main/explain", NULL, 200,
                    "\"Service\":{\"Service\":\"mysql-east\"");
    assert_non_null(strstr(rig_body(*state), "\"Tags\":[\"main\",\"east-main\"]"));
    rig_expect_part(*state, "GET /v1/query/web/execute", NULL, 200, "{\"Service\":\"web\"");
    refuse(state, "{\"Template\":{\"Type\":\"name_prefix_match\"},\"Service\":{\"Service\":\"x\"}}",
           "raft apply failed: a query template with an empty name already exists");
    refuse(state, "{\"Name\":\"t\",\"Template\":{\"Type\":\"x\"},\"Service\":{\"Service\":\"x\"}}",
           "raft apply failed: failed compiling template: Bad Template.Type 'x'");
    refuse(state,
           "{\"Name\":\"t\",\"Template\":{\"Type\":\"name_prefix_match\"},\"Service\":{\"Service\":"
           "\"${nope}\"}}",
           "raft apply failed: failed compiling template: Bad format '${nope}'");
    refuse(state,
           "{\"Name\":\"t\",\"Template\":{\"Type\":\"name_prefix_match\",\"Regexp\":\"(\"},"
           "\"Service\":{\"Service\":\"x\"}}",
           "raft apply failed: failed compiling template: Bad Regexp: error parsing regexp: "
           "missing closing ): `(`");
}

static void a_query_ends_with_its_session(void **state)
{
    char session[37] = { 0 }, id[37], text[200];
    rig_expect_part(*state, "PUT /v1/session/create", "{}", 200, "{\"ID\":\"");
    memcpy(session, rig_body(*state) + 7, 36);
    snprintf(text, sizeof text,
             "{\"Name\":\"bound\",\"Session\":\"%s\",\"Service\":{\"Service\":\"web\"}}", session);
    create(state, text, id);
    rig_expect_part(*state, "GET /v1/query/bound/execute", NULL, 200, "{\"Service\":\"web\"");
    snprintf(text, sizeof text, "PUT /v1/session/destroy/%s", session);
    rig_expect(*state, text, NULL, 200, "true");
    rig_expect(*state, "GET /v1/query/bound/execute", NULL, 404, "Query not found");
    rig_expect(*state, "GET /v1/query", NULL, 200, "[]");
    create(state, "{\"Name\":\"bound\",\"Service\":{\"Service\":\"web\"}}", id);
}

#define ROOT_TOKEN "0a0b0c0d-0000-4000-8000-0000000000ff"
#define AS_ROOT "X-Consul-Token: " ROOT_TOKEN "\r\n"

static void tokens_are_hidden_and_used(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    static const char secret[] = "\"Token\":\"" ROOT_TOKEN "\"";
    struct rig *rig = rig_new();
    (void)state;
    rig->k.hub_options.gate = &closed;
    rig_start(rig);
    rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT_TOKEN "\"}", "");
    rig_expect_part(rig, "POST /v1/query", "{\"Name\":\"q\",\"Service\":{\"Service\":\"consul\"}}",
                    403, "lacks permission 'query:write' on \"q\"");
    assert_int_equal(rig_ask(rig, "POST /v1/query",
                             "{\"Name\":\"q\",\"Token\":\"" ROOT_TOKEN
                             "\",\"Service\":{\"Service\":\"consul\"}}",
                             AS_ROOT),
                     200);
    assert_int_equal(rig_ask(rig, "POST /v1/query",
                             "{\"Name\":\"r\",\"Service\":{\"Service\":\"consul\"}}", AS_ROOT),
                     200);
    rig_expect(rig, "GET /v1/query", NULL, 200, "[]");
    assert_int_equal(rig_ask(rig, "GET /v1/query", NULL, AS_ROOT), 200);
    assert_non_null(strstr(rig_body(rig), secret));
    rig_expect_part(rig, "GET /v1/query/q/execute", NULL, 200, "\"Nodes\":[{\"Node\":");
    rig_expect_part(rig, "GET /v1/query/r/execute", NULL, 200, "\"Nodes\":[],");
    rig_free(rig);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        CLAIM(queries_are_listed_and_read_by_id),     CLAIM(a_query_is_changed_and_removed),
        CLAIM(what_makes_no_sense_is_refused),        CLAIM(a_name_has_512_bytes),
        CLAIM(a_query_gives_what_it_keeps),           CLAIM(tags_and_metadata_select),
        CLAIM(templates_take_the_longest_prefix),     CLAIM(a_query_ends_with_its_session),
        cmocka_unit_test(tokens_are_hidden_and_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
