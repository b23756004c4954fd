/* The mesh's certificate authority as its clients use it. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/lib/tempdir.h"

#define ROOT_TOKEN "11111111-1111-4111-8111-111111111111"

/* The text of member NAME of the last answer, with its line ends; the caller's. */
static char *member(struct rig *rig, const char *name)
{
    char quoted[100];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *at = strstr(rig_body(rig), quoted);
    assert_non_null(at);
    at += strlen(quoted);
    char *text = calloc(1, strlen(at) + 1), *to = text;
    for (; *at != '"'; at++)
        if (at[0] == '\\' && at[1] == 'n')
            *to++ = '\n', at++;
        else
            *to++ = *at;
    return text;
}

static void root_is_made_once_and_shown_by_both_routes(void **state)
{
    struct rig *rig = *state;
    rig_expect_part(rig, "GET /v1/connect/ca/roots", NULL, 200, "{\"ActiveRootID\":\"");
    char *id = member(rig, "ActiveRootID"), *pem = member(rig, "RootCert");
    assert_non_null(strstr(rig_body(rig), ".consul\",\"Roots\":[{\"ID\":"));
    assert_non_null(strstr(rig_body(rig), "\"IntermediateCerts\":null,\"Active\":true,"
                                          "\"PrivateKeyType\":\"ec\",\"PrivateKeyBits\":256,"));
    assert_string_not_equal(rig_header(rig, "x-consul-index"), "");
    rig_expect_part(rig, "GET /v1/agent/connect/ca/roots", NULL, 200, id);
    rig_expect(rig, "GET /v1/connect/ca/roots?pem=true", NULL, 200, pem);
    assert_string_equal(rig_header(rig, "content-type"), "application/pem-certificate-chain");
    free(id);
    free(pem);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void leaf_is_what_openssl_takes_for_the_roots(void **state)
{
    struct rig *rig = *state;
    char command[600], *dir = tempdir_new();
    rig_expect_part(rig, "GET /v1/connect/ca/roots?pem=true", NULL, 200, "BEGIN CERTIFICATE");
    write_file(dir, "root.pem", rig_body(rig));
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, 200,
                    ".consul/ns/default/dc/dc1/svc/web\",\"ValidAfter\":\"20");
    char *pem = member(rig, "CertPEM");
    write_file(dir, "leaf.pem", pem);
    snprintf(command, sizeof command,
             "openssl verify -x509_strict -purpose sslserver -CAfile %s/root.pem %s/leaf.pem "
             ">/dev/null 2>&1",
             dir, dir);
    /* NOLINTNEXTLINE(bugprone-command-processor,cert-env33-c,concurrency-mt-unsafe) */
    assert_int_equal(system(command), 0);
    free(pem);
    tempdir_free(dir);
}

static void each_leaf_has_a_key_of_its_own(void **state)
{
    struct rig *rig = *state;
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, 200, "\"Service\":\"web\"");
    char *first = member(rig, "PrivateKeyPEM"), *serial = member(rig, "SerialNumber");
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, 200, "BEGIN EC PRIVATE KEY");
    char *second = member(rig, "PrivateKeyPEM"), *next = member(rig, "SerialNumber");
    assert_string_not_equal(first, second);
    assert_string_not_equal(serial, next);
    free(first);
    free(second);
    free(serial);
    free(next);
    rig_expect(rig, "GET /v1/agent/connect/ca/leaf/", NULL, 400, "Missing service name");
}

/* Whole hours between the two times of the last leaf, a minute before now left out. */
static int hours(struct rig *rig)
{
    char *from = member(rig, "ValidAfter"), *until = member(rig, "ValidBefore");
    int day_a, hour_a, minute_a, day_b, hour_b, minute_b;
    assert_int_equal(sscanf(from, "%*d-%*d-%dT%d:%d", &day_a, &hour_a, &minute_a), 3);
    assert_int_equal(sscanf(until, "%*d-%*d-%dT%d:%d", &day_b, &hour_b, &minute_b), 3);
    free(from);
    free(until);
    int minutes = (day_b - day_a) * 1440 + (hour_b - hour_a) * 60 + minute_b - minute_a;
    return minutes < 0 ? -1 : minutes / 60; /* -1: over the end of a month */
}

static void configuration_says_how_long_leaves_live(void **state)
{
    struct rig *rig = *state;
    rig_expect_part(rig, "GET /v1/connect/ca/configuration", NULL, 200,
                    "{\"Provider\":\"consul\",\"Config\":{\"IntermediateCertTTL\":\"8760h\","
                    "\"LeafCertTTL\":\"72h\",\"RootCertTTL\":\"87600h\"}");
    rig_expect(rig, "PUT /v1/connect/ca/configuration",
               "{\"Provider\":\"consul\",\"Config\":{\"LeafCertTTL\":\"1h\",\"X\":[1,null]}}", 200,
               "");
    rig_expect_part(rig, "GET /v1/connect/ca/configuration", NULL, 200,
                    "\"Config\":{\"LeafCertTTL\":\"1h\",\"X\":[1,null]}");
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, 200, "{");
    int lived = hours(rig);
    assert_true(lived == 1 || lived == -1);
    rig_expect(rig, "PUT /v1/connect/ca/configuration",
               "{\"Provider\":\"consul\",\"Config\":{\"test_state\":{\"foo\":\"bar\"}}}", 200, "");
    rig_expect_part(rig, "GET /v1/connect/ca/configuration", NULL, 200,
                    "\"State\":{\"foo\":\"bar\"},");
}

