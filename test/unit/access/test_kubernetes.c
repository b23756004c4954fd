/* A pod's login: what is asked of the cluster, and what its answers mean. */
#include "access/kubernetes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#define GOOD \
    "{\"Host\":\"https://10.0.0.1:6443/\",\"CACert\":\"pem\",\"ServiceAccountJWT\":\"a.b.c\"}"

static struct arena arena;
static struct why why;
static struct kubernetes_config config;
static struct kubernetes_account account;

static enum err read_config(const char *text)
{
    why = (struct why){ 0 };
    return kubernetes_read(bytes_str(text), &arena, &config, &why);
}

static void configuration_is_a_host_its_authority_and_a_token(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "{}", "Config.Host is required" },
        { "{\"Host\":\"10.0.0.1\"}", "Config.Host is no http or https URL" },
        { "{\"Host\":\"https://h\"}", "Config.CACert is required" },
        { "{\"Host\":\"https://h\",\"CACert\":\"c\"}", "Config.ServiceAccountJWT is required" },
        { "{\"Host\":\"https://h\",\"CACert\":\"c\",\"ServiceAccountJWT\":\"a.b\"}",
          "Config.ServiceAccountJWT is not a valid JWT" },
        { "{\"Host\":\"https://h\",\"CACert\":\"c\",\"ServiceAccountJWT\":\"a.b.\\r\\nc\"}",
          "Config.ServiceAccountJWT is not a valid JWT" },
        { "{\"JWKSURL\":\"x\"}", "Invalid Auth Method: Config has an invalid key \"JWKSURL\"" },
        { "x", "Invalid Auth Method: Config: the answer is no JSON object" },
    };
    assert_int_equal(read_config(GOOD), OK);
    assert_true(bytes_is(config.host, "https://10.0.0.1:6443"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_not_equal(read_config(rows[i].text), OK);
        assert_string_equal(why.text, rows[i].why);
    }
}

static void cluster_is_asked_whose_token_it_is(void **state)
{
    struct buf body;
    buf_init(&body, 4096);
    kubernetes_ask_review(bytes_str("t\"x"), &body);
    assert_true(bytes_is(buf_bytes(&body),
                         "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\","
                         "\"spec\":{\"token\":\"t\\\"x\"}}"));
    buf_fini(&body);
    assert_int_equal(read_config(GOOD), OK);
    assert_true(bytes_is(kubernetes_review_url(&config, &arena),
                         "https://10.0.0.1:6443/apis/authentication.k8s.io/v1/tokenreviews"));
}

static enum err review(int status, const char *answer)
{
    why = (struct why){ 0 };
    return kubernetes_read_review(status, bytes_str(answer), &arena, &account, &why);
}

#define SAYS(user) \
    "{\"status\":{\"authenticated\":true,\"user\":{\"uid\":\"u1\",\"username\":\"" user "\"}}}"

static void account_is_of_a_namespace(void **state)
{
    assert_int_equal(review(201, SAYS("system:serviceaccount:default:web")), OK);
    assert_true(bytes_is(account.namespace, "default") && bytes_is(account.name, "web") &&
                bytes_is(account.uid, "u1"));
    assert_int_equal(read_config(GOOD), OK);
    assert_true(bytes_is(kubernetes_account_url(&config, &account, &arena),
                         "https://10.0.0.1:6443/api/v1/namespaces/default/serviceaccounts/web"));
}

static void who_is_not_a_known_account_is_not_let_in(void **state)
{
    static const struct {
        int status;
        const char *answer;
        enum err wanted;
    } rows[] = {
        { 403, SAYS("system:serviceaccount:default:web"), ERR_UNAUTHENTICATED },
        { 201, "{\"status\":{\"authenticated\":false}}", ERR_UNAUTHENTICATED },
        { 201, "{\"status\":{\"authenticated\":\"true\"}}", ERR_UNAUTHENTICATED },
        { 201, "{\"status\":{\"authenticated\":true,\"error\":\"no\"}}", ERR_UNAUTHENTICATED },
        { 201, "{}", ERR_UNAUTHENTICATED },
        { 201, SAYS("admin"), ERR_UNAUTHENTICATED },
        { 201, SAYS("system:serviceaccount:web"), ERR_UNAUTHENTICATED },
        { 201, SAYS("system:serviceaccount::web"), ERR_UNAUTHENTICATED },
        { 201, SAYS("system:serviceaccount:a:../secrets"), ERR_UNAUTHENTICATED },
        { 201, SAYS("system:serviceaccount:a:b:c"), ERR_UNAUTHENTICATED },
        { 201, "<html>", ERR_MALFORMED },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(review(rows[i].status, rows[i].answer), rows[i].wanted);
        assert_true(why.text[0] != 0);
    }
}

static void annotation_names_the_service(void **state)
{
    struct kubernetes_account a = { bytes_str("default"), bytes_str("web"), bytes_str("u1") };
    const char *plain = "{\"metadata\":{\"annotations\":{\"x\":\"y\"}}}";
    const char *named =
        "{\"metadata\":{\"annotations\":{\"consul.hashicorp.com/service-name\":\"shop\"}}}";
    assert_int_equal(kubernetes_read_account(200, bytes_str(plain), &arena, &a, &why), OK);
    assert_true(bytes_is(a.name, "web"));
    assert_int_equal(kubernetes_read_account(200, bytes_str(named), &arena, &a, &why), OK);
    assert_true(bytes_is(a.name, "shop"));
    assert_int_equal(kubernetes_read_account(404, bytes_str("{}"), &arena, &a, &why),
                     ERR_UNAUTHENTICATED);
}

static void rules_select_by_the_account_and_bind_its_name(void **state)
{
    struct kubernetes_account a = { bytes_str("default"), bytes_str("web"), bytes_str("u1") };
    struct acl_claims claims;
    struct buf out;
    const char *selector = "serviceaccount.namespace == default and serviceaccount.name != vault";
    kubernetes_claims(&a, &claims);
    assert_int_equal(acl_selector_check(bytes_str(selector), &why), OK);
    assert_true(acl_selector_matches(bytes_str(selector), &claims));
    assert_false(acl_selector_matches(bytes_str("serviceaccount.uid == u2"), &claims));
    buf_init(&out, 100);
    assert_int_equal(acl_bind_expand(bytes_str("k8s-${serviceaccount.name}"), &claims, &out), OK);
    assert_true(bytes_is(buf_bytes(&out), "k8s-web"));
    assert_int_equal(acl_bind_expand(bytes_str("${value.name}"), &claims, &out), ERR_INVALID);
    buf_fini(&out);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configuration_is_a_host_its_authority_and_a_token),
        cmocka_unit_test(cluster_is_asked_whose_token_it_is),
        cmocka_unit_test(account_is_of_a_namespace),
        cmocka_unit_test(who_is_not_a_known_account_is_not_let_in),
        cmocka_unit_test(annotation_names_the_service),
        cmocka_unit_test(rules_select_by_the_account_and_bind_its_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
