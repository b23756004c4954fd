/* Logging in with a token of somebody else's: what is taken, what it says, what it binds to. */
#include "access/jwt_method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define KEY                                                               \
    "-----BEGIN PUBLIC KEY-----\\n"                                       \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIcsbqPuMOr7G/iKR2O3Wc8kfO+tR\\n" \
    "fs+coE74b5VG37qGCL6OYwDt7rIWyVX9VOjmKxYh986a0/w9KIIsRg/dcA==\\n"     \
    "-----END PUBLIC KEY-----\\n"
#define KEYS "\"JWTValidationPubKeys\":[\"" KEY "\"],\"JWTSupportedAlgs\":[\"ES256\"]"
#define BARE(more) "{" KEYS ",\"NotBeforeLeeway\":\"900000h\"" more "}"
#define CONFIG(more) BARE(",\"BoundAudiences\":[\"muster\",\"else\"]" more)
#define HEAD "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9."

/* iss idp, aud [muster], exp in 2100, sub anna, admin true, groups [ops, dev], deep {team red} */
static const char anna[] =
    HEAD "eyJpc3MiOiJpZHAiLCJhdWQiOlsibXVzdGVyIl0sImV4cCI6NDEwMjQ0NDgwMCwic3ViIjoiYW5uYSIsImFkbWlu"
         "Ijp0cnVlLCJncm91cHMiOlsib3BzIiwiZGV2Il0sImRlZXAiOnsidGVhbSI6InJlZCJ9fQ.G6JpzguXvhWVE7E7__"
         "bHhBP35unxNEYi3GO3Ezy2B6WSlySGdpUlgJ0SUygrTN1WdUMS9IdR8PnkindViGzoBQ";
/* iss idp, aud else, exp in 2100, sub anna */
static const char for_others[] =
    HEAD "eyJpc3MiOiJpZHAiLCJhdWQiOiJlbHNlIiwiZXhwIjo0MTAyNDQ0ODAwLCJzdWIiOiJhbm5hIn0.tZ9_okVfUwLe"
         "-5vmSexrZSn1ByryAz_m8z76DWRtF-Taa1pS3hlsWA8LlQmSKkviz1MUi77SMUD4Gfl5hoLZ5g";

#define NOW_MS (UINT64_C(1800000000) * 1000)
#define END_MS (UINT64_C(4102444800) * 1000)

static struct arena arena;
static struct acl_claims claims;
static struct why why;

static enum err login_at(const char *config, const char *token, uint64_t now_ms)
{
    struct jwt_method *m;
    why = (struct why){ 0 };
    enum err e = jwt_method_new(bytes_str(config), &m, &why);
    if (e != OK)
        return e;
    e = jwt_method_login(m, NULL, bytes_str(token), now_ms, &arena, &claims, &why);
    jwt_method_free(m);
    return e;
}

static enum err login(const char *config, const char *token)
{
    return login_at(config, token, NOW_MS);
}

static void token_that_is_signed_and_lives_logs_in(void **state)
{
    assert_int_equal(login(CONFIG(), anna), OK);
    assert_int_equal(claims.value_n + claims.list_n, 0);
    char bent[sizeof anna];
    memcpy(bent, anna, sizeof anna);
    bent[60] ^= 1;
    assert_int_equal(login(CONFIG(), bent), ERR_NOT_FOUND);
    assert_int_equal(login(CONFIG(), "no token"), ERR_UNAUTHENTICATED);
}

static void clocks_may_differ_by_the_leeway(void **state)
{
    assert_int_equal(login_at(CONFIG(), anna, END_MS + 59999), OK);
    assert_int_equal(login_at(CONFIG(), anna, END_MS + 60000), ERR_UNAUTHENTICATED);
    const char *ten = CONFIG(",\"ClockSkewLeeway\":\"10s\"");
    assert_int_equal(login_at(ten, anna, END_MS + 9999), OK);
    assert_int_equal(login_at(ten, anna, END_MS + 10000), ERR_UNAUTHENTICATED);
    const char *nanoseconds = CONFIG(",\"ClockSkewLeeway\":10000000000");
    assert_int_equal(login_at(nanoseconds, anna, END_MS + 9999), OK);
    assert_int_equal(login_at(nanoseconds, anna, END_MS + 10000), ERR_UNAUTHENTICATED);
    assert_int_equal(login_at(CONFIG(",\"ClockSkewLeeway\":-1"), anna, END_MS),
                     ERR_UNAUTHENTICATED);
}

