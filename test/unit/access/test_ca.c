/* The mesh's certificate authority, held against the openssl program. */
#include "access/ca.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/lib/tempdir.h"
#include "test/lib/codec.h"

#define NOW_MS (UINT64_C(1800000000) * 1000)

static struct arena arena;
static char *dir;
static const struct uuid cluster = { { 0x11, 0x22, 0x33 } };

static struct ca_terms terms(uint8_t seed, uint64_t serial, uint64_t ttl_ms)
{
    static uint8_t entropy[4][CA_ENTROPY_BYTES];
    static unsigned next;
    uint8_t *e = entropy[next++ % 4];
    memset(e, seed, CA_ENTROPY_BYTES);
    return (struct ca_terms){
        .entropy = e, .serial = serial, .from_ms = NOW_MS, .until_ms = NOW_MS + ttl_ms
    };
}

static struct ca_root make_root(uint8_t seed)
{
    struct ca_terms t = terms(seed, 7, CA_ROOT_YEARS_MS);
    struct ca_root root;
    assert_int_equal(ca_make_root(&t, &cluster, &arena, &root), OK);
    return root;
}

static struct bytes uri_of(const struct ca_root *root, const char *service)
{
    struct buf out;
    buf_init(&out, 4096);
    ca_service_uri(root, bytes_str("dc1"), bytes_str(service), &out);
    struct bytes uri = arena_dup(&arena, buf_bytes(&out));
    buf_fini(&out);
    return uri;
}

static struct ca_cert sign(const struct ca_root *root, uint8_t seed, const char *service)
{
    struct ca_terms t = terms(seed, 9, CA_LEAF_USUAL_MS);
    struct ca_cert leaf;
    assert_int_equal(ca_sign(root, &t, uri_of(root, service), &arena, &leaf), OK);
    return leaf;
}

static void write_file(const char *name, struct bytes text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
}

/* What `openssl ARGUMENTS` says in the folder; its exit status in *RET_STATUS. */
static const char *openssl(const char *arguments, int *ret_status)
{
    static char said[8000];
    char command[600];
    snprintf(command, sizeof command, "cd %s && openssl %s 2>&1", dir, arguments);
    FILE *p = popen(command, "r"); /* NOLINT(bugprone-command-processor,cert-env33-c) */
    assert_non_null(p);
    size_t n = fread(said, 1, sizeof said - 1, p);
    said[n] = 0;
    *ret_status = pclose(p);
    return said;
}

static void assert_says(const char *arguments, int status, const char *part)
{
    int got;
    const char *said = openssl(arguments, &got);
    if ((got == 0) != (status == 0) || strstr(said, part) == NULL)
        fail_msg("openssl %s: %d %s\nwithout %s", arguments, got, said, part);
}

/* -- claims ------------------------------------------------------------------------------------ */

static void leaf_leads_to_its_root_and_to_no_other(void **state)
{
    struct ca_root root = make_root(1), other = make_root(2);
    struct ca_cert leaf = sign(&root, 3, "web");
    write_file("root.pem", root.cert.pem);
    write_file("other.pem", other.cert.pem);
    write_file("leaf.pem", leaf.pem);
    assert_says("verify -attime 1800000001 -x509_strict -CAfile root.pem leaf.pem", 0,
                "leaf.pem: OK");
    assert_says("verify -attime 1800000001 -CAfile other.pem leaf.pem", 1, "error");
    assert_says("verify -attime 1800000001 -purpose sslserver -CAfile root.pem leaf.pem", 0, "OK");
    assert_says("verify -attime 1800000001 -purpose sslclient -CAfile root.pem leaf.pem", 0, "OK");
}

static void leaf_lives_for_just_its_time(void **state)
{
    struct ca_root root = make_root(1);
    struct ca_cert leaf = sign(&root, 3, "web");
    write_file("root.pem", root.cert.pem);
    write_file("leaf.pem", leaf.pem);
    assert_int_equal(leaf.until_ms - leaf.from_ms, UINT64_C(72) * 3600 * 1000);
    assert_says("verify -attime 1799999999 -CAfile root.pem leaf.pem", 1, "not yet valid");
    assert_says("verify -attime 1800259199 -CAfile root.pem leaf.pem", 0, "OK");
    assert_says("verify -attime 1800259200 -CAfile root.pem leaf.pem", 1, "has expired");
}

