/* A blocking client: poll with a deadline around plain reads and writes, or OpenSSL's. */
#include "test/lib/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

struct client {
    int fd;
    SSL_CTX *context;
    SSL *ssl;
    char alpn[32];
    struct buf got;
    bool ended, was_reset;
};

NORETURN static void fail(const char *what)
{
    fprintf(stderr, "test client: %s: %s\n", what, strerror(errno));
    abort();
}

struct client *client_on(int take_fd)
{
    struct client *c = mem_zalloc(1, sizeof(*c));
    c->fd = take_fd;
    struct timeval limit = { .tv_sec = CLIENT_DEADLINE_MS / 1000 };
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    buf_init(&c->got, (size_t)1 << 30);
    return c;
}

static struct client *new_client(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("socket");
    return client_on(fd);
}

struct client *client_tcp(uint16_t port)
{
    struct client *c = new_client(AF_INET);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        fail("connect");
    int now = 1; /* small writes do not wait for the acknowledgement of the one before */
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof(now));
    return c;
}

struct client *client_unix(const char *path)
{
    struct client *c = new_client(AF_UNIX);
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        fail("connect");
    return c;
}

static SSL_CTX *tls_context(const struct client_tls *tls)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        fail("SSL_CTX_new");
    if (tls->version != 0) {
        SSL_CTX_set_security_level(context, 0); /* lets it offer versions that nobody should */
        SSL_CTX_set_min_proto_version(context, tls->version);
        SSL_CTX_set_max_proto_version(context, tls->version);
    }
    if (tls->ca_file != NULL) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        if (SSL_CTX_load_verify_locations(context, tls->ca_file, NULL) != 1)
            fail("load the authority");
    }
    if (tls->cert_file != NULL &&
        (SSL_CTX_use_certificate_chain_file(context, tls->cert_file) != 1 ||
         SSL_CTX_use_PrivateKey_file(context, tls->key_file, SSL_FILETYPE_PEM) != 1))
        fail("load the certificate");
    return context;
}

bool client_start_tls(struct client *c, const struct client_tls *tls)
{
    c->context = tls_context(tls);
    c->ssl = SSL_new(c->context);
    if (c->ssl == NULL)
        fail("SSL_new");
    if (tls->alpn != NULL) {
        unsigned char offer[32];
        size_t n = strlen(tls->alpn);
        offer[0] = (unsigned char)n;
        memcpy(offer + 1, tls->alpn, n);
        SSL_set_alpn_protos(c->ssl, offer, (unsigned)n + 1);
    }
    SSL_set_fd(c->ssl, c->fd);
    bool ok = SSL_connect(c->ssl) == 1;
    if (ok) {
        const unsigned char *name;
        unsigned n;
        SSL_get0_alpn_selected(c->ssl, &name, &n);
        snprintf(c->alpn, sizeof(c->alpn), "%.*s", (int)n, n > 0 ? (const char *)name : "");
    }
    ERR_clear_error();
    return ok;
}

const char *client_alpn(struct client *c)
{
    return c->alpn;
}

bool client_send(struct client *c, const void *p, size_t n)
{
    const uint8_t *at = p;
    while (n > 0) {
        ssize_t sent = c->ssl != NULL ? SSL_write(c->ssl, at, n > 16384 ? 16384 : (int)n)
                                      : send(c->fd, at, n, MSG_NOSIGNAL);
        if (sent < 0 && c->ssl == NULL && errno == EINTR)
            continue;
        if (sent <= 0) {
            ERR_clear_error();
            return false;
        }
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool client_send_str(struct client *c, const char *text)
{
    return client_send(c, text, strlen(text));
}

struct bytes client_received(const struct client *c)
{
    return buf_bytes(&c->got);
}

void client_forget(struct client *c)
{
    buf_clear(&c->got, SIZE_MAX);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* True if there is something to read before UNTIL_MS. */
static bool wait_readable(struct client *c, int64_t until_ms)
{
    if (c->ssl != NULL && SSL_pending(c->ssl) > 0)
        return true;
    struct pollfd p = { .fd = c->fd, .events = POLLIN };
    int64_t left = until_ms - now_ms();
    return left > 0 && poll(&p, 1, (int)left) > 0;
}

static bool read_some(struct client *c, int64_t until_ms)
{
    char piece[65536];
    if (c->ended || !wait_readable(c, until_ms))
        return false;
    ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, piece, sizeof(piece))
                               : recv(c->fd, piece, sizeof(piece), 0);
    if (n > 0) {
        buf_put(&c->got, piece, (size_t)n);
        return true;
    }
    c->ended = true;
    c->was_reset = n < 0 && errno == ECONNRESET;
    ERR_clear_error();
    return false;
}

bool client_has(const struct client *c, const char *text)
{
    return c->got.n > 0 && memmem(c->got.p, c->got.n, text, strlen(text)) != NULL;
}

bool client_read_until(struct client *c, const char *text)
{
    int64_t until_ms = now_ms() + CLIENT_DEADLINE_MS;
    while (!client_has(c, text))
        if (!read_some(c, until_ms))
            return false;
    return true;
}

bool client_read_bytes(struct client *c, size_t n)
{
    int64_t until_ms = now_ms() + CLIENT_DEADLINE_MS;
    while (c->got.n < n)
        if (!read_some(c, until_ms))
            return false;
    return true;
}

bool client_read_to_end(struct client *c)
{
    int64_t until_ms = now_ms() + CLIENT_DEADLINE_MS;
    while (read_some(c, until_ms))
        ;
    return c->ended;
}

bool client_was_reset(const struct client *c)
{
    return c->was_reset;
}

void client_half_close(struct client *c)
{
    shutdown(c->fd, SHUT_WR);
}

int client_fd(const struct client *c)
{
    return c->fd;
}

void client_close(struct client *c)
{
    if (c == NULL)
        return;
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
    close(c->fd);
    buf_fini(&c->got);
    mem_free(c);
}

void client_reset(struct client *c)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    client_close(c);
}
