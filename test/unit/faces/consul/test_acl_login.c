/* Logging in with a token whose keys, or whose owner, somebody else has to be asked for. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/lib/target.h"

#define ROOT "11111111-1111-4111-8111-111111111111"
#define AS_ROOT "X-Consul-Token: " ROOT "\r\n"

enum { TEXT_MAX = 4000 };

/* -- who signs -----------------------------------------------------------------------------------
 */

struct signer {
    EVP_PKEY *key;
    const char *kid;
};

static void put_base64url(const uint8_t *p, size_t n, char *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned bit_n = 0;
    to += strlen(to);
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | p[i];
        for (bit_n += 8; bit_n >= 6; bit_n -= 6)
            *to++ = digits[bits >> (bit_n - 6) & 63];
    }
    if (bit_n > 0)
        *to++ = digits[bits << (6 - bit_n) & 63];
    *to = 0;
}

static struct signer signer_new(const char *kid)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_non_null(key);
    return (struct signer){ key, kid };
}

static const char *sign(const struct signer *by, const char *issuer, char *token)
{
    char text[300];
    uint8_t signature[64];
    size_t n = sizeof signature;
    token[0] = 0;
    snprintf(text, sizeof text, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", by->kid);
    put_base64url((const uint8_t *)text, strlen(text), token);
    strcat(token, ".");
    snprintf(text, sizeof text,
             "{\"iss\":\"%s\",\"iat\":1700000000,\"exp\":4102444800,\"sub\":\"anna\"}", issuer);
    put_base64url((const uint8_t *)text, strlen(text), token);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, by->key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &n, (const uint8_t *)token, strlen(token)),
                     1);
    EVP_MD_CTX_free(context);
    strcat(token, ".");
    put_base64url(signature, n, token);
    return token;
}

static void put_jwks(const struct signer *by, char *to)
{
    uint8_t x[32];
    size_t n = sizeof x;
    assert_int_equal(EVP_PKEY_get_raw_public_key(by->key, x, &n), 1);
    sprintf(to, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\",\"x\":\"", by->kid);
    put_base64url(x, n, to);
    strcat(to, "\"}]}");
}

/* -- who is asked --------------------------------------------------------------------------------
 */

struct idp {
    _Atomic(const char *) keys; /* what is answered at /keys: a whole body */
    _Atomic int status;
    _Atomic bool is_held; /* answers nothing until it is let go */
    char issuer[100];
};

static struct idp idp;
static char jwks[2][TEXT_MAX];

static void answer(int fd, int status, const char *body)
{
    char head[200];
    snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
             status, strlen(body));
    if (target_write(fd, head))
        target_write(fd, body);
}

static bool asks(const struct target *t, const char *text)
{
    return strstr(target_request(t), text) != NULL;
}

static void answer_cluster(struct target *t, int fd)
{
    bool is_reviewer = asks(t, "Bearer a.b.c") || asks(t, "bearer a.b.c");
    if (!is_reviewer)
        answer(fd, 403, "{}");
    else if (asks(t, "tokenreviews") && asks(t, "\"token\":\"pod\""))
        answer(fd, 201,
               "{\"status\":{\"authenticated\":true,\"user\":{\"uid\":\"u1\",\"username\":"
               "\"system:serviceaccount:default:web\"}}}");
    else if (asks(t, "tokenreviews"))
        answer(fd, 201, "{\"status\":{\"authenticated\":false}}");
    else if (asks(t, "GET /api/v1/namespaces/default/serviceaccounts/web "))
        answer(fd, 200,
               "{\"metadata\":{\"annotations\":{\"consul.hashicorp.com/service-name\":\"shop\"}}}");
    else
        answer(fd, 404, "{}");
}

static void serve(struct target *t, int fd)
{
    char text[300];
    if (!target_read(t, fd))
        return;
    if (atomic_load(&idp.is_held)) {
        target_hold(fd);
    } else if (asks(t, "openid-configuration")) {
        snprintf(text, sizeof text, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/keys\"}", idp.issuer,
                 idp.issuer);
        answer(fd, 200, text);
    } else if (asks(t, "GET /keys ")) {
        answer(fd, atomic_load(&idp.status), atomic_load(&idp.keys));
    } else {
        answer_cluster(t, fd);
    }
}