static void certificates_say_whose_they_are(void **state)
{
    struct ca_root root = make_root(1);
    struct ca_cert leaf = sign(&root, 3, "web");
    write_file("root.pem", root.cert.pem);
    write_file("leaf.pem", leaf.pem);
    assert_says("x509 -in root.pem -noout -ext subjectAltName", 0,
                "URI:spiffe://11223300-0000-0000-0000-000000000000.consul");
    assert_says(
        "x509 -in leaf.pem -noout -ext subjectAltName", 0,
        "URI:spiffe://11223300-0000-0000-0000-000000000000.consul/ns/default/dc/dc1/svc/web");
    assert_says("x509 -in leaf.pem -noout -subject", 0, "CN = web");
    assert_says("x509 -in leaf.pem -noout -ext basicConstraints", 0, "CA:FALSE");
    assert_says("x509 -in root.pem -noout -ext keyUsage", 0, "Certificate Sign");
    assert_says("x509 -in leaf.pem -noout -serial", 0, "serial=09");
    assert_says("x509 -in leaf.pem -noout -text", 0, "NIST CURVE: P-256");
}

static void key_is_the_certificates_own(void **state)
{
    struct ca_root root = make_root(1);
    struct ca_cert leaf = sign(&root, 3, "web");
    int status;
    write_file("leaf.pem", leaf.pem);
    write_file("key.pem", leaf.key_pem);
    assert_says("ec -in key.pem -noout -check", 0, "EC Key valid.");
    char *of_key = strdup(openssl("pkey -in key.pem -pubout", &status));
    assert_string_equal(of_key, openssl("x509 -in leaf.pem -noout -pubkey", &status));
    free(of_key);
}

static void key_follows_from_its_entropy_alone(void **state)
{
    struct ca_root root = make_root(1);
    struct ca_cert a = sign(&root, 3, "web"), b = sign(&root, 4, "web"),
                   again = sign(&root, 3, "db");
    assert_false(bytes_eq(a.key_pem, b.key_pem));
    assert_true(bytes_eq(a.key_pem, again.key_pem));
}

static void names_that_a_uri_cannot_hold_are_escaped_and_come_back(void **state)
{
    static const char *const names[] = { "web", "a/b", "\xc3\xa4 b", "x,URI:spiffe://evil",
                                         "100%" };
    struct ca_root root = make_root(1);
    for (size_t i = 0; i < 5; i++) {
        struct bytes back, uri = uri_of(&root, names[i]);
        struct ca_cert leaf = sign(&root, 3, names[i]);
        assert_int_equal(ca_uri_service(&root, uri, &arena, &back), OK);
        assert_true(bytes_is(back, names[i]));
        write_file("leaf.pem", leaf.pem);
        assert_says("x509 -in leaf.pem -noout -ext subjectAltName", 0, arena_str(&arena, uri));
    }
}

static void uris_of_others_are_told_apart(void **state)
{
    static const char *const texts[] = { "",
                                         "http://x/ns/default/dc/dc1/svc/web",
                                         "spiffe://",
                                         "spiffe://x/ns/default/dc/dc1/svc/",
                                         "spiffe://x/ns/default/dc/dc1/svc/web/more",
                                         "spiffe://x/dc/dc1/ns/default/svc/web",
                                         "spiffe://x/agent/client/dc/dc1/id/n" };
    struct ca_root root = make_root(1), other = make_root(1);
    struct bytes service;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(ca_uri_service(&root, bytes_str(texts[i]), &arena, &service),
                         ERR_MALFORMED);
    other.cluster.b[0]++;
    assert_int_equal(ca_uri_service(&root, uri_of(&other, "web"), &arena, &service), ERR_DENIED);
    struct bytes bent = uri_of(&root, "100%");
    bent.n--;
    assert_int_equal(ca_uri_service(&root, bent, &arena, &service), ERR_MALFORMED);
}

