#include "access/jwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/buf.h"

enum { EXPIRES_S = 1300819380, ALL = BIT(JWT_ALGORITHMS) - 1 };

static const char claims_text[] = "{\"iss\":\"joe\",\"exp\":1300819380}";

/* -- signing -------------------------------------------------------------------------------------
 */

enum kind { RSA_2048, P256, P384, P521, ED25519, SECRET, KINDS };

static const struct {
    const char *name;
    enum kind kind;
    const char *digest;
    bool is_pss;
} algorithms[JWT_ALGORITHMS] = {
    [JWT_HS256] = { "HS256", SECRET, "SHA256", false },
    [JWT_HS384] = { "HS384", SECRET, "SHA384", false },
    [JWT_HS512] = { "HS512", SECRET, "SHA512", false },
    [JWT_RS256] = { "RS256", RSA_2048, "SHA256", false },
    [JWT_RS384] = { "RS384", RSA_2048, "SHA384", false },
    [JWT_RS512] = { "RS512", RSA_2048, "SHA512", false },
    [JWT_PS256] = { "PS256", RSA_2048, "SHA256", true },
    [JWT_PS384] = { "PS384", RSA_2048, "SHA384", true },
    [JWT_PS512] = { "PS512", RSA_2048, "SHA512", true },
    [JWT_ES256] = { "ES256", P256, "SHA256", false },
    [JWT_ES384] = { "ES384", P384, "SHA384", false },
    [JWT_ES512] = { "ES512", P521, "SHA512", false },
    [JWT_EDDSA] = { "EdDSA", ED25519, NULL, false },
};

/* What takes long to make is made once; another_key_... needs a second one. */
static EVP_PKEY *rsa_2048(bool is_second)
{
    static EVP_PKEY *keys[2];
    if (keys[is_second] == NULL)
        keys[is_second] = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    EVP_PKEY_up_ref(keys[is_second]);
    return keys[is_second];
}

static EVP_PKEY *new_private(enum kind kind)
{
    static const char *const curves[] = { [P256] = "P-256", [P384] = "P-384", [P521] = "P-521" };
    switch (kind) {
    case RSA_2048:
        return rsa_2048(false);
    case P256:
    case P384:
    case P521:
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[kind]);
    case ED25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case SECRET:
        return EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, (const uint8_t *)"secret", 6);
    case KINDS:
        break;
    }
    return NULL;
}

static void put_base64url(struct buf *out, struct bytes bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned bit_n = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        bits = bits << 8 | bytes.p[i];
        for (bit_n += 8; bit_n >= 6; bit_n -= 6)
            buf_put_u8(out, (uint8_t)digits[bits >> (bit_n - 6) & 63]);
    }
    if (bit_n > 0)
        buf_put_u8(out, (uint8_t)digits[bits << (6 - bit_n) & 63]);
}

/* A curve's signature from DER to both numbers side by side. */
static size_t flatten(uint8_t *signature, size_t n, size_t half)
{
    const uint8_t *at = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)n);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, (int)half);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + half, (int)half);
    ECDSA_SIG_free(pair);
    return 2 * half;
}

static size_t sign(EVP_PKEY *key, enum jwt_algorithm a, struct bytes text, uint8_t *signature,
                   size_t room)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details;
    enum kind kind = algorithms[a].kind;
    assert_int_equal(
        EVP_DigestSignInit_ex(context, &details, algorithms[a].digest, NULL, NULL, key, NULL), 1);
    if (algorithms[a].is_pss) {
        EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST);
    }
    assert_int_equal(EVP_DigestSign(context, signature, &room, text.p, text.n), 1);
    EVP_MD_CTX_free(context);
    bool is_curve = kind == P256 || kind == P384 || kind == P521;
    return is_curve ? flatten(signature, room, ((size_t)EVP_PKEY_get_bits(key) + 7) / 8) : room;
}