/* -- fixtures ------------------------------------------------------------------------------------
 */

struct stand {
    struct rig *rig;
    struct target *target;
    struct signer old, new;
    char token[TEXT_MAX];
};

static int set_up_with(void **state, uint64_t pause_ms)
{
    static const struct gate_options closed = { .is_on = true };
    struct stand *s = calloc(1, sizeof *s);
    s->old = signer_new("one");
    s->new = signer_new("two");
    put_jwks(&s->old, jwks[0]);
    put_jwks(&s->new, jwks[1]);
    atomic_store(&idp.keys, jwks[0]);
    atomic_store(&idp.status, 200);
    atomic_store(&idp.is_held, false);
    s->target = target_start(serve, NULL);
    snprintf(idp.issuer, sizeof idp.issuer, "http://127.0.0.1:%u", target_port(s->target));
    s->rig = rig_new();
    s->rig->k.hub_options.gate = &closed;
    s->rig->options.keys_pause_ms = pause_ms;
    rig_start(s->rig);
    *state = s;
    return rig_ask(s->rig, "PUT /v1/acl/bootstrap", "{\"BootstrapSecret\":\"" ROOT "\"}", "") !=
           200;
}

static int set_up(void **state)
{
    return set_up_with(state, 5000);
}

static int set_up_impatient(void **state)
{
    return set_up_with(state, 0);
}

static int tear_down(void **state)
{
    struct stand *s = *state;
    rig_free(s->rig);
    target_stop(s->target);
    EVP_PKEY_free(s->old.key);
    EVP_PKEY_free(s->new.key);
    free(s);
    return 0;
}

/* -- asking --------------------------------------------------------------------------------------
 */

static void expect_root(struct stand *s, const char *request, const char *body, int status,
                        const char *part)
{
    int got = rig_ask(s->rig, request, body, AS_ROOT);
    if (got != status || strstr(rig_body(s->rig), part) == NULL)
        fail_msg("%s %s: %d %s\nwithout %d %s", request, body, got, rig_body(s->rig), status, part);
}

/* A method whose keys are at WHERE of the target ("JWKSURL", "/keys"). */
static void put_method(struct stand *s, const char *setting, const char *path, int status,
                       const char *part)
{
    char body[1000];
    snprintf(
        body, sizeof body,
        "{\"Name\":\"idp\",\"Type\":\"jwt\",\"MaxTokenTTL\":\"1h\",\"TokenLocality\":\"global\","
        "\"Config\":{\"%s\":\"%s%s\",\"JWTSupportedAlgs\":[\"EdDSA\"],\"ClaimMappings\":{\"sub\":"
        "\"user\"}}}",
        setting, idp.issuer, path);
    expect_root(s, "PUT /v1/acl/auth-method", body, status, part);
    if (status == 200)
        expect_root(
            s, "PUT /v1/acl/binding-rule",
            "{\"AuthMethod\":\"idp\",\"BindType\":\"service\",\"BindName\":\"${value.user}\"}", 200,
            "{");
}

static void login(struct stand *s, const char *bearer, int status, const char *part)
{
    char body[TEXT_MAX + 100];
    snprintf(body, sizeof body, "{\"AuthMethod\":\"idp\",\"BearerToken\":\"%s\"}", bearer);
    rig_expect_part(s->rig, "POST /v1/acl/login", body, status, part);
}

static void login_by(struct stand *s, const struct signer *by, int status, const char *part)
{
    login(s, sign(by, idp.issuer, s->token), status, part);
}

/* -- claims --------------------------------------------------------------------------------------
 */

static void keys_at_a_url_are_fetched_once(void **state)
{
    struct stand *s = *state;
    put_method(s, "JWKSURL", "/keys", 200, "\"TokenLocality\":\"global\"");
    for (int i = 0; i < 3; i++)
        login_by(s, &s->old, 200, "\"ServiceIdentities\":[{\"ServiceName\":\"anna\"}]");
    assert_int_equal(target_count(s->target), 1);
}

