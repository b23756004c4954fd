/* Keys as they are fetched. */
#include "access/jwk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "wire/base64.h"

#define ED \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define EC                                                                       \
    "{\"kty\":\"EC\",\"kid\":\"one\",\"use\":\"sig\",\"crv\":\"P-256\",\"x\":"   \
    "\"IcsbqPuMOr7G_iKR2O3Wc8kfO-tRfs-coE74b5VG37o\",\"y\":\"hgi-jmMA7e6yFslV_V" \
    "To5isWIffOmtP8PSiCLEYP3XA\"}"

static struct why why;

static enum err read_set(const char *json, struct jwk_set **ret)
{
    why = (struct why){ 0 };
    return jwk_set_new(bytes_str(json), ret, &why);
}

static void keys_of_known_kinds_are_taken_with_their_names(void **state)
{
    struct jwk_set *set;
    assert_int_equal(read_set(" \n{\"keys\":[" EC "," ED "]}", &set), OK);
    assert_int_equal(jwk_set_count(set), 2);
    assert_true(bytes_is(jwk_set_names(set)[0], "one"));
    assert_int_equal(jwk_set_names(set)[1].n, 0);
    jwk_set_free(set);
}

/* RFC 7515, A.2: a signature by this RSA key. */
static void a_key_verifies_what_it_has_signed(void **state)
{
    static const char modulus[] =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B"
        "m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS"
        "5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJ"
        "H7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    char json[1000];
    struct jwk_set *set;
    snprintf(json, sizeof json, "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}]}",
             modulus);
    assert_int_equal(read_set(json, &set), OK);
    static const char text[] =
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
        "LmNvbS9pc19yb290Ijp0cnVlfQ";
    static const char signature[] =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F"
        "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB"
        "MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY"
        "I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    struct arena arena;
    struct bytes raw;
    arena_init(&arena, 0);
    assert_int_equal(base64url_read(bytes_str(signature), &arena, &raw), OK);
    const struct jwt_key *key = jwk_set_keys(set)[0];
    assert_true(jwt_key_has_signed(key, JWT_RS256, bytes_str(text), raw));
    assert_false(jwt_key_has_signed(key, JWT_RS256, bytes_str("x"), raw));
    arena_fini(&arena);
    jwk_set_free(set);
}

static void other_keys_are_left_out(void **state)
{
    struct jwk_set *set;
    assert_int_equal(
        read_set(
            "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"EC\",\"crv\":\"P-256\"},1,"
            "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"AQAB\"},{\"kty\":\"OKP\",\"crv\":\"X25519\","
            "\"x\":\"AAAA\"},{\"use\":\"enc\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
            "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}," ED "]}",
            &set),
        OK);
    assert_int_equal(jwk_set_count(set), 1);
    jwk_set_free(set);
}

/* The x of one with the y of another. */
static void a_point_that_is_not_on_its_curve_is_no_key(void **state)
{
    struct jwk_set *set;
    assert_int_equal(read_set("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
                              "\"IcsbqPuMOr7G_iKR2O3Wc8kfO-tRfs-coE74b5VG37o\",\"y\":"
                              "\"IcsbqPuMOr7G_iKR2O3Wc8kfO-tRfs-coE74b5VG37o\"}]}",
                              &set),
                     ERR_INVALID);
    assert_string_equal(why.text, "there is no key that verifies signatures");
}

static void what_is_no_set_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "[]", "{", "keys = []", "{\"keys\":1}", "{\"keys\":{}}", "{\"Keys\":[" ED "]}"
    };
    struct jwk_set *set;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(read_set(texts[i], &set), ERR_MALFORMED);
        assert_true(why.text[0] != 0);
    }
    assert_int_equal(read_set("{\"keys\":[]}", &set), ERR_INVALID);
}

static enum err read_many(size_t n, size_t padding)
{
    struct buf json;
    struct jwk_set *set;
    buf_init(&json, 1 << 20);
    buf_put_str(&json, "{\"keys\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(&json, "%s" ED, i == 0 ? "" : ",");
    buf_put_str(&json, "]}");
    while (json.n < padding)
        buf_put_u8(&json, ' ');
    why = (struct why){ 0 };
    enum err e = jwk_set_new(buf_bytes(&json), &set, &why);
    buf_fini(&json);
    if (e == OK)
        jwk_set_free(set);
    return e;
}

static void a_set_has_64_keys_and_256_kib(void **state)
{
    assert_int_equal(read_many(JWK_SET_MAX, 0), OK);
    assert_int_equal(read_many(JWK_SET_MAX + 1, 0), ERR_TOO_BIG);
    assert_int_equal(read_many(1, JWK_BYTES_MAX), OK);
    assert_int_equal(read_many(1, JWK_BYTES_MAX + 1), ERR_TOO_BIG);
}

static void an_issuer_says_where_its_keys_are(void **state)
{
    struct arena arena;
    struct bytes url;
    arena_init(&arena, 0);
    const char *says = "{\"issuer\":\"https://idp/\",\"jwks_uri\":\"https://idp/keys\"}";
    assert_int_equal(
        jwk_discovery_read(bytes_str(says), bytes_str("https://idp"), &arena, &url, &why), OK);
    assert_true(bytes_is(url, "https://idp/keys"));
    assert_int_equal(
        jwk_discovery_read(bytes_str(says), bytes_str("https://other"), &arena, &url, &why),
        ERR_INVALID);
    assert_string_equal(why.text, "it is issuer \"https://idp/\", not \"https://other\"");
    assert_int_equal(
        jwk_discovery_read(bytes_str("{\"issuer\":\"a\"}"), bytes_str("a"), &arena, &url, &why),
        ERR_INVALID);
    assert_int_equal(jwk_discovery_read(bytes_str("<html>"), bytes_str("a"), &arena, &url, &why),
                     ERR_MALFORMED);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_known_kinds_are_taken_with_their_names),
        cmocka_unit_test(a_key_verifies_what_it_has_signed),
        cmocka_unit_test(other_keys_are_left_out),
        cmocka_unit_test(a_point_that_is_not_on_its_curve_is_no_key),
        cmocka_unit_test(what_is_no_set_is_refused),
        cmocka_unit_test(a_set_has_64_keys_and_256_kib),
        cmocka_unit_test(an_issuer_says_where_its_keys_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