/* The token in OUT, with a NUL behind it. HEADER: NULL for one that names the algorithm. */
static const char *make_token(struct buf *out, EVP_PKEY *key, enum jwt_algorithm a,
                              const char *header, const char *claims)
{
    char usual[64];
    uint8_t signature[1024];
    snprintf(usual, sizeof usual, "{\"alg\":\"%s\"}", algorithms[a].name);
    buf_clear(out, SIZE_MAX);
    put_base64url(out, bytes_str(header == NULL ? usual : header));
    buf_put_u8(out, '.');
    put_base64url(out, bytes_str(claims));
    size_t n = sign(key, a, buf_bytes(out), signature, sizeof signature);
    buf_put_u8(out, '.');
    put_base64url(out, bytes_of(signature, n));
    buf_put_u8(out, 0);
    assert_int_equal(buf_err(out), OK);
    return (const char *)out->p;
}

static struct jwt_key *public_of(EVP_PKEY *private, enum kind kind)
{
    struct jwt_key *key;
    struct why why = { 0 };
    char *pem;
    if (kind == SECRET) {
        assert_int_equal(jwt_key_new_secret(bytes_str("secret"), &key), OK);
        return key;
    }
    BIO *out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(out, private), 1);
    long n = BIO_get_mem_data(out, &pem);
    if (jwt_key_new_public(bytes_of(pem, (size_t)n), &key, &why) != OK)
        fail_msg("%s", why.text);
    BIO_free(out);
    return key;
}

/* -- a signer, and somebody who has its public half ----------------------------------------------
 */

struct fixture {
    struct arena arena;
    struct buf token;
    struct why why;
    EVP_PKEY *private;
    struct jwt_key *key;
    const struct jwt_key *keys[1];
    struct jwt_terms terms;
    const struct hcl_node *claims;
};

static void begin_with(struct fixture *f, enum kind kind, EVP_PKEY *take_private)
{
    *f = (struct fixture){ .private = take_private };
    assert_non_null(f->private);
    arena_init(&f->arena, 0);
    buf_init(&f->token, 1 << 20);
    f->keys[0] = f->key = public_of(f->private, kind);
    f->terms = (struct jwt_terms){ .keys = f->keys,
                                   .key_n = 1,
                                   .algorithms = ALL,
                                   .now_ms = (EXPIRES_S - 1) * UINT64_C(1000),
                                   .without_begin_ms = UINT64_MAX };
}

static void begin(struct fixture *f, enum kind kind)
{
    begin_with(f, kind, new_private(kind));
}

static void end(struct fixture *f)
{
    jwt_key_free(f->key);
    EVP_PKEY_free(f->private);
    buf_fini(&f->token);
    arena_fini(&f->arena);
}

static enum err verify(struct fixture *f, const char *token)
{
    f->why.text[0] = 0;
    f->claims = NULL;
    enum err e = jwt_verify(&f->terms, bytes_str(token), &f->arena, &f->claims, &f->why);
    assert_int_equal(e == OK, f->claims != NULL);
    assert_int_equal(e == OK, f->why.text[0] == 0);
    return e;
}

static enum err verify_made(struct fixture *f, const char *header, const char *claims)
{
    return verify(f, make_token(&f->token, f->private, JWT_HS256, header, claims));
}

/* -- the vectors of RFC 7515 ---------------------------------------------------------------------
 */

#define RFC_CLAIMS                                                                                 \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"

static void check_rfc_token(struct jwt_key *take_key, const char *token)
{
    struct fixture f;
    begin(&f, SECRET);
    f.keys[0] = take_key;
    assert_int_equal(verify(&f, token), OK);
    assert_true(bytes_is(jwt_claim(f.claims, "iss")->text, "joe"));
    assert_true(jwt_claim(f.claims, "http://example.com/is_root")->truth);
    jwt_key_free(take_key);
    end(&f);
}