static void terms_that_make_no_sense_are_refused(void **state)
{
    struct ca_root root = make_root(1), none;
    struct ca_cert leaf;
    struct ca_terms t = terms(1, 0, 1000);
    assert_int_equal(ca_make_root(&t, &cluster, &arena, &none), ERR_INVALID); /* no serial */
    t = terms(1, 1, 0);
    assert_int_equal(ca_sign(&root, &t, bytes_str("spiffe://x"), &arena, &leaf), ERR_INVALID);
    t = terms(1, 1, 1000);
    assert_int_equal(ca_sign(&root, &t, bytes_str(""), &arena, &leaf), ERR_INVALID);
    assert_int_equal(ca_sign(&root, &t, bytes_str("a b"), &arena, &leaf), ERR_INVALID);
    assert_int_equal(ca_sign(&root, &t, bytes_str("spiffe://x"), &arena, &leaf), OK);
    t.until_ms = UINT64_C(253402300800000);
    assert_int_equal(ca_sign(&root, &t, bytes_str("spiffe://x"), &arena, &leaf), ERR_INVALID);
    root.cert.key_pem = bytes_str("no key");
    t = terms(1, 1, 1000);
    assert_int_equal(ca_sign(&root, &t, bytes_str("spiffe://x"), &arena, &leaf), ERR_DAMAGED);
}

static void fingerprint_and_key_id_are_those_of_openssl(void **state)
{
    struct ca_root root = make_root(1);
    char text[CA_ID_TEXT], upper[CA_ID_TEXT + 20];
    write_file("root.pem", root.cert.pem);
    assert_int_equal(ca_fingerprint(root.cert.pem, text), OK);
    for (size_t i = 0; i <= strlen(text); i++)
        upper[i] = (char)(text[i] >= 'a' ? text[i] - 32 : text[i]);
    assert_says("x509 -in root.pem -noout -fingerprint -sha1", 0, upper);
    assert_int_equal(ca_key_id(root.cert.pem, text), OK);
    for (size_t i = 0; i <= strlen(text); i++)
        upper[i] = (char)(text[i] >= 'a' ? text[i] - 32 : text[i]);
    assert_says("x509 -in root.pem -noout -ext subjectKeyIdentifier", 0, upper);
    assert_int_equal(ca_fingerprint(bytes_str("x"), text), ERR_DAMAGED);
}

static enum err read_row(struct bytes row)
{
    struct ca_root root;
    return ca_root_read(row, &root);
}

static void root_comes_back_out_of_its_row(void **state)
{
    struct ca_root root = make_root(1), back;
    struct buf out;
    buf_init(&out, 64 * 1024);
    ca_root_write(&root, &out);
    assert_int_equal(ca_root_read(buf_bytes(&out), &back), OK);
    assert_true(uuid_eq(&root.cluster, &back.cluster));
    assert_true(bytes_eq(root.cert.pem, back.cert.pem));
    assert_true(bytes_eq(root.cert.key_pem, back.cert.key_pem));
    assert_true(back.cert.serial == 7 && back.cert.from_ms == NOW_MS);
    assert_only_whole(buf_bytes(&out), read_row);
    buf_fini(&out);
}

static void texts_of_a_row_end_at_their_limit(void **state)
{
    static char text[CA_PEM_MAX + 1];
    struct buf out;
    memset(text, 'x', sizeof text);
    for (size_t more = 0; more < 2; more++) {
        struct ca_root root = { .cert.pem = bytes_of(text, CA_PEM_MAX + more) };
        buf_init(&out, 64 * 1024);
        ca_root_write(&root, &out);
        assert_int_equal(read_row(buf_bytes(&out)), more == 0 ? OK : ERR_TOO_BIG);
        buf_fini(&out);
    }
}

static int set_up(void **state)
{
    arena_init(&arena, 0);
    dir = tempdir_new();
    return 0;
}

static int tear_down(void **state)
{
    tempdir_free(dir);
    arena_fini(&arena);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(leaf_leads_to_its_root_and_to_no_other),
        TEST(leaf_lives_for_just_its_time),
        TEST(certificates_say_whose_they_are),
        TEST(key_is_the_certificates_own),
        TEST(key_follows_from_its_entropy_alone),
        TEST(names_that_a_uri_cannot_hold_are_escaped_and_come_back),
        TEST(uris_of_others_are_told_apart),
        TEST(terms_that_make_no_sense_are_refused),
        TEST(fingerprint_and_key_id_are_those_of_openssl),
        TEST(root_comes_back_out_of_its_row),
        TEST(texts_of_a_row_end_at_their_limit),
    };
    return cmocka_run_group_tests_name("ca", tests, NULL, NULL);
}