static void issuer_and_audience_are_bound(void **state)
{
    const char *bound = BARE(",\"BoundIssuer\":\"idp\",\"BoundAudiences\":[\"x\",\"muster\"]");
    assert_int_equal(login(bound, anna), OK);
    assert_int_equal(login(bound, for_others), ERR_UNAUTHENTICATED);
    assert_int_equal(login(CONFIG(), for_others), OK);
    assert_int_equal(login(BARE(), for_others), ERR_UNAUTHENTICATED); /* nobody is named */
    assert_int_equal(login(CONFIG(",\"BoundIssuer\":\"other\""), anna), ERR_UNAUTHENTICATED);
}

static void only_algorithms_of_the_method_are_taken(void **state)
{
    assert_int_equal(login("{\"JWTValidationPubKeys\":[\"" KEY "\"]}", anna),
                     ERR_UNAUTHENTICATED); /* RS256 unless told otherwise */
    assert_int_equal(
        login("{\"JWTValidationPubKeys\":[\"" KEY "\"],\"JWTSupportedAlgs\":[\"HS256\"]}", anna),
        ERR_INVALID);
    assert_string_equal(why.text, "Invalid Auth Method: unsupported signing algorithm \"HS256\"");
}

/* With neither "nbf" nor "iat" a token began so long before its end. */
static void begin_of_a_token_follows_from_its_end(void **state)
{
    assert_int_equal(login("{" KEYS ",\"BoundAudiences\":[\"muster\"]}", anna),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(
        login_at("{" KEYS ",\"BoundAudiences\":[\"muster\"]}", anna, END_MS - 150000 - 60000), OK);
    assert_int_equal(
        login_at("{" KEYS ",\"BoundAudiences\":[\"muster\"]}", anna, END_MS - 150000 - 60001),
        ERR_UNAUTHENTICATED);
}

static void keys_come_from_one_place(void **state)
{
    static const char *const refused[] = {
        CONFIG(",\"JWKSURL\":\"http://idp/\""),
        CONFIG(",\"OIDCDiscoveryURL\":\"http://idp/\""),
        "{\"JWKSURL\":\"http://idp/\",\"OIDCDiscoveryURL\":\"http://idp/\"}",
        CONFIG(",\"JWKSCACert\":\"x\""),
        CONFIG(",\"OIDCDiscoveryCACert\":\"x\""),
        "{\"JWKSURL\":\"http://idp/\",\"OIDCDiscoveryCACert\":\"x\"}",
        "{\"JWTValidationPubKeys\":[\"no key\"]}",
        "{}",
        CONFIG(",\"OIDCClientID\":\"x\""),
        CONFIG(",\"AllowedRedirectURIs\":[\"x\"]"),
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (login(refused[i], anna) != ERR_INVALID)
            fail_msg("%s: %s", refused[i], why.text);
    assert_int_equal(login(CONFIG(",\"JWKSURL\":\"\""), anna), OK);
}

static void source_of_keys_is_what_the_configuration_says(void **state)
{
    static const struct {
        const char *config;
        enum jwt_keys kind;
        const char *url, *ca;
    } rows[] = {
        { CONFIG(), JWT_KEYS_GIVEN, "", "" },
        { "{\"JWKSURL\":\"http://a\",\"JWKSCACert\":\"c\"}", JWT_KEYS_AT_URL, "http://a", "c" },
        { "{\"OIDCDiscoveryURL\":\"http://b\",\"OIDCDiscoveryCACert\":\"d\"}", JWT_KEYS_OF_ISSUER,
          "http://b", "d" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jwt_method *m;
        assert_int_equal(jwt_method_new(bytes_str(rows[i].config), &m, &why), OK);
        const struct jwt_source *s = jwt_method_source(m);
        assert_int_equal(s->kind, rows[i].kind);
        assert_true(bytes_is(s->url, rows[i].url) && bytes_is(s->ca, rows[i].ca));
        jwt_method_free(m);
    }
}

/* The same key as CONFIG's, as it is fetched. */
#define JWK(kid)                                                                                   \
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"" kid                                  \
    "\",\"x\":\"IcsbqPuMOr7G_iKR2O3Wc8kfO-tRfs-coE74b5VG37o\",\"y\":\"hgi-jmMA7e6yFslV_VTo5isWIff" \
    "OmtP8PSiCLEYP3XA\"}]}"

static enum err login_with(const char *config, const char *jwks)
{
    struct jwt_method *m;
    struct jwk_set *keys;
    assert_int_equal(jwt_method_new(bytes_str(config), &m, &why), OK);
    assert_int_equal(jwk_set_new(bytes_str(jwks), &keys, &why), OK);
    enum err e = jwt_method_login(m, keys, bytes_str(anna), NOW_MS, &arena, &claims, &why);
    jwk_set_free(keys);
    jwt_method_free(m);
    return e;
}

static void fetched_keys_verify(void **state)
{
    const char *fetches = "{\"JWKSURL\":\"http://idp/\",\"JWTSupportedAlgs\":[\"ES256\"],"
                          "\"NotBeforeLeeway\":\"900000h\",\"BoundAudiences\":[\"muster\"]}";
    const char *other = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                        "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
    assert_int_equal(login_with(fetches, JWK("a")), OK); /* the token names no key */
    assert_int_equal(login_with(fetches, other), ERR_NOT_FOUND);
    /* By another issuer than the one whose keys these are. */
    assert_int_equal(login_with("{\"OIDCDiscoveryURL\":\"https://else\",\"JWTSupportedAlgs\":["
                                "\"ES256\"],\"NotBeforeLeeway\":\"900000h\",\"BoundAudiences\":["
                                "\"muster\"]}",
                                JWK("a")),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(login_with("{\"OIDCDiscoveryURL\":\"idp/\",\"JWTSupportedAlgs\":["
                                "\"ES256\"],\"NotBeforeLeeway\":\"900000h\",\"BoundAudiences\":["
                                "\"muster\"]}",
                                JWK("a")),
                     OK);
}

static void what_is_no_configuration_is_refused(void **state)
{
    static const char *const configs[] = { "{",
                                           CONFIG(",\"ClaimMappings\":[]"),
                                           CONFIG(",\"ClaimMappings\":{\"a\":1}"),
                                           BARE(",\"BoundAudiences\":\"x\""),
                                           BARE(",\"BoundAudiences\":[1]"),
                                           CONFIG(",\"ClockSkewLeeway\":\"soon\"") };
    for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
        assert_int_not_equal(login(configs[i], anna), OK);
        assert_true(bytes_starts(bytes_str(why.text), bytes_str("Invalid Auth Method: ")));
    }
}

static void mapped_claims_are_what_selectors_and_names_see(void **state)
{
    char room[64];
    struct buf out = { .p = (uint8_t *)room, .room = sizeof room, .max = sizeof room };
    assert_int_equal(
        login(CONFIG(",\"ClaimMappings\":{\"sub\":\"user\",\"admin\":\"admin\",\"/deep/team\":"
                     "\"team\",\"none\":\"none\"},\"ListClaimMappings\":{\"groups\":\"groups\"}"),
              anna),
        OK);
    assert_int_equal(claims.value_n, 3);
    assert_true(acl_selector_matches(bytes_str(""), &claims));
    assert_true(acl_selector_matches(
        bytes_str("value.user == anna and value.team == red and value.admin == true"), &claims));
    assert_true(acl_selector_matches(bytes_str("ops in list.groups"), &claims));
    assert_false(acl_selector_matches(bytes_str("root in list.groups"), &claims));
    assert_false(acl_selector_matches(bytes_str("value.none == x"), &claims));
    assert_false(acl_selector_matches(bytes_str("no selector"), &claims));
    assert_int_equal(acl_bind_expand(bytes_str("web-${value.team}-${ value.user }"), &claims, &out),
                     OK);
    assert_true(bytes_is(buf_bytes(&out), "web-red-anna"));
}

static void names_that_cannot_be_made_are_refused(void **state)
{
    static const char *const names[] = { "${value.none}", "${value.user", "${user}", "${", "${}" };
    assert_int_equal(login(CONFIG(",\"ClaimMappings\":{\"sub\":\"user\"}"), anna), OK);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct buf out;
        buf_init(&out, 64);
        assert_int_equal(acl_bind_expand(bytes_str(names[i]), &claims, &out), ERR_INVALID);
        buf_fini(&out);
    }
}

static void claims_that_are_no_texts_do_not_log_in(void **state)
{
    assert_int_equal(login(CONFIG(",\"ClaimMappings\":{\"groups\":\"g\"}"), anna),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(login(CONFIG(",\"ListClaimMappings\":{\"deep\":\"d\"}"), anna),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(login(CONFIG(",\"ListClaimMappings\":{\"sub\":\"s\"}"), anna), OK);
    assert_int_equal(claims.lists[0].texts.n, 1);
}

static int set_up(void **state)
{
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    arena_fini(&arena);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(token_that_is_signed_and_lives_logs_in),
        TEST(clocks_may_differ_by_the_leeway),
        TEST(issuer_and_audience_are_bound),
        TEST(only_algorithms_of_the_method_are_taken),
        TEST(keys_come_from_one_place),
        TEST(begin_of_a_token_follows_from_its_end),
        TEST(source_of_keys_is_what_the_configuration_says),
        TEST(fetched_keys_verify),
        TEST(what_is_no_configuration_is_refused),
        TEST(mapped_claims_are_what_selectors_and_names_see),
        TEST(names_that_cannot_be_made_are_refused),
        TEST(claims_that_are_no_texts_do_not_log_in),
    };
    return cmocka_run_group_tests_name("jwt_method", tests, NULL, NULL);
}