static void keys_of_an_issuer_are_where_it_says(void **state)
{
    struct stand *s = *state;
    put_method(s, "OIDCDiscoveryURL", "", 200, "{");
    login_by(s, &s->old, 200, "\"ServiceName\":\"anna\"");
    assert_int_equal(target_count(s->target), 2);
    login(s, sign(&s->old, "http://else", s->token), 403, "it is by another issuer");
    login_by(s, &s->new, 403, "no key here has signed it");
}

static void newer_keys_are_fetched_for_who_signs_with_one(void **state)
{
    struct stand *s = *state;
    put_method(s, "JWKSURL", "/keys", 200, "{");
    atomic_store(&idp.keys, jwks[1]);
    login_by(s, &s->new, 200, "\"ServiceName\":\"anna\"");
    login_by(s, &s->old, 403, "no key here has signed it"); /* it is no more */
}

static void signer_is_not_asked_more_often_whatever_is_sent(void **state)
{
    struct stand *s = *state;
    put_method(s, "JWKSURL", "/keys", 200, "{");
    for (int i = 0; i < 20; i++)
        login_by(s, &s->new, 403, "no key here has signed it");
    assert_int_equal(target_count(s->target), 1);
    login_by(s, &s->old, 200, "{");
}

static void keys_that_are_kept_serve_while_the_signer_is_away(void **state)
{
    struct stand *s = *state;
    put_method(s, "JWKSURL", "/keys", 200, "{");
    atomic_store(&idp.status, 500);
    login_by(s, &s->new, 403, "no key here has signed it");
    login_by(s, &s->old, 200, "{");
}

static void method_whose_keys_cannot_be_fetched_is_refused(void **state)
{
    struct stand *s = *state;
    static char long_text[300 * 1024];
    memset(long_text, ' ', sizeof long_text - 1);
    memcpy(long_text, "{\"keys\":[]}", 11);
    put_method(s, "OIDCDiscoveryURL", "/none", 500,
               "Invalid Auth Method: error checking OIDCDiscoveryURL: it is issuer");
    atomic_store(&idp.status, 404);
    put_method(s, "JWKSURL", "/keys", 500,
               "Invalid Auth Method: error checking JWKSURL: the answer is 404");
    atomic_store(&idp.status, 200);
    atomic_store(&idp.keys, long_text);
    put_method(s, "JWKSURL", "/keys", 500, "error checking JWKSURL: the answer is too long");
    atomic_store(&idp.keys, "<html>");
    put_method(s, "JWKSURL", "/keys", 500, "error checking JWKSURL: this is no JSON object");
    snprintf(idp.issuer, sizeof idp.issuer, "http://127.0.0.1:%u", target_dead_port());
    put_method(s, "JWKSURL", "/keys", 500, "error checking JWKSURL: connect");
    expect_root(s, "GET /v1/acl/auth-methods", NULL, 200, "[]");
    expect_root(s, "PUT /v1/acl/auth-method",
                "{\"Name\":\"x\",\"Type\":\"jwt\",\"Config\":{\"JWKSURL\":\"https://127.0.0.1/\","
                "\"JWKSCACert\":\"no pem\"}}",
                500, "these are no certificates in PEM");
}

/* And who stops waiting leaves nothing behind. */
static void signer_that_hangs_holds_up_nobody(void **state)
{
    struct stand *s = *state;
    char body[TEXT_MAX + 100];
    put_method(s, "JWKSURL", "/keys", 200, "{");
    atomic_store(&idp.is_held, true);
    snprintf(body, sizeof body, "{\"AuthMethod\":\"idp\",\"BearerToken\":\"%s\"}",
             sign(&s->new, idp.issuer, s->token));
    struct client *gone = rig_begin(s->rig, "POST /v1/acl/login", body);
    struct client *waits = rig_begin(s->rig, "POST /v1/acl/login", body);
    while (target_count(s->target) < 2)
        rig_expect(s->rig, "GET /v1/status/leader", NULL, 200, "\"10.0.0.1:8300\"");
    rig_expect(s->rig, "GET /v1/status/leader", NULL, 200, "\"10.0.0.1:8300\"");
    client_close(gone);
    rig_expect(s->rig, "GET /v1/status/leader", NULL, 200, "\"10.0.0.1:8300\"");
    assert_int_equal(target_count(s->target), 2); /* one fetch for both */
    client_close(waits);
}

