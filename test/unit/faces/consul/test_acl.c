/* /v1/acl as its clients use it. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define ROOT "11111111-1111-4111-8111-111111111111"
#define NOBODY_ID "99999999-0000-4000-8000-000000000000"
#define KEY                                                               \
    "-----BEGIN PUBLIC KEY-----\\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIcsbqPuMOr7G/iKR2O3Wc8kfO+tR\\n" \
    "fs+coE74b5VG37qGCL6OYwDt7rIWyVX9VOjmKxYh986a0/w9KIIsRg/dcA==\\n"     \
    "-----END PUBLIC KEY-----\\n"
/* By the key above: iss idp, aud [muster], exp in 2100, sub anna, groups [ops, dev]. */
#define ANNA                                                                                      \
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiJpZHAiLCJhdWQiOlsibXVzdGVyIl0sImV4cCI6ND" \
    "EwMjQ0NDgwMCwic3ViIjoiYW5uYSIsImFkbWluIjp0cnVlLCJncm91cHMiOlsib3BzIiwiZGV2Il0sImRlZXAiOnsid" \
    "GVhbSI6InJlZCJ9fQ.G6JpzguXvhWVE7E7__bHhBP35unxNEYi3GO3Ezy2B6WSlySGdpUlgJ0SUygrTN1WdUMS9IdR8" \
    "PnkindViGzoBQ"

/* -- asking as somebody -------------------------------------------------------------------------
 */

static int ask_as(struct rig *rig, const char *token, const char *request, const char *body)
{
    char header[200];
    snprintf(header, sizeof header, "X-Consul-Token: %s\r\n", token);
    return rig_ask(rig, request, body, token[0] == 0 ? "" : header);
}

static void expect_as(struct rig *rig, const char *token, const char *request, const char *body,
                      int status, const char *part)
{
    int got = ask_as(rig, token, request, body);
    if (got != status || strstr(rig_body(rig), part) == NULL)
        fail_msg("%s %s: %d %s\nwithout %d %s", request, body == NULL ? "" : body, got,
                 rig_body(rig), status, part);
}

static void expect(struct rig *rig, const char *request, const char *body, int status,
                   const char *part)
{
    expect_as(rig, ROOT, request, body, status, part);
}

/* The text of member NAME of the last answer, until the next but three. */
static const char *member(struct rig *rig, const char *name)
{
    static char texts[4][300];
    static unsigned next;
    char *text = texts[next++ % 4], quoted[100];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *at = strstr(rig_body(rig), quoted);
    assert_non_null(at);
    at += strlen(quoted);
    snprintf(text, sizeof texts[0], "%.*s", (int)strcspn(at, "\""), at);
    return text;
}

static const char *with_id(const char *method_and_path, const char *id)
{
    static char requests[4][300];
    static unsigned next;
    char *request = requests[next++ % 4];
    snprintf(request, sizeof requests[0], "%s%s", method_and_path, id);
    return request;
}

static void put(struct rig *rig, const char *what, const char *body)
{
    expect(rig, with_id("PUT /v1/acl/", what), body, 200, "{");
}

static int set_up_with(void **state, const struct gate_options *gate)
{
    struct rig *rig = rig_new();
    rig->k.hub_options.gate = gate;
    rig_start(rig);
    *state = rig;
    return 0;
}

static int set_up_empty(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    return set_up_with(state, &closed);
}

static int set_up(void **state)
{
    set_up_empty(state);
    put(*state, "bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}");
    return 0;
}

static int set_up_off(void **state)
{
    return set_up_with(state, NULL);
}

/* -- the first token ----------------------------------------------------------------------------
 */

static void first_token_is_made_once(void **state)
{
    struct rig *rig = *state;
    expect_as(rig, "x", "GET /v1/acl/tokens", NULL, 403,
              "ACL system must be bootstrapped before making any requests that require "
              "authorization: ACL not found");
    expect_as(rig, "", "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"no\"}", 500,
              "Invalid Token: SecretID is not a valid UUID");
    expect_as(rig, "", "PUT /v1/acl/bootstrap", NULL, 200, "{\"ID\":\"");
    const char *secret = member(rig, "SecretID");
    assert_string_equal(secret, member(rig, "ID"));
    assert_non_null(strstr(rig_body(rig), "\"Policies\":[{\"ID\":\"00000000-0000-0000-0000-"
                                          "000000000001\",\"Name\":\"global-management\"}]"));
    expect_as(rig, "", "PUT /v1/acl/bootstrap", NULL, 403,
              "Permission denied: ACL bootstrap no longer allowed (reset index: 1)");
    expect_as(rig, secret, "GET /v1/acl/tokens", NULL, 200, "[{\"AccessorID\":\"");
}

static void all_is_401_while_acls_are_off(void **state)
{
    static const char *const requests[] = { "PUT /v1/acl/bootstrap", "GET /v1/acl/tokens",
                                            "GET /v1/acl/token/self", "POST /v1/acl/login",
                                            "POST /v1/internal/acl/authorize" };
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        rig_expect(*state, requests[i], requests[i][0] == 'G' ? NULL : "{}", 401,
                   "ACL support disabled");
    rig_expect_part(*state, "GET /v1/agent/self", NULL, 200, "{");
    assert_string_equal(rig_header(*state, "x-consul-default-acl-policy"), "allow");
}

/* -- denials -------------------------------------------------------------------------------------
 */

static void denials_say_who_lacks_what(void **state)
{
    struct rig *rig = *state;
    char text[300];
    expect_as(rig, "", "GET /v1/acl/tokens", NULL, 403,
              "Permission denied: anonymous token lacks permission 'acl:read'. The anonymous token "
              "is used implicitly when a request does not specify a token.");
    expect_as(rig, NOBODY_ID, "GET /v1/acl/tokens", NULL, 403, "ACL not found");
    put(rig, "token", "{}");
    const char *secret = member(rig, "SecretID");
    snprintf(text, sizeof text,
             "Permission denied: token with AccessorID '%s' lacks permission 'acl:write'",
             member(rig, "AccessorID"));
    expect_as(rig, secret, "PUT /v1/acl/policy", "{}", 403, text);
    snprintf(text, sizeof text, "lacks permission 'agent:read' on \"n1\"");
    expect_as(rig, secret, "GET /v1/agent/self", NULL, 403, text);
    assert_string_equal(rig_header(rig, "x-consul-default-acl-policy"), "deny");
}

