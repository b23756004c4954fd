#include "test/lib/certs.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "test/lib/tempdir.h"

NORETURN static void fail(const char *what)
{
    fprintf(stderr, "test certificates: cannot %s\n", what);
    abort();
}

static void save_key(const char *path, EVP_PKEY *key)
{
    FILE *f = fopen(path, "w");
    if (f == NULL || PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) != 1)
        fail("write a key");
    fclose(f);
}

static void save_cert(const char *path, X509 *cert)
{
    FILE *f = fopen(path, "w");
    if (f == NULL || PEM_write_X509(f, cert) != 1)
        fail("write a certificate");
    fclose(f);
}

static EVP_PKEY *load_key(const char *path)
{
    FILE *f = fopen(path, "r");
    EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (key == NULL)
        fail("read a key");
    fclose(f);
    return key;
}

static X509 *load_cert(const char *path)
{
    FILE *f = fopen(path, "r");
    X509 *cert = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
    if (cert == NULL)
        fail("read a certificate");
    fclose(f);
    return cert;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    if (e == NULL || X509_add_ext(cert, e, -1) != 1)
        fail("add an extension");
    X509_EXTENSION_free(e);
}

/* ISSUER NULL: signed by itself. */
static void make(const char *name, bool is_ca, X509 *issuer, EVP_PKEY *issuer_key,
                 const char *cert_path, const char *key_path)
{
    static long serial;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    if (key == NULL || cert == NULL)
        fail("make a key");
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 24 * 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_issuer_name(cert, issuer != NULL ? X509_get_subject_name(issuer) : subject);
    add_extension(cert, issuer != NULL ? issuer : cert, NID_basic_constraints,
                  is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(cert, issuer != NULL ? issuer : cert, NID_subject_alt_name,
                  "DNS:localhost,IP:127.0.0.1");
    if (X509_sign(cert, issuer_key != NULL ? issuer_key : key, EVP_sha256()) == 0)
        fail("sign");
    save_key(key_path, key);
    save_cert(cert_path, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
}

void certs_renew_server(struct certs *c)
{
    X509 *ca = load_cert(c->ca);
    EVP_PKEY *ca_key = load_key(c->ca_key);
    make("localhost", false, ca, ca_key, c->server, c->server_key);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
}

void certs_make(struct certs *c)
{
    c->dir = tempdir_new();
    const struct {
        char *to;
        const char *name;
    } files[] = { { c->ca, "ca.pem" },         { c->ca_key, "ca.key" },
                  { c->server, "server.pem" }, { c->server_key, "server.key" },
                  { c->client, "client.pem" }, { c->client_key, "client.key" },
                  { c->rogue, "rogue.pem" },   { c->rogue_key, "rogue.key" } };
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        snprintf(files[i].to, 128, "%s/%s", c->dir, files[i].name);
    make("Test Authority", true, NULL, NULL, c->ca, c->ca_key);
    certs_renew_server(c);
    X509 *ca = load_cert(c->ca);
    EVP_PKEY *ca_key = load_key(c->ca_key);
    make("client", false, ca, ca_key, c->client, c->client_key);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    make("client", false, NULL, NULL, c->rogue, c->rogue_key);
}

void certs_remove(struct certs *c)
{
    tempdir_free(c->dir);
}