static void pod_logs_in_as_its_cluster_says(void **state)
{
    struct stand *s = *state;
    FILE *pipe = popen("openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=k "
                       "-days 2 2>/dev/null",
                       "r");
    char pem[TEXT_MAX] = "", line[200], body[2 * TEXT_MAX];
    while (fgets(line, sizeof line, pipe) != NULL) {
        line[strcspn(line, "\n")] = 0;
        strcat(strcat(pem, line), "\\n");
    }
    assert_int_equal(pclose(pipe), 0);
    snprintf(
        body, sizeof body,
        "{\"Name\":\"idp\",\"Type\":\"kubernetes\",\"Config\":{\"Host\":\"%s\",\"CACert\":\"%s\","
        "\"ServiceAccountJWT\":\"a.b.c\"}}",
        idp.issuer, pem);
    expect_root(s, "PUT /v1/acl/auth-method", body, 200, "\"Type\":\"kubernetes\"");
    expect_root(
        s, "PUT /v1/acl/binding-rule",
        "{\"AuthMethod\":\"idp\",\"BindType\":\"service\",\"Selector\":"
        "\"serviceaccount.namespace == default\",\"BindName\":\"k-${serviceaccount.name}\"}",
        200, "{");
    login(s, "pod", 200, "\"ServiceIdentities\":[{\"ServiceName\":\"k-shop\"}]");
    assert_int_equal(target_count(s->target), 2);
    login(s, "other", 403, "lookup failed: service account jwt not valid");
    snprintf(idp.issuer, sizeof idp.issuer, "http://127.0.0.1:%u", target_dead_port());
    body[0] = 0;
    snprintf(body, sizeof body,
             "{\"Type\":\"kubernetes\",\"Config\":{\"Host\":\"%s\",\"CACert\":\"%s\","
             "\"ServiceAccountJWT\":\"a.b.c\"}}",
             idp.issuer, pem);
    expect_root(s, "PUT /v1/acl/auth-method/idp", body, 200, "{");
    login(s, "pod", 500, "the cluster of auth method \"idp\" cannot be asked: connect");
}

static void other_kinds_are_refused(void **state)
{
    struct stand *s = *state;
    expect_root(s, "PUT /v1/acl/auth-method", "{\"Name\":\"a\",\"Type\":\"aws-iam\",\"Config\":{}}",
                500, "type \"aws-iam\" is not supported here");
    expect_root(s, "PUT /v1/acl/auth-method", "{\"Name\":\"a\",\"Type\":\"oidc\",\"Config\":{}}",
                500, "Type should be one of: [jwt kubernetes]");
    expect_root(s, "POST /v1/acl/oidc/auth-url", "{}", 404, "Invalid URL path");
    expect_root(s, "POST /v1/acl/oidc/callback", "{}", 404, "Invalid URL path");
    expect_root(s, "PUT /v1/acl/auth-method",
                "{\"Name\":\"a\",\"Type\":\"kubernetes\",\"Config\":{\"Host\":\"https://h\"}}", 500,
                "Config.CACert is required");
    expect_root(s, "PUT /v1/acl/auth-method",
                "{\"Name\":\"a\",\"Type\":\"jwt\",\"NamespaceRules\":[],\"Config\":{}}", 400,
                "NamespaceRules");
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define IMPATIENT(name) cmocka_unit_test_setup_teardown(name, set_up_impatient, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(keys_at_a_url_are_fetched_once),
        CLAIM(keys_of_an_issuer_are_where_it_says),
        IMPATIENT(newer_keys_are_fetched_for_who_signs_with_one),
        CLAIM(signer_is_not_asked_more_often_whatever_is_sent),
        IMPATIENT(keys_that_are_kept_serve_while_the_signer_is_away),
        IMPATIENT(method_whose_keys_cannot_be_fetched_is_refused),
        IMPATIENT(signer_that_hangs_holds_up_nobody),
        CLAIM(pod_logs_in_as_its_cluster_says),
        CLAIM(other_kinds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