/* -- tokens --------------------------------------------------------------------------------------
 */

static void token_is_made_shown_changed_and_removed(void **state)
{
    struct rig *rig = *state;
    put(rig, "token",
        "{\"Description\":\"d\",\"Policies\":[{\"Name\":\"builtin/global-read-only\"}],"
        "\"ServiceIdentities\":[{\"ServiceName\":\"web\"}],\"NodeIdentities\":[{\"NodeName\":"
        "\"n1\",\"Datacenter\":\"dc1\"}],\"TemplatedPolicies\":[{\"TemplateName\":"
        "\"builtin/service\",\"TemplateVariables\":{\"Name\":\"api\"}}],\"Local\":true}");
    const char *id = member(rig, "AccessorID"), *secret = member(rig, "SecretID");
    assert_non_null(strstr(
        rig_body(rig),
        "\"Description\":\"d\",\"Policies\":[{\"ID\":\"00000000-0000-0000-0000-000000000002\","
        "\"Name\":\"builtin/global-read-only\"}],\"ServiceIdentities\":[{\"ServiceName\":\"web\"}],"
        "\"NodeIdentities\":[{\"NodeName\":\"n1\",\"Datacenter\":\"dc1\"}],\"TemplatedPolicies\":"
        "[{\"TemplateName\":\"builtin/service\",\"TemplateVariables\":{\"Name\":\"api\"}}],"
        "\"Local\":true,\"CreateTime\":\"20"));
    expect(rig, with_id("GET /v1/acl/token/", id), NULL, 200, secret);
    expect(rig, with_id("PUT /v1/acl/token/", id), "{\"Description\":\"e\",\"Local\":true}", 200,
           "\"Description\":\"e\",\"Local\":true,");
    assert_string_equal(member(rig, "SecretID"), secret);
    expect(rig, with_id("DELETE /v1/acl/token/", id), NULL, 200, "true");
    expect(rig, with_id("DELETE /v1/acl/token/", id), NULL, 404, "Cannot find token to delete");
    expect(rig, with_id("GET /v1/acl/token/", id), NULL, 404,
           "Requested token does not exist: ACL not found");
    expect_as(rig, secret, "GET /v1/acl/token/self", NULL, 403, "ACL not found");
}

