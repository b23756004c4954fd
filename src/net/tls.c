/* Certificates, and the rules of every handshake.
 *
 * The SSL_CTX is replaced whole by a reload; sessions hold the one they began with, so connections
 * that run are not touched. The only lock of net guards the moment of taking or replacing the
 * pointer: a reload comes from another thread, and OpenSSL counts references, not readers. */
#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/tls_context.h"

struct tls_context {
    _Atomic unsigned refs;
    char *cert_file, *key_file, *trusted_ca_file;
    bool client_cert_auth;
    pthread_mutex_t lock;
    SSL_CTX *current; /* under LOCK */
};

/* -- rules ------------------------------------------------------------------------------------- */

static int pick_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_n,
                     const unsigned char *offered, unsigned offered_n, void *ctx)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    (void)ssl, (void)ctx;
    unsigned char *picked;
    if (SSL_select_next_proto(&picked, ret_n, ours, sizeof(ours) - 1, offered, offered_n) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *ret = picked;
    return SSL_TLSEXT_ERR_OK;
}

/* A key that needs a passphrase is refused instead of asking a terminal that nobody watches. */
static int no_passphrase(char *into, int n, int writing, void *ctx)
{
    (void)into, (void)n, (void)writing, (void)ctx;
    return 0;
}

static enum err refuse(const char *what, const char *file, struct why *why)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    enum err e = why_set(why, ERR_INVALID, "tls: the %s in '%s' cannot be used: %s", what, file,
                         reason != NULL ? reason : "not in PEM format");
    ERR_clear_error();
    return e;
}

static enum err check_readable(const char *file, struct why *why)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return why_set(why, ERR_IO, "tls: cannot read '%s': %s", file, strerror(errno));
    close(fd);
    return OK;
}

static enum err load_own(SSL_CTX *c, const struct tls_context *t, struct why *why)
{
    enum err e = check_readable(t->cert_file, why);
    if (e == OK)
        e = check_readable(t->key_file, why);
    if (e != OK)
        return e;
    if (SSL_CTX_use_certificate_chain_file(c, t->cert_file) != 1)
        return refuse("certificate", t->cert_file, why);
    if (SSL_CTX_use_PrivateKey_file(c, t->key_file, SSL_FILETYPE_PEM) != 1)
        return refuse("private key", t->key_file, why);
    if (SSL_CTX_check_private_key(c) != 1)
        return refuse("private key does not belong to the certificate; the one", t->key_file, why);
    return OK;
}

static enum err load_trusted(SSL_CTX *c, const struct tls_context *t, struct why *why)
{
    enum err e = check_readable(t->trusted_ca_file, why);
    if (e != OK)
        return e;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(t->trusted_ca_file);
    if (names == NULL || SSL_CTX_load_verify_locations(c, t->trusted_ca_file, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return refuse("certificate authority", t->trusted_ca_file, why);
    }
    SSL_CTX_set_client_CA_list(c, names);
    SSL_CTX_set_verify(
        c, SSL_VERIFY_PEER | (t->client_cert_auth ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    return OK;
}

static void set_rules(SSL_CTX *c)
{
    static const unsigned char session_context[] = "muster";
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_id_context(c, session_context, sizeof(session_context) - 1);
    SSL_CTX_set_alpn_select_cb(c, pick_alpn, NULL);
    SSL_CTX_set_default_passwd_cb(c, no_passphrase);
}

static enum err load(const struct tls_context *t, SSL_CTX **ret, struct why *why)
{
    ERR_clear_error();
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    if (c == NULL)
        return why_set(why, ERR_SYSTEM, "tls: OpenSSL does not start");
    set_rules(c);
    enum err e = load_own(c, t, why);
    if (e == OK && t->trusted_ca_file != NULL)
        e = load_trusted(c, t, why);
    if (e != OK) {
        SSL_CTX_free(c);
        return e;
    }
    *ret = c;
    return OK;
}

/* -- life -------------------------------------------------------------------------------------- */

static char *dup_or_null(const char *text)
{
    if (text == NULL)
        return NULL;
    size_t n = strlen(text) + 1;
    return memcpy(mem_alloc(n), text, n);
}

enum err tls_context_new(const struct tls_options *options, struct tls_context **ret,
                         struct why *why)
{
    if (options->cert_file == NULL || options->key_file == NULL)
        return why_set(why, ERR_INVALID, "tls: a certificate and its key are needed together");
    if (options->client_cert_auth && options->trusted_ca_file == NULL)
        return why_set(why, ERR_INVALID,
                       "tls: to ask clients for certificates, name the authority that they are "
                       "checked against");
    struct tls_context *t = mem_zalloc(1, sizeof(*t));
    atomic_init(&t->refs, 1);
    t->cert_file = dup_or_null(options->cert_file);
    t->key_file = dup_or_null(options->key_file);
    t->trusted_ca_file = dup_or_null(options->trusted_ca_file);
    t->client_cert_auth = options->client_cert_auth;
    pthread_mutex_init(&t->lock, NULL);
    enum err e = load(t, &t->current, why);
    if (e != OK) {
        tls_context_unref(t);
        return e;
    }
    *ret = t;
    return OK;
}

enum err tls_context_reload(struct tls_context *t, struct why *why)
{
    SSL_CTX *fresh = NULL;
    enum err e = load(t, &fresh, why);
    if (e != OK)
        return e;
    pthread_mutex_lock(&t->lock);
    SSL_CTX *old = t->current;
    t->current = fresh;
    pthread_mutex_unlock(&t->lock);
    SSL_CTX_free(old);
    return OK;
}

SSL *tls_context_session(struct tls_context *t)
{
    pthread_mutex_lock(&t->lock);
    SSL *ssl = SSL_new(t->current);
    pthread_mutex_unlock(&t->lock);
    assert(ssl != NULL); /* only when memory is out */
    return ssl;
}

struct tls_context *tls_context_ref(struct tls_context *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void tls_context_unref(struct tls_context *t)
{
    if (t == NULL || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(t->current);
    pthread_mutex_destroy(&t->lock);
    mem_free(t->cert_file);
    mem_free(t->key_file);
    mem_free(t->trusted_ca_file);
    mem_free(t);
}
