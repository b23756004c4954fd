/* Sessions are not resumed: a check has to see a whole handshake. */
#include "net/tls_client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "net/tls_context.h"

struct tls_client {
    SSL_CTX *context;
};

static enum err trust(SSL_CTX *c, const char *ca_file, struct why *why)
{
    ERR_clear_error();
    if (ca_file == NULL)
        return SSL_CTX_set_default_verify_paths(c) == 1
                   ? OK
                   : why_set(why, ERR_INVALID, "tls: the system's authorities cannot be read");
    if (SSL_CTX_load_verify_locations(c, ca_file, NULL) == 1)
        return OK;
    ERR_clear_error();
    return why_set(why, ERR_INVALID, "tls: the certificate authority in '%s' cannot be used",
                   ca_file);
}

/* Every certificate of PEM; false if there is none, or something else. */
static bool trust_all(SSL_CTX *c, struct bytes pem)
{
    BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
    size_t n = 0;
    bool is_good = in != NULL;
    for (X509 *one; is_good && (one = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL; n++) {
        is_good = X509_STORE_add_cert(SSL_CTX_get_cert_store(c), one) == 1;
        X509_free(one);
    }
    is_good = is_good && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(in);
    return is_good && n > 0;
}

static SSL_CTX *new_context(void)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    if (c == NULL)
        return NULL;
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    return c;
}

static enum err finish(SSL_CTX *take_c, enum err e, struct tls_client **ret)
{
    if (e != OK) {
        SSL_CTX_free(take_c);
        return e;
    }
    *ret = mem_alloc(sizeof(**ret));
    (*ret)->context = take_c;
    return OK;
}

enum err tls_client_new(const char *ca_file, struct tls_client **ret, struct why *why)
{
    SSL_CTX *c = new_context();
    if (c == NULL)
        return why_set(why, ERR_SYSTEM, "tls: OpenSSL does not start");
    return finish(c, trust(c, ca_file, why), ret);
}

enum err tls_client_new_with(struct bytes pem, struct tls_client **ret, struct why *why)
{
    SSL_CTX *c = new_context();
    if (c == NULL)
        return why_set(why, ERR_SYSTEM, "tls: OpenSSL does not start");
    enum err e = pem.n <= INT_MAX && trust_all(c, pem)
                     ? OK
                     : why_set(why, ERR_INVALID, "tls: these are no certificates in PEM");
    return finish(c, e, ret);
}

void tls_client_free(struct tls_client *t)
{
    if (t == NULL)
        return;
    SSL_CTX_free(t->context);
    mem_free(t);
}

static bool is_address(const char *name)
{
    struct in6_addr any;
    return inet_pton(AF_INET, name, &any) == 1 || inet_pton(AF_INET6, name, &any) == 1;
}

/* SNI carries no addresses; certificates do. */
static void expect_name(SSL *ssl, const char *name)
{
    if (is_address(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
        return;
    }
    /* The macro for it drops a const. */
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)name);
    SSL_set1_host(ssl, name);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

struct conn_filter *tls_client_session(struct tls_client *t, const struct tls_call *call)
{
    static const unsigned char h2[] = "\x02h2", http1[] = "\x08http/1.1";
    SSL *ssl = SSL_new(t->context);
    assert(ssl != NULL); /* only when memory is out */
    SSL_set_connect_state(ssl);
    expect_name(ssl, call->name);
    SSL_set_verify(ssl, call->skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (call->is_h2)
        SSL_set_alpn_protos(ssl, h2, sizeof(h2) - 1);
    else
        SSL_set_alpn_protos(ssl, http1, sizeof(http1) - 1);
    return tls_session_on(ssl);
}
