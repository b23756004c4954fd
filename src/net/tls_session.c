/* OpenSSL over memory: what the socket gave is written into IN, what it is to get is read from OUT.
 *
 * Nothing here waits. A handshake that fails leaves its alert in REPLY, so that the client is told
 * why before the connection closes. */
#include "net/tls_session.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/mem.h"
#include "net/tls_context.h"

enum { RECORD_BYTES = 16 * 1024 };

struct tls_session {
    struct conn_filter filter;
    SSL *ssl;
    BIO *in, *out; /* the SSL's */
    char *client_name;
    const char *failure;
};

static struct tls_session *session_of(const struct conn_filter *f)
{
    return CONTAINER_OF((struct conn_filter *)(uintptr_t)f, struct tls_session, filter);
}

static void move_out(struct tls_session *s, struct buf *to)
{
    char *p;
    long n = BIO_get_mem_data(s->out, &p);
    if (n > 0)
        buf_put(to, p, (size_t)n);
    (void)BIO_reset(s->out);
}

/* In OpenSSL's words, whose texts are constant. */
static void note_failure(struct tls_session *s)
{
    long verdict = SSL_get_verify_result(s->ssl);
    unsigned long code = ERR_peek_last_error();
    if (verdict != X509_V_OK && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED)
        s->failure = X509_verify_cert_error_string(verdict);
    else if (code != 0)
        s->failure = ERR_reason_error_string(code);
}

/* The outcome of a call that returned RET, which was not success. */
static enum err outcome(struct tls_session *s, int ret, bool *ret_ended)
{
    switch (SSL_get_error(s->ssl, ret)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return OK;
    case SSL_ERROR_ZERO_RETURN:
        *ret_ended = true;
        return OK;
    default:
        note_failure(s);
        ERR_clear_error();
        return ERR_MALFORMED;
    }
}

static char *common_name(X509 *certificate)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0)
        return NULL;
    unsigned char *text = NULL;
    int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    char *name = NULL;
    if (n > 0 && memchr(text, 0, (size_t)n) == NULL) {
        name = mem_alloc((size_t)n + 1);
        memcpy(name, text, (size_t)n);
        name[n] = 0;
    }
    OPENSSL_free(text);
    return name;
}

static void note_client(struct tls_session *s)
{
    X509 *certificate = SSL_get0_peer_certificate(s->ssl);
    if (certificate != NULL && SSL_get_verify_result(s->ssl) == X509_V_OK)
        s->client_name = common_name(certificate);
}

static enum err shake_hands(struct tls_session *s, bool *ret_ended)
{
    int ret = SSL_do_handshake(s->ssl);
    if (ret == 1) {
        note_client(s);
        return OK;
    }
    return outcome(s, ret, ret_ended);
}

static enum err read_records(struct tls_session *s, struct buf *plain, bool *ret_ended)
{
    for (;;) {
        if (!buf_reserve(plain, RECORD_BYTES))
            return ERR_TOO_BIG;
        int n = SSL_read(s->ssl, plain->p + plain->n, RECORD_BYTES);
        if (n <= 0)
            return outcome(s, n, ret_ended);
        plain->n += (size_t)n;
    }
}

static enum err unwrap(struct conn_filter *f, struct bytes wire, struct buf *plain,
                       struct buf *reply, bool *ret_ended)
{
    struct tls_session *s = session_of(f);
    enum err e = OK;
    ERR_clear_error();
    if (wire.n > 0 && BIO_write(s->in, wire.p, (int)wire.n) != (int)wire.n)
        return ERR_TOO_BIG;
    if (!SSL_is_init_finished(s->ssl))
        e = shake_hands(s, ret_ended);
    if (e == OK && SSL_is_init_finished(s->ssl))
        e = read_records(s, plain, ret_ended);
    move_out(s, reply);
    return e;
}

static enum err wrap(struct conn_filter *f, struct bytes plain, struct buf *wire)
{
    struct tls_session *s = session_of(f);
    if (!SSL_is_init_finished(s->ssl))
        return ERR_AGAIN;
    ERR_clear_error();
    size_t done = 0;
    if (plain.n > 0 && (SSL_write_ex(s->ssl, plain.p, plain.n, &done) != 1 || done != plain.n)) {
        ERR_clear_error();
        return ERR_SYSTEM; /* memory never says "later" */
    }
    move_out(s, wire);
    return OK;
}

static void end(struct conn_filter *f, struct buf *wire)
{
    struct tls_session *s = session_of(f);
    if (!SSL_is_init_finished(s->ssl))
        return;
    SSL_shutdown(s->ssl);
    ERR_clear_error();
    move_out(s, wire);
}

static bool is_h2(const struct conn_filter *f)
{
    const unsigned char *name;
    unsigned n;
    SSL_get0_alpn_selected(session_of(f)->ssl, &name, &n);
    return bytes_is(bytes_of(name, n), "h2");
}

static const char *client_name(const struct conn_filter *f)
{
    return session_of(f)->client_name;
}

static bool is_ready(const struct conn_filter *f)
{
    return SSL_is_init_finished(session_of(f)->ssl);
}

static const char *failure(const struct conn_filter *f)
{
    return session_of(f)->failure;
}

static void free_session(struct conn_filter *f)
{
    struct tls_session *s = session_of(f);
    SSL_free(s->ssl);
    mem_free(s->client_name);
    mem_free(s);
}

static const struct conn_filter_ops ops = { .unwrap = unwrap,
                                            .wrap = wrap,
                                            .end = end,
                                            .is_h2 = is_h2,
                                            .client_name = client_name,
                                            .is_ready = is_ready,
                                            .failure = failure,
                                            .free = free_session };

struct conn_filter *tls_session_on(SSL *take_ssl)
{
    struct tls_session *s = mem_zalloc(1, sizeof(*s));
    s->filter.ops = &ops;
    s->ssl = take_ssl;
    s->in = BIO_new(BIO_s_mem());
    s->out = BIO_new(BIO_s_mem());
    assert(s->in != NULL && s->out != NULL); /* only when memory is out */
    SSL_set_bio(s->ssl, s->in, s->out);
    return &s->filter;
}

struct conn_filter *tls_session_new(struct tls_context *context)
{
    SSL *ssl = tls_context_session(context);
    SSL_set_accept_state(ssl);
    return tls_session_on(ssl);
}
