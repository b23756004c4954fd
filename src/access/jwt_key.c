/* One table of algorithms. What a key can do follows from its type and, for curves, its group; an
 * algorithm of another family never reaches OpenSSL with it. */
#include "access/jwt_key.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "access/secret.h"
#include "base/mem.h"

enum { NUMBER_MAX = 2048 /* bytes of a modulus */, POINT_UNCOMPRESSED = 4 };

enum family { SECRET, RSA_KEY, P256, P384, P521, ED25519 };

struct jwt_key {
    enum family family;
    EVP_PKEY *public; /* NULL for a secret */
    size_t secret_n;
    uint8_t secret[];
};

static const struct {
    const char *name;
    enum family family;
    const char *digest; /* NULL: the key's own */
    bool is_pss;
} algorithms[JWT_ALGORITHMS] = {
    [JWT_HS256] = { "HS256", SECRET, "SHA256", false },
    [JWT_HS384] = { "HS384", SECRET, "SHA384", false },
    [JWT_HS512] = { "HS512", SECRET, "SHA512", false },
    [JWT_RS256] = { "RS256", RSA_KEY, "SHA256", false },
    [JWT_RS384] = { "RS384", RSA_KEY, "SHA384", false },
    [JWT_RS512] = { "RS512", RSA_KEY, "SHA512", false },
    [JWT_PS256] = { "PS256", RSA_KEY, "SHA256", true },
    [JWT_PS384] = { "PS384", RSA_KEY, "SHA384", true },
    [JWT_PS512] = { "PS512", RSA_KEY, "SHA512", true },
    [JWT_ES256] = { "ES256", P256, "SHA256", false },
    [JWT_ES384] = { "ES384", P384, "SHA384", false },
    [JWT_ES512] = { "ES512", P521, "SHA512", false },
    [JWT_EDDSA] = { "EdDSA", ED25519, NULL, false },
};

bool jwt_algorithm_find(struct bytes name, enum jwt_algorithm *ret)
{
    for (enum jwt_algorithm a = 0; a < JWT_ALGORITHMS; a++)
        if (bytes_is(name, algorithms[a].name)) {
            *ret = a;
            return true;
        }
    return false;
}

/* -- keys ----------------------------------------------------------------------------------------
 */

enum err jwt_key_new_secret(struct bytes secret, struct jwt_key **ret)
{
    if (secret.n == 0 || secret.n > INT_MAX)
        return ERR_INVALID;
    struct jwt_key *key = mem_zalloc(1, sizeof *key + secret.n);
    key->family = SECRET;
    key->secret_n = secret.n;
    memcpy(key->secret, secret.p, secret.n);
    *ret = key;
    return OK;
}

static bool find_curve(const EVP_PKEY *public, enum family *ret)
{
    static const struct {
        const char *name;
        enum family family;
    } curves[] = { { "prime256v1", P256 }, { "secp384r1", P384 }, { "secp521r1", P521 } };
    char name[64];
    size_t n;
    if (!EVP_PKEY_get_group_name(public, name, sizeof name, &n))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(curves); i++)
        if (bytes_is(bytes_str(name), curves[i].name)) {
            *ret = curves[i].family;
            return true;
        }
    return false;
}

static bool find_family(const EVP_PKEY *public, enum family *ret)
{
    if (EVP_PKEY_is_a(public, "RSA")) {
        *ret = RSA_KEY;
        return EVP_PKEY_get_bits(public) >= JWT_RSA_BITS_LEAST;
    }
    if (EVP_PKEY_is_a(public, "ED25519")) {
        *ret = ED25519;
        return true;
    }
    return EVP_PKEY_is_a(public, "EC") && find_curve(public, ret);
}

static enum err take_public(EVP_PKEY *take_key, struct jwt_key **ret, struct why *why)
{
    enum family family;
    if (!find_family(take_key, &family)) {
        EVP_PKEY_free(take_key);
        return why_set(why, ERR_INVALID,
                       "a key is RSA of at least %d bits, P-256, P-384, P-521 or Ed25519",
                       JWT_RSA_BITS_LEAST);
    }
    struct jwt_key *key = mem_zalloc(1, sizeof *key);
    key->family = family;
    key->public = take_key;
    *ret = key;
    return OK;
}

enum err jwt_key_new_public(struct bytes pem, struct jwt_key **ret, struct why *why)
{
    BIO *in =
        pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.n == 0 ? "" : (const void *)pem.p, (int)pem.n);
    EVP_PKEY *public = in == NULL ? NULL : PEM_read_bio_PUBKEY(in, NULL, NULL, NULL);
    BIO_free(in);
    ERR_clear_error();
    if (public == NULL)
        return why_set(why, ERR_MALFORMED, "this is no public key in PEM");
    return take_public(public, ret, why);
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY *public = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    bool is_made = context != NULL && params != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
                   EVP_PKEY_fromdata(context, &public, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return is_made ? public : NULL;
}