static void tokens_of_the_rfc_are_verified(void **state)
{
    static const uint8_t secret[] = { 3,   35,  53,  75,  43,  15,  165, 188, 131, 126, 6,
                                      101, 119, 123, 166, 143, 90,  179, 40,  230, 240, 84,
                                      201, 40,  169, 15,  132, 178, 210, 80,  46,  191, 211,
                                      251, 90,  146, 210, 6,   71,  239, 150, 138, 180, 195,
                                      119, 98,  61,  34,  61,  46,  33,  114, 5,   46,  79,
                                      8,   192, 205, 154, 245, 103, 208, 128, 163 };
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
                              "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
                              "-----END PUBLIC KEY-----\n";
    struct jwt_key *key;
    assert_int_equal(jwt_key_new_secret(bytes_of(secret, sizeof secret), &key), OK);
    check_rfc_token(key, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." RFC_CLAIMS
                         ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_int_equal(jwt_key_new_public(bytes_str(pem), &key, NULL), OK);
    check_rfc_token(key, "eyJhbGciOiJFUzI1NiJ9." RFC_CLAIMS
                         ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxf"
                         "KTUJqPP3-Kg6NU1Q");
}

/* -- algorithms and keys -------------------------------------------------------------------------
 */

static void each_algorithm_is_verified_if_it_is_taken(void **state)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct fixture f;
        begin(&f, kind);
        for (enum jwt_algorithm a = 0; a < JWT_ALGORITHMS; a++) {
            if (algorithms[a].kind != kind)
                continue;
            const char *token = make_token(&f.token, f.private, a, NULL, claims_text);
            f.terms.algorithms = BIT(a);
            assert_int_equal(verify(&f, token), OK);
            f.terms.algorithms = ALL & ~BIT(a);
            assert_int_equal(verify(&f, token), ERR_UNAUTHENTICATED);
            assert_string_equal(f.why.text, "jwt: its algorithm is not taken");
        }
        end(&f);
    }
}

static void a_signature_is_of_its_text_and_key_and_algorithm(void **state)
{
    struct fixture all[KINDS];
    for (enum kind kind = 0; kind < KINDS; kind++)
        begin(&all[kind], kind);
    for (enum jwt_algorithm a = 0; a < JWT_ALGORITHMS; a++) {
        struct fixture *f = &all[algorithms[a].kind];
        char header[64];
        /* a text that says another algorithm than it was signed by */
        for (enum jwt_algorithm b = 0; b < JWT_ALGORITHMS; b++) {
            snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algorithms[b].name);
            const char *token = make_token(&f->token, f->private, a, header, claims_text);
            assert_int_equal(verify(f, token), a == b ? OK : ERR_NOT_FOUND);
        }
        /* a key of each other kind */
        const char *token = make_token(&f->token, f->private, a, NULL, claims_text);
        for (enum kind kind = 0; kind < KINDS; kind++)
            assert_int_equal(verify(&all[kind], token),
                             kind == algorithms[a].kind ? OK : ERR_NOT_FOUND);
        /* a letter changed in the claims, and in the signature */
        char *copy = strdup(token);
        char *claims = strchr(copy, '.') + 1, *signature = strchr(claims, '.') + 1;
        claims[8] ^= 1;
        assert_int_equal(verify(f, copy), ERR_NOT_FOUND);
        claims[8] ^= 1;
        signature[5] = signature[5] == 'A' ? 'B' : 'A';
        assert_int_equal(verify(f, copy), ERR_NOT_FOUND);
        signature[0] = 0;
        assert_int_equal(verify(f, copy), ERR_NOT_FOUND);
        free(copy);
    }
    for (enum kind kind = 0; kind < KINDS; kind++)
        end(&all[kind]);
}

static void another_key_of_the_same_kind_verifies_nothing(void **state)
{
    for (enum kind kind = 0; kind < SECRET; kind++) {
        struct fixture f, other;
        begin(&f, kind);
        begin_with(&other, kind, kind == RSA_2048 ? rsa_2048(true) : new_private(kind));
        for (enum jwt_algorithm a = 0; a < JWT_ALGORITHMS; a++)
            if (algorithms[a].kind == kind)
                assert_int_equal(
                    verify(&f, make_token(&other.token, other.private, a, NULL, claims_text)),
                    ERR_NOT_FOUND);
        end(&f);
        end(&other);
    }
}