static void what_a_token_cannot_be_is_refused(void **state)
{
    struct rig *rig = *state;
    static const struct {
        const char *body, *text;
    } rows[] = {
        { "{\"AccessorID\":\"x\"}", "Invalid Token: AccessorID is not a valid UUID" },
        { "{\"SecretID\":\"x\"}", "Invalid Token: SecretID is not a valid UUID" },
        { "{\"SecretID\":\"" ROOT "\"}", "Invalid Token: SecretID is already in use" },
        { "{\"AccessorID\":\"00000000-0000-0000-0000-000000000009\"}",
          "UUIDs with the prefix \"00000000-0000-0000-0000-0000000000\" are reserved" },
        { "{\"Policies\":[{\"Name\":\"x\"}]}", "No such ACL policy with name \"x\"" },
        { "{\"Policies\":[{\"ID\":\"" NOBODY_ID "\"}]}",
          "No such ACL policy with ID \"" NOBODY_ID "\"" },
        { "{\"Roles\":[{\"Name\":\"x\"}]}", "No such ACL role with name \"x\"" },
        { "{\"ExpirationTTL\":\"59s\"}", "ExpirationTime cannot be less than 1m0s in the future" },
        { "{\"ExpirationTTL\":\"24h1s\"}",
          "ExpirationTime cannot be more than 24h0m0s in the future" },
        { "{\"ExpirationTTL\":\"-1s\"}", "Token Expiration TTL should be > 0" },
        { "{\"ExpirationTime\":\"2001-01-01T00:00:00Z\"}",
          "ExpirationTime cannot be before CreateTime" },
        { "{\"ExpirationTTL\":\"1h\",\"ExpirationTime\":\"2100-01-01T00:00:00Z\"}",
          "Expiration TTL and Expiration Time cannot both be set" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect(rig, "PUT /v1/acl/token", rows[i].body, 500, rows[i].text);
    expect(rig, "PUT /v1/acl/token", "{\"X\":1}", 400,
           "Token decoding failed: json: unknown field \"X\"");
    expect(rig, "GET /v1/acl/token/", NULL, 400, "Missing token AccessorID");
    expect(rig, "GET /v1/acl/token/x", NULL, 404, "Requested token does not exist: ACL not found");
    expect(rig, "PUT /v1/acl/token/" NOBODY_ID, "{}", 500, "Cannot find token \"" NOBODY_ID "\"");
    expect(rig, "PUT /v1/acl/token/" NOBODY_ID, "{\"AccessorID\":\"" ROOT "\"}", 400,
           "Token Accessor ID in URL and payload do not match");
}

static void what_a_token_is_made_with_stays(void **state)
{
    struct rig *rig = *state;
    put(rig, "token", "{\"ExpirationTTL\":\"1h\"}");
    const char *request = with_id("PUT /v1/acl/token/", member(rig, "AccessorID"));
    const char *end = member(rig, "ExpirationTime");
    char body[200];
    expect(rig, request, "{\"SecretID\":\"" NOBODY_ID "\"}", 500,
           "Changing a token's SecretID is not permitted");
    expect(rig, request, "{\"Local\":true}", 500, "Cannot toggle local mode of ");
    expect(rig, request, "{\"ExpirationTTL\":\"2h\"}", 500, "Cannot change expiration time of ");
    expect(rig, request, "{\"AuthMethod\":\"x\"}", 500, "Cannot change AuthMethod of ");
    snprintf(body, sizeof body, "{\"ExpirationTime\":\"%s\"}", end);
    expect(rig, request, body, 200, end);
}

static void token_of_the_shortest_and_the_longest_life_is_made(void **state)
{
    put(*state, "token", "{\"ExpirationTTL\":\"60s\"}");
    put(*state, "token", "{\"ExpirationTTL\":\"24h\"}");
}

static void token_is_cloned(void **state)
{
    struct rig *rig = *state;
    put(rig, "token", "{\"Description\":\"d\",\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]}");
    const char *id = member(rig, "AccessorID"), *secret = member(rig, "SecretID");
    char request[200];
    snprintf(request, sizeof request, "PUT /v1/acl/token/%s/clone", id);
    expect(rig, request, "{\"Description\":\"copy\"}", 200,
           "\"Description\":\"copy\",\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]");
    assert_string_not_equal(member(rig, "SecretID"), secret);
    expect(rig, request, "{}", 200, "\"Description\":\"d\"");
    expect(rig, "PUT /v1/acl/token/" NOBODY_ID "/clone", "{}", 403,
           "token does not exist: ACL not found");
}

static void builtin_policies_are_described_in_consuls_words(void **state)
{
    expect(*state, "GET /v1/acl/policy/name/global-management", NULL, 200,
           "A built-in policy that grants read and write access to all Consul features");
    expect(*state, "GET /v1/acl/policy/name/global-management", NULL, 200, "\"Rules\":\"\\nacl = ");
    expect(*state, "GET /v1/acl/policy/name/global-management", NULL, 200,
           "session_prefix \\\"\\\" {\\n\\tpolicy = \\\"write\\\"\\n}\",");
    expect(*state, "GET /v1/acl/policy/name/builtin%2Fglobal-read-only", NULL, 200,
           "A built-in policy that grants read-only access to all Consul features");
}

static void clone_of_a_token_ends_when_it_does(void **state)
{
    struct rig *rig = *state;
    char request[200], end[60];
    put(rig, "token", "{\"ExpirationTTL\":\"1h\"}");
    snprintf(end, sizeof end, "\"ExpirationTime\":\"%s\"", member(rig, "ExpirationTime"));
    snprintf(request, sizeof request, "PUT /v1/acl/token/%s/clone", member(rig, "AccessorID"));
    expect(rig, request, "{}", 200, end);
    expect(rig, with_id("GET /v1/acl/token/", member(rig, "AccessorID")), NULL, 200, end);
}

static void own_token_is_shown_to_its_bearer(void **state)
{
    struct rig *rig = *state;
    put(rig, "token", "{\"Description\":\"mine\"}");
    const char *secret = member(rig, "SecretID");
    expect_as(rig, secret, "GET /v1/acl/token/self", NULL, 200, secret);
    expect_as(rig, "", "GET /v1/acl/token/self", NULL, 200,
              "{\"AccessorID\":\"00000000-0000-0000-0000-000000000002\",\"SecretID\":"
              "\"anonymous\",");
    expect_as(rig, NOBODY_ID, "GET /v1/acl/token/self", NULL, 403, "ACL not found");
}

static void anonymous_token_is_changed_but_never_removed(void **state)
{
    struct rig *rig = *state;
    expect_as(rig, "", "GET /v1/agent/self", NULL, 403, "Permission denied");
    put(rig, "token/00000000-0000-0000-0000-000000000002",
        "{\"Policies\":[{\"Name\":\"builtin/global-read-only\"}]}");
    expect_as(rig, "", "GET /v1/agent/self", NULL, 200, "{");
    put(rig, "token/00000000-0000-0000-0000-000000000002", "{}");
    expect_as(rig, "", "GET /v1/agent/self", NULL, 403, "Permission denied");
    expect(rig, "DELETE /v1/acl/token/00000000-0000-0000-0000-000000000002", NULL, 500,
           "Delete operation not permitted on the anonymous token");
}

static void nobody_removes_the_branch_he_sits_on(void **state)
{
    struct rig *rig = *state;
    expect(rig, "GET /v1/acl/token/self", NULL, 200, ROOT);
    expect(rig, with_id("DELETE /v1/acl/token/", member(rig, "AccessorID")), NULL, 500,
           "Deletion of the request's authorization token is not permitted");
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        n++;
    return n;
}

static void tokens_are_listed_by_what_they_have(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy", "{\"Name\":\"p\"}");
    const char *policy = member(rig, "ID");
    put(rig, "role", "{\"Name\":\"r\"}");
    const char *role = member(rig, "ID");
    put(rig, "token", "{\"Policies\":[{\"Name\":\"p\"}]}");
    put(rig, "token", "{\"Roles\":[{\"Name\":\"r\"}]}");
    put(rig, "token", "{\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]}");
    expect(rig, "GET /v1/acl/tokens", NULL, 200, "[{");
    assert_int_equal(count(rig_body(rig), "\"AccessorID\""), 5); /* root, anonymous */
    assert_string_not_equal(rig_header(rig, "x-consul-index"), "");
    expect(rig, with_id("GET /v1/acl/tokens?policy=", policy), NULL, 200, "\"Name\":\"p\"");
    assert_int_equal(count(rig_body(rig), "\"AccessorID\""), 1);
    expect(rig, with_id("GET /v1/acl/tokens?role=", role), NULL, 200, "\"Name\":\"r\"");
    assert_int_equal(count(rig_body(rig), "\"AccessorID\""), 1);
    expect(rig, "GET /v1/acl/tokens?servicename=web", NULL, 200, "\"web\"");
    assert_int_equal(count(rig_body(rig), "\"AccessorID\""), 1);
    expect(rig, "GET /v1/acl/tokens?authmethod=x", NULL, 200, "[]");
}

/* True of the last answer if it shows them one behind the other. */
static void assert_in_order(struct rig *rig, const char *const *parts, size_t n)
{
    const char *at = rig_body(rig);
    for (size_t i = 0; i < n; i++) {
        const char *next = strstr(at, parts[i]);
        if (next == NULL)
            fail_msg("%s is not in its place in %s", parts[i], rig_body(rig));
        at = next + 1;
    }
}

static void lists_are_by_name_without_case_and_by_secret(void **state)
{
    static const char *const policies[] = { "\"Name\":\"alpha\"", "\"Name\":\"Beta\"",
                                            "\"Name\":\"builtin/global-read-only\"",
                                            "\"Name\":\"global-management\"", "\"Name\":\"zeta\"" };
    static const char *const roles[] = { "\"Name\":\"alpha\"", "\"Name\":\"Beta\"",
                                         "\"Name\":\"zeta\"" };
    static const char *const tokens[] = { "\"00000001-0000-4000-8000-000000000000\"",
                                          "\"" ROOT "\"",
                                          "\"a0000000-0000-4000-8000-000000000000\"",
                                          "\"SecretID\":\"anonymous\"",
                                          "\"f0000000-0000-4000-8000-000000000000\"" };
    struct rig *rig = *state;
    for (size_t i = ARRAY_LEN(roles); i-- > 0;) {
        char body[100];
        snprintf(body, sizeof body, "{%s}", roles[i]);
        put(rig, "policy", body);
        put(rig, "role", body);
    }
    for (size_t i = ARRAY_LEN(tokens); i-- > 0;) {
        char body[100];
        snprintf(body, sizeof body, "{\"SecretID\":%s}", tokens[i]);
        if (tokens[i][1] != 'S' && strcmp(tokens[i], "\"" ROOT "\"") != 0)
            put(rig, "token", body);
    }
    expect(rig, "GET /v1/acl/policies", NULL, 200, "[{");
    assert_in_order(rig, policies, ARRAY_LEN(policies));
    expect(rig, "GET /v1/acl/roles", NULL, 200, "[{");
    assert_in_order(rig, roles, ARRAY_LEN(roles));
    expect(rig, "GET /v1/acl/tokens", NULL, 200, "[{");
    assert_in_order(rig, tokens, ARRAY_LEN(tokens));
}

static void secrets_are_hidden_from_who_may_only_read(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy", "{\"Name\":\"reads\",\"Rules\":\"acl = \\\"read\\\"\"}");
    put(rig, "token", "{\"Policies\":[{\"Name\":\"reads\"}]}");
    const char *secret = member(rig, "SecretID"), *id = member(rig, "AccessorID");
    expect_as(rig, secret, "GET /v1/acl/tokens", NULL, 200, "\"SecretID\":\"<hidden>\"");
    assert_null(strstr(rig_body(rig), ROOT));
    expect_as(rig, secret, with_id("GET /v1/acl/token/", id), NULL, 200, "<hidden>");
    assert_string_equal(rig_header(rig, "x-consul-results-filtered-by-acls"), "");
    expect(rig, "GET /v1/acl/tokens", NULL, 200, ROOT);
}

static void expanded_token_shows_its_policies_and_roles(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy", "{\"Name\":\"p\",\"Rules\":\"operator = \\\"read\\\"\"}");
    put(rig, "role", "{\"Name\":\"r\",\"Policies\":[{\"Name\":\"p\"}]}");
    put(rig, "token", "{\"Roles\":[{\"Name\":\"r\"}],\"Policies\":[{\"Name\":\"p\"}]}");
    char request[200];
    snprintf(request, sizeof request, "GET /v1/acl/token/%s?expanded=true",
             member(rig, "AccessorID"));
    expect(rig, request, NULL, 200, "\"Rules\":\"operator = \\\"read\\\"\"");
    assert_non_null(strstr(rig_body(rig), "\"ExpandedRoles\":[{\"ID\":"));
    assert_non_null(strstr(rig_body(rig), "\"AgentACLDefaultPolicy\":\"deny\""));
}

/* -- policies and roles -------------------------------------------------------------------------
 */

static void policy_is_made_shown_changed_and_removed(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy",
        "{\"Name\":\"app\",\"Description\":\"d\",\"Rules\":\"node_prefix \\\"\\\" { policy = "
        "\\\"read\\\" }\",\"Datacenters\":[\"dc1\"]}");
    const char *id = member(rig, "ID");
    assert_non_null(strstr(rig_body(rig), "\"Datacenters\":[\"dc1\"],\"Hash\":\""));
    expect(rig, with_id("GET /v1/acl/policy/", id), NULL, 200, "\"Rules\":\"node_prefix ");
    expect(rig, "GET /v1/acl/policy/name/app", NULL, 200, id);
    expect(rig, "GET /v1/acl/policies", NULL, 200, id);
    assert_null(strstr(rig_body(rig), "Rules"));
    assert_int_equal(count(rig_body(rig), "\"Datacenters\":null"), 2); /* the built-in ones */
    expect(rig, with_id("PUT /v1/acl/policy/", id), "{\"Name\":\"app2\"}", 200,
           "\"Name\":\"app2\",\"Description\":\"\",\"Rules\":\"\",\"Hash\"");
    expect(rig, "GET /v1/acl/policy/name/app", NULL, 404,
           "Requested policy does not exist: ACL not found");
    expect(rig, "GET /v1/acl/policy/name/app2", NULL, 200, id);
    put(rig, "policy", "{\"Name\":\"app\"}"); /* the name is free again */
    expect(rig, with_id("DELETE /v1/acl/policy/", id), NULL, 200, "true");
    expect(rig, with_id("DELETE /v1/acl/policy/", id), NULL, 404, "Cannot find policy to delete");
    expect(rig, with_id("GET /v1/acl/policy/", id), NULL, 404,
           "Requested policy does not exist: ACL not found");
}

static void what_a_policy_cannot_be_is_refused(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy", "{\"Name\":\"app\"}");
    expect(rig, "PUT /v1/acl/policy", "{\"Name\":\"APP\"}", 500,
           "Invalid Policy: A Policy with Name \"APP\" already exists");
    expect(rig, "PUT /v1/acl/policy", "{}", 500, "Invalid Policy: no Name is set");
    expect(rig, "PUT /v1/acl/policy", "{\"Name\":\"a\",\"Rules\":\"x {\"}", 500,
           "Failed to parse ACL rules: ");
    expect(rig, "PUT /v1/acl/policy", "{\"Name\":\"a\",\"ID\":\"" NOBODY_ID "\"}", 400,
           "Cannot specify the ID when creating a new policy");
    expect(rig, "PUT /v1/acl/policy", "{", 400, "Policy decoding failed: unexpected EOF");
    expect(rig, "PUT /v1/acl/policy/" NOBODY_ID, "{\"Name\":\"a\"}", 500,
           "cannot find policy " NOBODY_ID);
    expect(rig, "PUT /v1/acl/policy/" NOBODY_ID, "{\"ID\":\"" ROOT "\"}", 400,
           "Policy ID in URL and payload do not match");
    expect(rig, "GET /v1/acl/policy/", NULL, 400, "Missing policy ID");
}

static void built_in_policies_stay(void **state)
{
    struct rig *rig = *state;
    expect(rig, "GET /v1/acl/policy/00000000-0000-0000-0000-000000000001", NULL, 200,
           "\"Name\":\"global-management\"");
    expect(rig, "PUT /v1/acl/policy/00000000-0000-0000-0000-000000000001",
           "{\"Name\":\"global-management\",\"Rules\":\"\"}", 500,
           "Changing the Rules for the builtin global-management policy is not permitted");
    expect(rig, "DELETE /v1/acl/policy/00000000-0000-0000-0000-000000000002", NULL, 500,
           "the builtin builtin/global-read-only policy is not permitted");
    expect(rig, "PUT /v1/acl/policy", "{\"Name\":\"Global-Management\"}", 500, "already exists");
}

static void role_is_made_shown_changed_and_removed(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy", "{\"Name\":\"p\"}");
    const char *policy = member(rig, "ID");
    put(rig, "role", "{\"Name\":\"ops\",\"Policies\":[{\"Name\":\"p\"},{\"Name\":\"p\"}]}");
    const char *id = member(rig, "ID");
    assert_int_equal(count(rig_body(rig), "\"Name\":\"p\""), 1); /* once is enough */
    expect(rig, with_id("GET /v1/acl/role/", id), NULL, 200, policy);
    expect(rig, "GET /v1/acl/role/name/ops", NULL, 200, id);
    expect(rig, with_id("GET /v1/acl/roles?policy=", policy), NULL, 200, id);
    expect(rig, "GET /v1/acl/roles?policy=" NOBODY_ID, NULL, 200, "[]");
    expect(rig, with_id("DELETE /v1/acl/policy/", policy), NULL, 200, "true");
    expect(rig, with_id("GET /v1/acl/role/", id), NULL, 200, "\"Description\":\"\",\"Hash\"");
    expect(rig, with_id("PUT /v1/acl/role/", id), "{\"Name\":\"dev\"}", 200, "\"Name\":\"dev\"");
    expect(rig, "PUT /v1/acl/role", "{\"Name\":\"dev\"}", 500,
           "Invalid Role: A Role with Name \"dev\" already exists");
    expect(rig, "PUT /v1/acl/role", "{\"Name\":\"x\",\"ID\":\"" ROOT "\"}", 400,
           "Cannot specify the ID when creating a new role");
    expect(rig, with_id("DELETE /v1/acl/role/", id), NULL, 200, "true");
    expect(rig, with_id("DELETE /v1/acl/role/", id), NULL, 404, "Cannot find role to delete");
    expect(rig, with_id("GET /v1/acl/role/", id), NULL, 404, "Requested role does not exist");
    expect(rig, with_id("PUT /v1/acl/role/", id), "{\"Name\":\"a\"}", 500, "cannot find role ");
}

static void changed_policy_changes_what_its_tokens_may(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy",
        "{\"Name\":\"p\",\"Rules\":\"agent_prefix \\\"\\\" { policy = \\\"read\\\" }\"}");
    const char *policy = member(rig, "ID");
    put(rig, "role", "{\"Name\":\"r\",\"Policies\":[{\"Name\":\"p\"}]}");
    put(rig, "token", "{\"Roles\":[{\"Name\":\"r\"}]}");
    const char *secret = member(rig, "SecretID");
    expect_as(rig, secret, "GET /v1/agent/self", NULL, 200, "{");
    expect(rig, with_id("PUT /v1/acl/policy/", policy), "{\"Name\":\"p\"}", 200, "{");
    expect_as(rig, secret, "GET /v1/agent/self", NULL, 403, "lacks permission 'agent:read'");
}

