/* Sessions are not resumed: a check has to see a whole handshake. */
#include "net/tls_client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
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

enum err tls_client_new(const char *ca_file, struct tls_client **ret, struct why *why)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    if (c == NULL)
        return why_set(why, ERR_SYSTEM, "tls: OpenSSL does not start");
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    enum err e = trust(c, ca_file, why);
    if (e != OK) {
        SSL_CTX_free(c);
        return e;
    }
    *ret = mem_alloc(sizeof(**ret));
    (*ret)->context = c;
    return OK;
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