static void any_of_several_keys_may_have_signed(void **state)
{
    struct fixture f, other;
    begin(&f, SECRET);
    begin(&other, ED25519);
    const struct jwt_key *const keys[] = { f.key, other.key };
    f.terms.keys = keys;
    f.terms.key_n = 2;
    assert_int_equal(
        verify(&f, make_token(&other.token, other.private, JWT_EDDSA, NULL, claims_text)), OK);
    assert_int_equal(verify_made(&f, NULL, claims_text), OK);
    const struct bytes names[] = { bytes_str("a"), bytes_str("b") };
    f.terms.kids = names;
    assert_int_equal(verify_made(&f, NULL, claims_text), OK); /* it names none */
    assert_int_equal(verify_made(&f, "{\"alg\":\"HS256\",\"kid\":\"a\"}", claims_text), OK);
    assert_int_equal(verify_made(&f, "{\"alg\":\"HS256\",\"kid\":\"b\"}", claims_text),
                     ERR_NOT_FOUND);
    f.terms.key_n = 0;
    assert_int_equal(verify_made(&f, NULL, claims_text), ERR_NOT_FOUND);
    end(&f);
    end(&other);
}

static void a_public_key_is_no_secret(void **state)
{
    /* What an attacker tries who has the public key: HMAC with its PEM. */
    struct fixture f;
    char *pem;
    begin(&f, RSA_2048);
    BIO *out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(out, f.private), 1);
    long n = BIO_get_mem_data(out, &pem);
    EVP_PKEY *forger =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, (const uint8_t *)pem, (size_t)n);
    assert_int_equal(verify(&f, make_token(&f.token, forger, JWT_HS256, NULL, claims_text)),
                     ERR_NOT_FOUND);
    EVP_PKEY_free(forger);
    BIO_free(out);
    end(&f);
}

static enum err take_public(EVP_PKEY *take_private)
{
    struct jwt_key *key = NULL;
    struct why why = { 0 };
    char *pem;
    BIO *out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(out, take_private), 1);
    long n = BIO_get_mem_data(out, &pem);
    enum err e = jwt_key_new_public(bytes_of(pem, (size_t)n), &key, &why);
    assert_int_equal(e == OK, why.text[0] == 0);
    jwt_key_free(key);
    BIO_free(out);
    EVP_PKEY_free(take_private);
    return e;
}