static void rows_that_may_not_be_read_are_left_out(void **state)
{
    struct rig *rig = *state;
    put(rig, "token", "{}");
    expect_as(rig, member(rig, "SecretID"), "GET /v1/agent/members", NULL, 200, "[]");
    expect(rig, "GET /v1/agent/members", NULL, 200, "\"n1\"");
}

static int set_up_lists(void **state)
{
    static const struct gate_options lists = { .is_on = true, .keys_want_list = true };
    set_up_with(state, &lists);
    put(*state, "bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}");
    return 0;
}

static void keys_are_listed_to_who_may_list_where_that_is_asked(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy",
        "{\"Name\":\"reads\",\"Rules\":\"key_prefix \\\"a/\\\" { policy = \\\"read\\\" }\"}");
    put(rig, "policy",
        "{\"Name\":\"lists\",\"Rules\":\"key_prefix \\\"a/\\\" { policy = \\\"list\\\" }\"}");
    expect(rig, "PUT /v1/kv/a/x", "1", 200, "true");
    put(rig, "token", "{\"Policies\":[{\"Name\":\"reads\"}]}");
    const char *reader = member(rig, "SecretID");
    put(rig, "token", "{\"Policies\":[{\"Name\":\"lists\"}]}");
    const char *lister = member(rig, "SecretID");
    expect_as(rig, reader, "GET /v1/kv/a/x", NULL, 200, "\"Key\":\"a/x\"");
    expect_as(rig, reader, "GET /v1/kv/a/?keys", NULL, 403,
              "lacks permission 'key:list' on \"a/\"");
    expect_as(rig, reader, "GET /v1/kv/a/?recurse", NULL, 403, "lacks permission 'key:list'");
    expect_as(rig, lister, "GET /v1/kv/a/?keys", NULL, 200, "[\"a/x\"]");
    expect_as(rig, lister, "GET /v1/kv/?keys", NULL, 403, "lacks permission 'key:list'");
}

