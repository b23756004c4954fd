/* Certificates are built here and nowhere else; names, URIs and rows are in ca_name.c. */
#include "access/ca.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "access/secret.h"

/* -- keys -------------------------------------------------------------------------------------- */

/* One of the numbers 1 .. ORDER - 1, each as likely as the next (but for 1 in 2^128). */
static bool private_number(const uint8_t *entropy, const EC_GROUP *group, BN_CTX *ctx, BIGNUM *ret)
{
    BIGNUM *most = BN_CTX_get(ctx);
    return most != NULL && BN_sub(most, EC_GROUP_get0_order(group), BN_value_one()) == 1 &&
           BN_bin2bn(entropy, CA_ENTROPY_BYTES, ret) != NULL && BN_mod(ret, ret, most, ctx) == 1 &&
           BN_add_word(ret, 1) == 1;
}

static bool public_bytes(const EC_GROUP *group, const BIGNUM *private, BN_CTX *ctx, uint8_t *ret,
                         size_t room, size_t *ret_n)
{
    EC_POINT *point = EC_POINT_new(group);
    bool made = point != NULL && EC_POINT_mul(group, point, private, NULL, NULL, ctx) == 1;
    *ret_n =
        !made ? 0 : EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret, room, ctx);
    EC_POINT_free(point);
    return *ret_n > 0;
}

static EVP_PKEY *key_of_parts(const BIGNUM *private, const uint8_t *public, size_t public_n)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, private) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public, public_n) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *make_key(const uint8_t *entropy)
{
    enum { PUBLIC_BYTES = 65 };
    uint8_t public[PUBLIC_BYTES];
    size_t n = 0;
    EVP_PKEY *key = NULL;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *private = BN_secure_new();
    BN_CTX *ctx = BN_CTX_secure_new();
    if (group != NULL && private != NULL && ctx != NULL) {
        BN_CTX_start(ctx);
        if (private_number(entropy, group, ctx, private) &&
            public_bytes(group, private, ctx, public, sizeof public, &n))
            key = key_of_parts(private, public, n);
        BN_CTX_end(ctx);
    }
    BN_CTX_free(ctx);
    BN_clear_free(private);
    EC_GROUP_free(group);
    return key;
}

/* -- certificates ------------------------------------------------------------------------------ */

/* A GeneralNames of one URI: no text is parsed, so nothing in a name can add another. */
static bool add_uri(X509 *cert, struct bytes uri)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    bool added = false;
    if (names != NULL && name != NULL && text != NULL &&
        ASN1_STRING_set(text, uri.p, (int)uri.n) == 1) {
        GENERAL_NAME_set0_value(name, GEN_URI, text);
        text = NULL;
        added = sk_GENERAL_NAME_push(names, name) > 0;
        if (added)
            name = NULL;
        added = added && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1;
    }
    ASN1_IA5STRING_free(text);
    GENERAL_NAME_free(name);
    GENERAL_NAMES_free(names);
    return added;
}

static bool add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
    bool added = e != NULL && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return added;
}

static bool add_extensions(X509 *cert, X509 *issuer, bool is_root, struct bytes uri)
{
    static const struct {
        int nid;
        const char *root, *leaf;
    } rows[] = {
        { NID_basic_constraints, "critical,CA:TRUE", "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign",
          "critical,digitalSignature,keyEncipherment" },
        { NID_ext_key_usage, NULL, "clientAuth,serverAuth" },
        { NID_subject_key_identifier, "hash", "hash" },
        { NID_authority_key_identifier, "keyid:always", "keyid:always" },
    };
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *value = is_root ? rows[i].root : rows[i].leaf;
        if (value != NULL && !add_extension(cert, &ctx, rows[i].nid, value))
            return false;
    }
    return add_uri(cert, uri);
}

static bool set_head(X509 *cert, const struct ca_terms *t, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_set_version(cert, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), t->serial) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(t->from_ms / 1000)) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(t->until_ms / 1000)) != NULL &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1,
                                      0) == 1;
}