static void keys_too_small_or_of_other_kinds_are_refused(void **state)
{
    struct jwt_key *key = NULL;
    assert_int_equal(take_public(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2047)), ERR_INVALID);
    assert_int_equal(take_public(rsa_2048(false)), OK);
    assert_int_equal(take_public(EVP_PKEY_Q_keygen(NULL, NULL, "X25519")), ERR_INVALID);
    assert_int_equal(take_public(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1")), ERR_INVALID);
    assert_int_equal(jwt_key_new_public(bytes_str(""), &key, NULL), ERR_MALFORMED);
    assert_int_equal(jwt_key_new_public(bytes_str("no key"), &key, NULL), ERR_MALFORMED);
    assert_int_equal(jwt_key_new_secret(bytes_str(""), &key), ERR_INVALID);
    assert_null(key);
    jwt_key_free(NULL);
}

/* -- headers, times and claims -------------------------------------------------------------------
 */

static void headers_that_say_too_little_or_too_much_are_refused(void **state)
{
    static const struct {
        const char *header;
        enum err wanted;
    } rows[] = {
        { "{\"alg\":\"HS256\"}", OK },
        { " {\"alg\":\"HS256\"}", ERR_MALFORMED },
        { "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"1\"}", OK },
        { "{\"alg\":\"none\"}", ERR_UNAUTHENTICATED },
        { "{\"alg\":\"hs256\"}", ERR_UNAUTHENTICATED },
        { "{\"alg\":\"\"}", ERR_UNAUTHENTICATED },
        { "{\"alg\":1}", ERR_MALFORMED },
        { "{\"ALG\":\"HS256\"}", ERR_MALFORMED },
        { "{}", ERR_MALFORMED },
        { "", ERR_MALFORMED },
        { "alg=\"HS256\"", ERR_MALFORMED }, /* HCL is no JSON here */
        { "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", ERR_MALFORMED },
        { "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", ERR_UNAUTHENTICATED },
    };
    struct fixture f;
    begin(&f, SECRET);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (verify_made(&f, rows[i].header, claims_text) != rows[i].wanted)
            fail_msg("%s: %s", rows[i].header, f.why.text);
    end(&f);
}

static void a_token_is_good_from_its_begin_to_its_end(void **state)
{
    static const struct {
        const char *claims;
        uint64_t now_ms, leeway_ms;
        enum err wanted;
    } rows[] = {
        { "{\"exp\":1000}", 999999, 0, OK },
        { "{\"exp\":1000}", 1000000, 0, ERR_UNAUTHENTICATED },
        { "{\"exp\":1000}", 1000000, 1, OK },
        { "{\"exp\":1000}", 1000001, 1, ERR_UNAUTHENTICATED },
        { "{\"exp\":1000.9}", 1000000, 0, ERR_UNAUTHENTICATED }, /* fractions are left out */
        { "{\"exp\":1000.0}", 999999, 0, OK },
        { "{\"exp\":2000,\"nbf\":1000}", 999999, 0, ERR_UNAUTHENTICATED },
        { "{\"exp\":2000,\"nbf\":1000}", 999999, 1, OK },
        { "{\"exp\":2000,\"nbf\":1000}", 1000000, 0, OK },
        { "{\"exp\":18446744073709551615}", UINT64_MAX - 1, 10, OK },
        { "{\"exp\":1e3}", 0, 0, ERR_MALFORMED },
        { "{\"exp\":-1}", 0, 0, ERR_MALFORMED },
        { "{\"exp\":\"1000\"}", 0, 0, ERR_MALFORMED },
        { "{\"exp\":18446744073709551616}", 0, 0, ERR_MALFORMED },
        { "{\"exp\":2000,\"nbf\":true}", 0, 0, ERR_MALFORMED },
        { "{\"exp\":1000,\"exp\":2000}", 0, 0, ERR_MALFORMED },
        { "{\"exp\":1000,\"sub\":\"a\",\"sub\":\"b\"}", 0, 0, ERR_MALFORMED },
        { "{\"iat\":1000}", 999999, 0, ERR_UNAUTHENTICATED }, /* it lives for 20 s */
        { "{\"iat\":1000}", 1000000, 0, OK },
        { "{\"iat\":1000}", 1019999, 0, OK },
        { "{\"iat\":1000}", 1020000, 0, ERR_UNAUTHENTICATED },
        { "{\"nbf\":1000,\"iat\":900}", 1019999, 0, OK },
        { "{\"nbf\":1000,\"iat\":900}", 999999, 0, ERR_UNAUTHENTICATED },
        { "{\"nbf\":900,\"iat\":1000,\"exp\":2000}", 999999, 0, ERR_UNAUTHENTICATED },
        { "{\"nbf\":900,\"iat\":1000,\"exp\":2000}", 999999, 1, OK },
        { "{\"iat\":\"1000\",\"exp\":2000}", 1000000, 0, ERR_MALFORMED },
        { "{\"exp\":1000}", 989999, 0, ERR_UNAUTHENTICATED }, /* and began 10 s before its end */
        { "{\"exp\":1000}", 990000, 0, OK },
        { "{\"EXP\":1000}", 0, 0, ERR_UNAUTHENTICATED },
        { "exp = 1000", 0, 0, ERR_MALFORMED },
        { "[]", 0, 0, ERR_MALFORMED },
        { "", 0, 0, ERR_MALFORMED },
    };
    struct fixture f;
    begin(&f, SECRET);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f.terms.now_ms = rows[i].now_ms;
        f.terms.leeway_ms = rows[i].leeway_ms;
        f.terms.without_end_ms = 20000;
        f.terms.without_begin_ms = 10000;
        if (verify_made(&f, NULL, rows[i].claims) != rows[i].wanted)
            fail_msg("row %zu: %s", i, f.why.text);
    }
    end(&f);
}

static void an_audience_is_a_text_or_a_list(void **state)
{
    static const struct {
        const char *claims;
        bool is_for_me;
    } rows[] = {
        { "{\"exp\":1300819380,\"aud\":\"me\"}", true },
        { "{\"exp\":1300819380,\"aud\":\"you\"}", false },
        { "{\"exp\":1300819380,\"aud\":[\"you\",\"me\"]}", true },
        { "{\"exp\":1300819380,\"aud\":[\"you\"]}", false },
        { "{\"exp\":1300819380,\"aud\":[]}", false },
        { "{\"exp\":1300819380,\"aud\":{\"a\":\"me\"}}", false },
        { "{\"exp\":1300819380}", false },
    };
    struct fixture f;
    begin(&f, SECRET);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(verify_made(&f, NULL, rows[i].claims), OK);
        assert_int_equal(jwt_is_for(f.claims, bytes_str("me")), rows[i].is_for_me);
    }
    end(&f);
}