static void keys_that_may_not_be_read_are_left_out_and_that_is_said(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy",
        "{\"Name\":\"p\",\"Rules\":\"key_prefix \\\"a/\\\" { policy = \\\"read\\\" }\"}");
    expect(rig, "PUT /v1/kv/a/x", "1", 200, "true");
    expect(rig, "PUT /v1/kv/b/x", "1", 200, "true");
    put(rig, "token", "{\"Policies\":[{\"Name\":\"p\"}]}");
    const char *secret = member(rig, "SecretID");
    expect_as(rig, secret, "GET /v1/kv/?keys", NULL, 200, "[\"a/x\"]");
    assert_string_equal(rig_header(rig, "x-consul-results-filtered-by-acls"), "true");
    expect_as(rig, secret, "GET /v1/kv/a/?keys", NULL, 200, "[\"a/x\"]");
    assert_string_equal(rig_header(rig, "x-consul-results-filtered-by-acls"), "");
    expect_as(rig, secret, "DELETE /v1/kv/a/?recurse", NULL, 403, "lacks permission 'key:write'");
}

static void transaction_is_refused_where_one_of_its_operations_is(void **state)
{
    struct rig *rig = *state;
    put(rig, "policy",
        "{\"Name\":\"p\",\"Rules\":\"key_prefix \\\"a/\\\" { policy = \\\"write\\\" } key "
        "\\\"a/kept\\\" { policy = \\\"read\\\" }\"}");
    put(rig, "token", "{\"Policies\":[{\"Name\":\"p\"}]}");
    const char *secret = member(rig, "SecretID");
    expect(rig, "PUT /v1/kv/a/kept", "1", 200, "true");
    expect_as(rig, secret, "PUT /v1/txn",
              "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"a/x\",\"Value\":\"MQ==\"}}]", 200,
              "\"Key\":\"a/x\"");
    expect_as(rig, secret, "PUT /v1/txn",
              "[{\"KV\":{\"Verb\":\"set\",\"Key\":\"a/y\",\"Value\":\"MQ==\"}},{\"KV\":{"
              "\"Verb\":\"delete\",\"Key\":\"b\"}}]",
              409, "{\"OpIndex\":1,\"What\":\"Permission denied: token with AccessorID");
    expect_as(rig, secret, "GET /v1/kv/a/y", NULL, 404, ""); /* none of it was done */
    /* A tree that holds what may only be read is not his to remove. */
    expect_as(rig, secret, "PUT /v1/txn", "[{\"KV\":{\"Verb\":\"delete-tree\",\"Key\":\"a/\"}}]",
              409, "Permission denied");
    expect_as(rig, secret, "DELETE /v1/kv/a/?recurse", NULL, 403, "lacks permission 'key:write'");
    expect_as(rig, secret, "GET /v1/kv/a/kept", NULL, 200, "\"Key\":\"a/kept\"");
}