/* ISSUER and ISSUER_KEY NULL: by itself. */
static X509 *make_cert(const struct ca_terms *t, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                       const char *name, struct bytes uri)
{
    X509 *cert = X509_new();
    bool is_root = issuer == NULL;
    if (cert != NULL && set_head(cert, t, name) && X509_set_pubkey(cert, key) == 1 &&
        X509_set_issuer_name(cert, X509_get_subject_name(is_root ? cert : issuer)) == 1 &&
        add_extensions(cert, is_root ? cert : issuer, is_root, uri) &&
        X509_sign(cert, is_root ? key : issuer_key, EVP_sha256()) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

/* -- as text ----------------------------------------------------------------------------------- */

static bool take_text(BIO *take_bio, struct arena *arena, struct bytes *ret)
{
    char *p;
    long n = BIO_get_mem_data(take_bio, &p);
    bool fits = n > 0 && n <= CA_PEM_MAX;
    if (fits)
        *ret = arena_dup(arena, bytes_of(p, (size_t)n));
    if (n > 0)
        secret_wipe(p, (size_t)n); /* it may be a key */
    BIO_free(take_bio);
    return fits;
}

static bool print(X509 *cert, EVP_PKEY *key, struct arena *arena, struct ca_cert *ret)
{
    BIO *cert_text = BIO_new(BIO_s_mem()), *key_text = BIO_new(BIO_s_mem());
    bool written =
        cert_text != NULL && key_text != NULL && PEM_write_bio_X509(cert_text, cert) == 1 &&
        PEM_write_bio_PrivateKey_traditional(key_text, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (!written) {
        BIO_free(cert_text);
        BIO_free(key_text);
        return false;
    }
    bool has_cert = take_text(cert_text, arena, &ret->pem);
    return take_text(key_text, arena, &ret->key_pem) && has_cert;
}

static X509 *read_cert(struct bytes pem)
{
    BIO *in = pem.n > CA_PEM_MAX
                  ? NULL
                  : BIO_new_mem_buf(pem.n == 0 ? "" : (const void *)pem.p, (int)pem.n);
    X509 *cert = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, NULL, NULL);
    BIO_free(in);
    return cert;
}

static EVP_PKEY *read_key(struct bytes pem)
{
    BIO *in = pem.n > CA_PEM_MAX
                  ? NULL
                  : BIO_new_mem_buf(pem.n == 0 ? "" : (const void *)pem.p, (int)pem.n);
    EVP_PKEY *key = in == NULL ? NULL : PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    BIO_free(in);
    return key;
}

/* -- making ------------------------------------------------------------------------------------ */

static bool make_sense(const struct ca_terms *t)
{
    /* Beyond the year 9999 there is no time in a certificate. */
    return t->serial != 0 && t->from_ms / 1000 < t->until_ms / 1000 &&
           t->until_ms < UINT64_C(253402300800000);
}

static enum err make(const struct ca_terms *t, X509 *issuer, EVP_PKEY *issuer_key, const char *name,
                     struct bytes uri, struct arena *arena, struct ca_cert *ret)
{
    EVP_PKEY *key = make_key(t->entropy);
    X509 *cert = key == NULL ? NULL : make_cert(t, key, issuer, issuer_key, name, uri);
    bool made = cert != NULL && print(cert, key, arena, ret);
    X509_free(cert);
    EVP_PKEY_free(key);
    if (!made)
        return ERR_INVALID;
    ret->serial = t->serial;
    ret->from_ms = t->from_ms / 1000 * 1000;
    ret->until_ms = t->until_ms / 1000 * 1000;
    return OK;
}

enum err ca_make_root(const struct ca_terms *terms, const struct uuid *cluster, struct arena *arena,
                      struct ca_root *ret)
{
    struct ca_root root = { .cluster = *cluster };
    struct buf uri;
    char name[80];
    char text[UUID_TEXT + 1];
    if (!make_sense(terms))
        return ERR_INVALID;
    uuid_print(cluster, text);
    snprintf(name, sizeof name, "pri.%.8s.consul.ca", text);
    buf_init(&uri, 256);
    buf_put_str(&uri, "spiffe://");
    ca_trust_domain(&root, &uri);
    enum err e = make(terms, NULL, NULL, name, buf_bytes(&uri), arena, &root.cert);
    buf_fini(&uri);
    if (e == OK)
        *ret = root;
    return e;
}

static bool is_plain(struct bytes uri)
{
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= 0x20 || uri.p[i] >= 0x7f)
            return false;
    return uri.n > 0 && uri.n <= CA_PEM_MAX / 4;
}

/* The last segment, as far as a common name goes. */
static void name_of(struct bytes uri, char *name, size_t room)
{
    size_t at = uri.n;
    while (at > 0 && uri.p[at - 1] != '/')
        at--;
    size_t n = uri.n - at < room - 1 ? uri.n - at : room - 1;
    memcpy(name, uri.p + at, n);
    name[n] = 0;
}

enum err ca_sign(const struct ca_root *root, const struct ca_terms *terms, struct bytes uri,
                 struct arena *arena, struct ca_cert *ret)
{
    char name[65];
    if (!make_sense(terms) || !is_plain(uri))
        return ERR_INVALID;
    name_of(uri, name, sizeof name);
    X509 *issuer = read_cert(root->cert.pem);
    EVP_PKEY *key = read_key(root->cert.key_pem);
    enum err e = issuer == NULL || key == NULL ? ERR_DAMAGED
                                               : make(terms, issuer, key, name, uri, arena, ret);
    EVP_PKEY_free(key);
    X509_free(issuer);
    return e;
}

/* -- ids --------------------------------------------------------------------------------------- */

static void print_id(const uint8_t *p, size_t n, char ret[CA_ID_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < n && at + 3 < CA_ID_TEXT; i++) {
        ret[at++] = digits[p[i] >> 4];
        ret[at++] = digits[p[i] & 15];
        ret[at++] = ':';
    }
    ret[at == 0 ? 0 : at - 1] = 0;
}

enum err ca_fingerprint(struct bytes pem, char ret[CA_ID_TEXT])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *cert = read_cert(pem);
    bool made = cert != NULL && X509_digest(cert, EVP_sha1(), digest, &n) == 1;
    X509_free(cert);
    if (made)
        print_id(digest, n, ret);
    return made ? OK : ERR_DAMAGED;
}

enum err ca_key_id(struct bytes pem, char ret[CA_ID_TEXT])
{
    X509 *cert = read_cert(pem);
    const ASN1_OCTET_STRING *id = cert == NULL ? NULL : X509_get0_subject_key_id(cert);
    if (id != NULL)
        print_id(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id), ret);
    enum err e = id == NULL ? ERR_DAMAGED : OK;
    X509_free(cert);
    return e;
}