static enum err take_made(EVP_PKEY *take_public_or_null, struct jwt_key **ret, struct why *why)
{
    if (take_public_or_null == NULL)
        return why_set(why, ERR_MALFORMED, "these are no numbers of a public key");
    return take_public(take_public_or_null, ret, why);
}

enum err jwt_key_new_rsa(struct bytes modulus, struct bytes exponent, struct jwt_key **ret,
                         struct why *why)
{
    EVP_PKEY *public = NULL;
    if (modulus.n == 0 || modulus.n > NUMBER_MAX || exponent.n == 0 || exponent.n > 8)
        return take_made(NULL, ret, why);
    BIGNUM *n = BN_bin2bn(modulus.p, (int)modulus.n, NULL);
    BIGNUM *e = BN_bin2bn(exponent.p, (int)exponent.n, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
        public = key_from("RSA", params);
        OSSL_PARAM_free(params);
    }
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return take_made(public, ret, why);
}

static bool find_named_curve(struct bytes name, const char **ret, size_t *ret_n)
{
    static const struct {
        const char *name, *group;
        size_t n; /* bytes of a coordinate */
    } curves[] = { { "P-256", "prime256v1", 32 },
                   { "P-384", "secp384r1", 48 },
                   { "P-521", "secp521r1", 66 } };
    for (size_t i = 0; i < ARRAY_LEN(curves); i++)
        if (bytes_is(name, curves[i].name)) {
            *ret = curves[i].group;
            *ret_n = curves[i].n;
            return true;
        }
    return false;
}

/* A point not on the curve is refused by OpenSSL. */
enum err jwt_key_new_curve(struct bytes curve, struct bytes x, struct bytes y, struct jwt_key **ret,
                           struct why *why)
{
    uint8_t point[1 + 2 * 66] = { POINT_UNCOMPRESSED };
    const char *group;
    size_t n;
    if (!find_named_curve(curve, &group, &n) || x.n != n || y.n != n)
        return take_made(NULL, ret, why);
    memcpy(point + 1, x.p, n);
    memcpy(point + 1 + n, y.p, n);
    char name[16];
    memcpy(name, group, strlen(group) + 1);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n),
        OSSL_PARAM_construct_end(),
    };
    return take_made(key_from("EC", params), ret, why);
}

enum err jwt_key_new_ed25519(struct bytes x, struct jwt_key **ret, struct why *why)
{
    EVP_PKEY *public =
        x.n == 0 ? NULL : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.p, x.n);
    ERR_clear_error();
    return take_made(public, ret, why);
}

void jwt_key_free(struct jwt_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->public);
    secret_wipe(key->secret, key->secret_n);
    mem_free(key);
}

/* -- signatures ----------------------------------------------------------------------------------
 */

static bool is_hmac(const struct jwt_key *key, const char *digest, struct bytes text,
                    struct bytes signature)
{
    uint8_t made[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    const EVP_MD *md = EVP_get_digestbyname(digest);
    if (HMAC(md, key->secret, (int)key->secret_n, text.p, text.n, made, &n) == NULL)
        return false;
    return secret_eq(bytes_of(made, n), signature);
}

static bool verify(EVP_PKEY *public, enum jwt_algorithm algorithm, struct bytes text,
                   const uint8_t *signature, size_t n)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *details = NULL;
    const char *digest = algorithms[algorithm].digest;
    bool is_good = context != NULL && EVP_DigestVerifyInit_ex(context, &details, digest, NULL, NULL,
                                                              public, NULL) == 1;
    if (is_good && algorithms[algorithm].is_pss)
        is_good = EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1;
    is_good = is_good && EVP_DigestVerify(context, signature, n, text.p, text.n) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return is_good;
}

/* A token has both numbers of a curve's signature side by side; OpenSSL wants them in DER. */
static bool verify_curve(EVP_PKEY *public, enum jwt_algorithm algorithm, struct bytes text,
                         struct bytes signature)
{
    size_t half = ((size_t)EVP_PKEY_get_bits(public) + 7) / 8;
    if (signature.n != 2 * half)
        return false;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.p, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(signature.p + half, (int)half, NULL);
    uint8_t *der = NULL;
    int n = -1;
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s)) {
        r = s = NULL; /* the pair's */
        n = i2d_ECDSA_SIG(pair, &der);
    }
    bool is_good = n > 0 && verify(public, algorithm, text, der, (size_t)n);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    OPENSSL_free(der);
    return is_good;
}

bool jwt_key_has_signed(const struct jwt_key *key, enum jwt_algorithm algorithm, struct bytes text,
                        struct bytes signature)
{
    if (key->family != algorithms[algorithm].family)
        return false;
    switch (key->family) {
    case SECRET:
        return is_hmac(key, algorithms[algorithm].digest, text, signature);
    case RSA_KEY:
    case ED25519:
        return verify(key->public, algorithm, text, signature.p, signature.n);
    case P256:
    case P384:
    case P521:
        return verify_curve(key->public, algorithm, text, signature);
    }
    return false;
}