static void default_token_speaks_for_who_brings_none(void **state)
{
    struct rig *rig = *state;
    char body[100];
    put(rig, "token", "{\"Policies\":[{\"Name\":\"builtin/global-read-only\"}]}");
    snprintf(body, sizeof body, "{\"Token\":\"%s\"}", member(rig, "SecretID"));
    expect_as(rig, "", "PUT /v1/agent/token/default", body, 403, "lacks permission 'agent:write'");
    expect(rig, "PUT /v1/agent/token/default", body, 200, "");
    expect_as(rig, "", "GET /v1/agent/self", NULL, 200, "{");
    expect_as(rig, "", "PUT /v1/kv/a", "1", 403, "token with AccessorID");
    expect(rig, "PUT /v1/agent/token/acl_token", "{\"Token\":\"\"}", 200, "");
    expect_as(rig, "", "GET /v1/agent/self", NULL, 403, "anonymous token");
    expect(rig, "PUT /v1/agent/token/x", body, 404, "Token \"x\" is unknown");
}

static void secret_of_a_default_token_ends_at_its_limit(void **state)
{
    char body[200] = "{\"Token\":\"";
    size_t n = strlen(body);
    for (size_t more = 0; more < 2; more++) {
        memset(body + n, 'x', 128 + more);
        strcpy(body + n + 128 + more,
               "\"}"); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy) */
        expect(*state, "PUT /v1/agent/token/dns", body, more == 0 ? 200 : 400,
               more == 0 ? "" : "Token is too long: at most 128 bytes");
    }
}

/* -- logging in -----------------------------------------------------------------------------------
 */

#define METHOD                                                                            \
    "{\"Name\":\"idp\",\"Type\":\"jwt\",\"MaxTokenTTL\":\"1h\",\"Config\":{"              \
    "\"JWTValidationPubKeys\":[\"" KEY "\"],\"JWTSupportedAlgs\":[\"ES256\"],"            \
    "\"BoundAudiences\":[\"muster\"],\"NotBeforeLeeway\":\"900000h\",\"ClaimMappings\":{" \
    "\"sub\":\"user\"},\"ListClaimMappings\":{\"groups\":\"groups\"}}}"

static void auth_method_is_made_shown_changed_and_removed(void **state)
{
    struct rig *rig = *state;
    put(rig, "auth-method", METHOD);
    assert_non_null(strstr(rig_body(rig), "\"MaxTokenTTL\":\"1h0m0s\",\"TokenLocality\":\"local\","
                                          "\"Config\":{\"JWTValidationPubKeys\":["));
    expect(rig, "GET /v1/acl/auth-method/idp", NULL, 200, "\"ClaimMappings\":{\"sub\":\"user\"}");
    expect(rig, "GET /v1/acl/auth-methods", NULL, 200, "[{\"Name\":\"idp\",\"Type\":\"jwt\"");
    assert_null(strstr(rig_body(rig), "Config"));
    expect(rig, "PUT /v1/acl/auth-method", METHOD, 500,
           "Invalid Auth Method: An Auth Method with Name \"idp\" already exists");
    expect(rig, "PUT /v1/acl/auth-method/idp",
           "{\"Type\":\"jwt\",\"Description\":\"d\",\"TokenLocality\":\"global\",\"Config\":{"
           "\"JWTValidationPubKeys\":[\"" KEY "\"]}}",
           200, "\"Description\":\"d\",\"TokenLocality\":\"global\"");
    expect(rig, "PUT /v1/acl/auth-method", "{\"Name\":\"x\",\"Type\":\"oidc\"}", 500,
           "Invalid Auth Method: Type should be one of: [jwt kubernetes]");
    expect(rig, "PUT /v1/acl/auth-method/none", METHOD, 400,
           "AuthMethod Name in URL and payload do not match");
    put(rig, "binding-rule",
        "{\"AuthMethod\":\"idp\",\"BindType\":\"service\",\"BindName\":\"web\"}");
    expect(rig, "DELETE /v1/acl/auth-method/idp", NULL, 200, "true");
    expect(rig, "GET /v1/acl/binding-rules", NULL, 200, "[]"); /* they went with it */
    expect(rig, "DELETE /v1/acl/auth-method/idp", NULL, 404, "Cannot find auth method to delete");
    expect(rig, "GET /v1/acl/auth-method/idp", NULL, 404, "Requested auth method does not exist");
}