/* -- what is no token ----------------------------------------------------------------------------
 */

static void a_token_cut_at_every_byte_is_refused(void **state)
{
    struct fixture f;
    begin(&f, SECRET);
    const char *token = make_token(&f.token, f.private, JWT_HS256, NULL, claims_text);
    for (size_t cut = 0; cut < strlen(token); cut++) {
        char *copy = malloc(cut + 1);
        memcpy(copy, token, cut);
        enum err e = jwt_verify(&f.terms, bytes_of(copy, cut), &f.arena, &f.claims, &f.why);
        assert_true(e == ERR_MALFORMED || e == ERR_NOT_FOUND);
        free(copy);
    }
    end(&f);
}

static void what_is_no_base64url_is_refused(void **state)
{
    static const char *const more[] = { "=", ".", "A", "+", "/", " ", "\n", ".x" };
    struct fixture f;
    begin(&f, SECRET);
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        (void)make_token(&f.token, f.private, JWT_HS256, NULL, claims_text);
        f.token.n--;
        buf_put_str(&f.token, more[i]);
        buf_put_u8(&f.token, 0);
        enum err e = verify(&f, (const char *)f.token.p);
        /* one letter more is a whole signature of another length */
        assert_int_equal(e, more[i][0] == 'A' ? ERR_NOT_FOUND : ERR_MALFORMED);
    }
    /* bits left over that are not zero: 32 bytes end in a letter of four bits */
    (void)make_token(&f.token, f.private, JWT_HS256, NULL, claims_text);
    f.token.p[f.token.n - 2] ^= 1;
    assert_int_equal(verify(&f, (const char *)f.token.p), ERR_MALFORMED);
    end(&f);
}

static void token_of_16_kib_is_read_and_a_byte_more_refused(void **state)
{
    struct fixture f;
    char *token = malloc(JWT_BYTES_MAX + 2);
    memset(token, 'A', JWT_BYTES_MAX + 1);
    token[JWT_BYTES_MAX + 1] = 0;
    begin(&f, SECRET);
    assert_int_equal(verify(&f, token), ERR_TOO_BIG);
    token[JWT_BYTES_MAX] = 0;
    assert_int_equal(verify(&f, token), ERR_MALFORMED); /* but read */
    end(&f);
    free(token);
}

static void algorithms_are_found_by_their_names(void **state)
{
    enum jwt_algorithm found;
    for (enum jwt_algorithm a = 0; a < JWT_ALGORITHMS; a++) {
        assert_true(jwt_algorithm_find(bytes_str(algorithms[a].name), &found));
        assert_int_equal(found, a);
    }
    assert_false(jwt_algorithm_find(bytes_str("none"), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_of_the_rfc_are_verified),
        cmocka_unit_test(each_algorithm_is_verified_if_it_is_taken),
        cmocka_unit_test(a_signature_is_of_its_text_and_key_and_algorithm),
        cmocka_unit_test(another_key_of_the_same_kind_verifies_nothing),
        cmocka_unit_test(any_of_several_keys_may_have_signed),
        cmocka_unit_test(a_public_key_is_no_secret),
        cmocka_unit_test(keys_too_small_or_of_other_kinds_are_refused),
        cmocka_unit_test(headers_that_say_too_little_or_too_much_are_refused),
        cmocka_unit_test(a_token_is_good_from_its_begin_to_its_end),
        cmocka_unit_test(an_audience_is_a_text_or_a_list),
        cmocka_unit_test(a_token_cut_at_every_byte_is_refused),
        cmocka_unit_test(what_is_no_base64url_is_refused),
        cmocka_unit_test(token_of_16_kib_is_read_and_a_byte_more_refused),
        cmocka_unit_test(algorithms_are_found_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