static void leaves_live_an_hour_to_a_year(void **state)
{
    static const struct {
        const char *ttl;
        int status;
    } rows[] = { { "59m59s", 500 }, { "1h", 200 }, { "8760h", 200 }, { "8760h1s", 500 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"Provider\":\"consul\",\"Config\":{\"LeafCertTTL\":\"%s\"}}",
                 rows[i].ttl);
        assert_int_equal(rig_ask(*state, "PUT /v1/connect/ca/configuration", body, ""),
                         rows[i].status);
    }
    rig_expect(*state, "PUT /v1/connect/ca/configuration", "{\"Provider\":\"vault\"}", 500,
               "could not initialize provider: unknown CA provider \"vault\"");
}

static void ask_authorize(struct rig *rig, const char *uri, int status, const char *part)
{
    char body[400];
    snprintf(body, sizeof body, "{\"Target\":\"db\",\"ClientCertURI\":\"%s\"}", uri);
    rig_expect_part(rig, "POST /v1/agent/connect/authorize", body, status, part);
}

static void who_may_connect_is_what_the_default_says(void **state)
{
    struct rig *rig = *state;
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, 200, "{");
    char *uri = member(rig, "ServiceURI");
    ask_authorize(rig, uri, 200,
                  "{\"Authorized\":true,\"Reason\":\"Default behavior configured by ACLs\"}");
    ask_authorize(rig, "spiffe://x.consul/ns/default/dc/dc1/svc/web", 200,
                  "{\"Authorized\":false,\"Reason\":\"Identity from an external trust domain\"}");
    ask_authorize(rig, "web", 400, "ClientCertURI not a valid Connect identifier");
    rig_expect(rig, "POST /v1/agent/connect/authorize", "{}", 400,
               "Target service must be specified");
    free(uri);
}

static void who_may_connect_is_what_intentions_say(void **state)
{
    struct rig *rig = *state;
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, 200, "{");
    char *uri = member(rig, "ServiceURI");
    rig_expect(rig, "PUT /v1/connect/intentions/exact?source=web&destination=db",
               "{\"Action\":\"deny\"}", 200, "true");
    ask_authorize(
        rig, uri, 200,
        "{\"Authorized\":false,\"Reason\":\"Matched L4 intention: web => db (Precedence: 9, "
        "Action: deny)\"}");
    rig_expect(rig, "PUT /v1/connect/intentions/exact?source=web&destination=db",
               "{\"Action\":\"allow\"}", 200, "true");
    rig_expect(rig, "PUT /v1/connect/intentions/exact?source=*&destination=db",
               "{\"Action\":\"deny\"}", 200, "true");
    ask_authorize(rig, uri, 200, "{\"Authorized\":true,");
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/api", NULL, 200, "{");
    free(uri);
    uri = member(rig, "ServiceURI");
    ask_authorize(
        rig, uri, 200,
        "{\"Authorized\":false,\"Reason\":\"Matched L4 intention: * => db (Precedence: 8, ");
    free(uri);
}

static void leaf_is_for_who_may_write_the_service(void **state)
{
    static const struct gate_options closed = { .is_on = true };
    static const char root[] = "X-Consul-Token: " ROOT_TOKEN "\r\n";
    struct rig *rig = rig_new();
    rig->k.hub_options.gate = &closed;
    rig_start(rig);
    rig_ask(rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT_TOKEN "\"}", "");
    rig_expect_part(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, 403,
                    "lacks permission 'service:write' on \"web\"");
    rig_expect_part(rig, "GET /v1/connect/ca/roots", NULL, 200, "{\"ActiveRootID\":\"");
    assert_int_equal(rig_ask(rig, "GET /v1/agent/connect/ca/leaf/web", NULL, root), 200);
    rig_free(rig);
    (void)state;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(root_is_made_once_and_shown_by_both_routes),
        TEST(leaf_is_what_openssl_takes_for_the_roots),
        TEST(each_leaf_has_a_key_of_its_own),
        TEST(configuration_says_how_long_leaves_live),
        TEST(leaves_live_an_hour_to_a_year),
        TEST(who_may_connect_is_what_the_default_says),
        TEST(who_may_connect_is_what_intentions_say),
        cmocka_unit_test(leaf_is_for_who_may_write_the_service),
    };
    return cmocka_run_group_tests_name("connect", tests, NULL, NULL);
}