static void life_of_a_methods_tokens_is_a_minute_to_a_day(void **state)
{
    static const struct {
        const char *ttl;
        int status;
    } rows[] = { { "59s", 500 }, { "1m", 200 }, { "24h", 200 }, { "24h1s", 500 }, { "-1s", 500 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char body[1000];
        snprintf(body, sizeof body,
                 "{\"Name\":\"m%zu\",\"Type\":\"jwt\",\"MaxTokenTTL\":\"%s\",\"Config\":{"
                 "\"JWTValidationPubKeys\":[\"" KEY "\"]}}",
                 i, rows[i].ttl);
        assert_int_equal(ask_as(*state, ROOT, "PUT /v1/acl/auth-method", body), rows[i].status);
    }
}

static void binding_rule_is_made_shown_changed_and_removed(void **state)
{
    struct rig *rig = *state;
    expect(rig, "PUT /v1/acl/binding-rule",
           "{\"AuthMethod\":\"idp\",\"BindType\":\"role\",\"BindName\":\"x\"}", 500,
           "cannot find auth method with name \"idp\"");
    put(rig, "auth-method", METHOD);
    put(rig, "binding-rule",
        "{\"AuthMethod\":\"idp\",\"BindType\":\"templated-policy\",\"BindName\":"
        "\"builtin/service\",\"BindVars\":{\"Name\":\"${value.user}\"},\"Selector\":"
        "\"ops in list.groups\"}");
    const char *id = member(rig, "ID");
    expect(rig, with_id("GET /v1/acl/binding-rule/", id), NULL, 200,
           "\"AuthMethod\":\"idp\",\"Selector\":\"ops in list.groups\",\"BindType\":"
           "\"templated-policy\",\"BindName\":\"builtin/service\",\"BindVars\":{\"Name\":"
           "\"${value.user}\"}");
    expect(rig, "GET /v1/acl/binding-rules?authmethod=idp", NULL, 200, id);
    expect(rig, "GET /v1/acl/binding-rules?authmethod=x", NULL, 200, "[]");
    expect(rig, with_id("PUT /v1/acl/binding-rule/", id),
           "{\"AuthMethod\":\"idp\",\"BindType\":\"node\",\"BindName\":\"n\"}", 200,
           "\"BindType\":\"node\"");
    expect(rig, "PUT /v1/acl/binding-rule",
           "{\"AuthMethod\":\"idp\",\"BindType\":\"x\",\"BindName\":\"n\"}", 500,
           "Invalid Binding Rule: unknown BindType \"x\"");
    expect(rig, with_id("DELETE /v1/acl/binding-rule/", id), NULL, 200, "true");
    expect(rig, with_id("DELETE /v1/acl/binding-rule/", id), NULL, 404,
           "Cannot find binding rule to delete");
    expect(rig, with_id("GET /v1/acl/binding-rule/", id), NULL, 404,
           "Requested binding rule does not exist");
}

static void login_gives_what_binding_rules_say(void **state)
{
    struct rig *rig = *state;
    static const char login[] =
        "{\"AuthMethod\":\"idp\",\"BearerToken\":\"" ANNA "\",\"Meta\":{\"pod\":\"a\"}}";
    put(rig, "auth-method", METHOD);
    expect_as(rig, "", "POST /v1/acl/login", login, 403, "Permission denied"); /* no rule yet */
    put(rig, "role", "{\"Name\":\"ops\"}");
    put(rig, "binding-rule",
        "{\"AuthMethod\":\"idp\",\"BindType\":\"service\",\"BindName\":\"web-${value.user}\"}");
    put(rig, "binding-rule",
        "{\"AuthMethod\":\"idp\",\"BindType\":\"role\",\"BindName\":\"ops\",\"Selector\":\"ops in "
        "list.groups\"}");
    put(rig, "binding-rule",
        "{\"AuthMethod\":\"idp\",\"BindType\":\"node\",\"BindName\":\"n1\",\"Selector\":\"root in "
        "list.groups\"}");
    expect_as(rig, "", "POST /v1/acl/login", login, 200,
              "\"Description\":\"token created via login: {\\\"pod\\\":\\\"a\\\"}\",\"Roles\":[{");
    const char *secret = member(rig, "SecretID");
    assert_non_null(strstr(rig_body(rig), "\"ServiceIdentities\":[{\"ServiceName\":\"web-anna\"}],"
                                          "\"Local\":true,\"AuthMethod\":\"idp\","
                                          "\"ExpirationTime\":\"20"));
    assert_null(strstr(rig_body(rig), "NodeIdentities"));
    expect(rig, "GET /v1/acl/tokens?authmethod=idp", NULL, 200, secret);
    expect_as(rig, secret, "POST /v1/acl/login", login, 500,
              "do not provide a token when logging in");
    expect_as(rig, secret, "POST /v1/acl/logout", NULL, 200, "true");
    expect_as(rig, secret, "GET /v1/acl/token/self", NULL, 403, "ACL not found");
    expect_as(rig, "", "POST /v1/acl/logout", NULL, 401, "Supplied token does not exist");
    expect(rig, "POST /v1/acl/logout", NULL, 403,
           "Permission denied: token wasn't created via login");
}

static void who_brings_no_token_of_the_method_is_not_let_in(void **state)
{
    struct rig *rig = *state;
    put(rig, "auth-method", METHOD);
    expect_as(rig, "", "POST /v1/acl/login", "{\"AuthMethod\":\"idp\",\"BearerToken\":\"x\"}", 403,
              "Permission denied: ");
    expect_as(rig, "", "POST /v1/acl/login", "{\"AuthMethod\":\"no\",\"BearerToken\":\"x\"}", 403,
              "auth method \"no\" not found");
}

/* -- the rest -------------------------------------------------------------------------------------
 */

static void replication_is_off(void **state)
{
    expect_as(*state, "", "GET /v1/acl/replication", NULL, 200,
              "{\"Enabled\":false,\"Running\":false,\"SourceDatacenter\":\"\",\"ReplicationType\":"
              "\"\",\"ReplicatedIndex\":0,\"ReplicatedRoleIndex\":0,\"ReplicatedTokenIndex\":0,"
              "\"LastSuccess\":\"0001-01-01T00:00:00Z\"");
}

static void templated_policies_say_what_they_grant(void **state)
{
    struct rig *rig = *state;
    expect(rig, "GET /v1/acl/templated-policies", NULL, 200,
           "{\"builtin/service\":{\"TemplateName\"");
    expect(rig, "GET /v1/acl/templated-policy/name/builtin/service", NULL, 200,
           "service \\\"{{.Name}}\\\" {\\n\\tpolicy = \\\"write\\\"\\n}\\nservice "
           "\\\"{{.Name}}-sidecar-proxy\\\"");
    expect(rig, "GET /v1/acl/templated-policy/name/x", NULL, 404,
           "Invalid templated policy Name: x");
    expect(rig, "POST /v1/acl/templated-policy/preview/builtin/node", "{\"Name\":\"n1\"}", 200,
           "\"Rules\":\"node \\\"n1\\\" {\\n\\tpolicy = \\\"write\\\"\\n}\\nservice_prefix "
           "\\\"\\\" {\\n\\tpolicy = \\\"read\\\"\\n}\"");
    expect(rig, "POST /v1/acl/templated-policy/preview/builtin/node", NULL, 400,
           "validation error for templated policy: builtin/node");
}

static void authorize_answers_each_question(void **state)
{
    struct rig *rig = *state;
    put(rig, "token", "{\"ServiceIdentities\":[{\"ServiceName\":\"web\"}]}");
    const char *secret = member(rig, "SecretID");
    expect_as(rig, secret, "POST /v1/internal/acl/authorize",
              "[{\"Resource\":\"service\",\"Access\":\"write\",\"Segment\":\"web\"},{\"Resource\":"
              "\"service\",\"Access\":\"write\",\"Segment\":\"db\"},{\"Resource\":\"acl\","
              "\"Access\":\"read\"}]",
              200,
              "[{\"Resource\":\"service\",\"Access\":\"write\",\"Segment\":\"web\",\"Allow\":true},"
              "{\"Resource\":\"service\",\"Access\":\"write\",\"Segment\":\"db\",\"Allow\":false},"
              "{\"Resource\":\"acl\",\"Access\":\"read\",\"Allow\":false}]");
    expect(rig, "POST /v1/internal/acl/authorize", "[{\"Resource\":\"x\",\"Access\":\"read\"}]",
           500, "Invalid ACL resource requested: \"x\"");
    expect(rig, "POST /v1/internal/acl/authorize", "{}", 400, "Failed to decode request body: ");
}

static void authorize_answers_64_questions_and_no_more(void **state)
{
    static const char question[] = "{\"Resource\":\"acl\",\"Access\":\"read\"}";
    char body[70 * sizeof question + 10] = "[";
    for (int i = 0; i < 64; i++)
        strcat(strcat(body, i == 0 ? "" : ","), question);
    size_t n = strlen(body);
    strcat(body, "]");
    expect(*state, "POST /v1/internal/acl/authorize", body, 200, "\"Allow\":true");
    body[n] = 0;
    strcat(strcat(strcat(body, ","), question), "]");
    expect(*state, "POST /v1/internal/acl/authorize", body, 400,
           "Refusing to process more than 64 authorizations at once");
}

static void lists_block_until_something_changes(void **state)
{
    struct rig *rig = *state;
    char request[200];
    expect(rig, "GET /v1/acl/policies", NULL, 200, "[");
    snprintf(request, sizeof request, "GET /v1/acl/policies?wait=60s&token=" ROOT "&index=%s",
             rig_header(rig, "x-consul-index"));
    struct client *waiting = rig_begin(rig, request, NULL);
    put(rig, "policy", "{\"Name\":\"new\"}");
    assert_int_equal(rig_end(rig, waiting), 200);
    assert_non_null(strstr(rig_body(rig), "\"Name\":\"new\""));
}

static int tear_down(void **state)
{
    return rig_teardown(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_token_is_made_once, set_up_empty, tear_down),
        cmocka_unit_test_setup_teardown(all_is_401_while_acls_are_off, set_up_off, tear_down),
        TEST(denials_say_who_lacks_what),
        TEST(token_is_made_shown_changed_and_removed),
        TEST(what_a_token_cannot_be_is_refused),
        TEST(what_a_token_is_made_with_stays),
        TEST(token_of_the_shortest_and_the_longest_life_is_made),
        TEST(token_is_cloned),
        TEST(builtin_policies_are_described_in_consuls_words),
        TEST(clone_of_a_token_ends_when_it_does),
        TEST(own_token_is_shown_to_its_bearer),
        TEST(anonymous_token_is_changed_but_never_removed),
        TEST(nobody_removes_the_branch_he_sits_on),
        TEST(tokens_are_listed_by_what_they_have),
        TEST(lists_are_by_name_without_case_and_by_secret),
        TEST(secrets_are_hidden_from_who_may_only_read),
        TEST(expanded_token_shows_its_policies_and_roles),
        TEST(policy_is_made_shown_changed_and_removed),
        TEST(what_a_policy_cannot_be_is_refused),
        TEST(built_in_policies_stay),
        TEST(role_is_made_shown_changed_and_removed),
        TEST(changed_policy_changes_what_its_tokens_may),
        TEST(rows_that_may_not_be_read_are_left_out),
        TEST(default_token_speaks_for_who_brings_none),
        TEST(secret_of_a_default_token_ends_at_its_limit),
        TEST(transaction_is_refused_where_one_of_its_operations_is),
        TEST(keys_that_may_not_be_read_are_left_out_and_that_is_said),
        cmocka_unit_test_setup_teardown(keys_are_listed_to_who_may_list_where_that_is_asked,
                                        set_up_lists, tear_down),
        TEST(auth_method_is_made_shown_changed_and_removed),
        TEST(life_of_a_methods_tokens_is_a_minute_to_a_day),
        TEST(binding_rule_is_made_shown_changed_and_removed),
        TEST(login_gives_what_binding_rules_say),
        TEST(who_brings_no_token_of_the_method_is_not_let_in),
        TEST(replication_is_off),
        TEST(templated_policies_say_what_they_grant),
        TEST(authorize_answers_each_question),
        TEST(authorize_answers_64_questions_and_no_more),
        TEST(lists_block_until_something_changes),
    };
    return cmocka_run_group_tests_name("acl", tests, NULL, NULL);
}
