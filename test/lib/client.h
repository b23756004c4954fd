/* test/lib/client.h -- a blocking client of sockets, for tests: plain, unix or TLS.
 *
 * What goes wrong below the bytes under test (no connection, no memory) ends the process with a
 * sentence; what the peer does is told by the results. */
#ifndef TEST_LIB_CLIENT_H
#define TEST_LIB_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/compiler.h"

struct client;

enum { CLIENT_DEADLINE_MS = 20000 };

struct client *client_tcp(uint16_t port); /* to 127.0.0.1 */
struct client *client_unix(const char *path);
struct client *client_on(int take_fd); /* a connected socket */

struct client_tls {
    const char *ca_file;              /* NULL: the server is not checked */
    const char *cert_file, *key_file; /* NULL: no certificate is shown */
    const char *alpn;                 /* "h2", "http/1.1", NULL: none offered */
    int version;                      /* TLS1_2_VERSION, ...; 0: any */
};
/* False if the handshake fails. */
MUST_CHECK bool client_start_tls(struct client *c, const struct client_tls *tls);
/* What the server agreed on; "" if nothing. */
const char *client_alpn(struct client *c);

/* False if the peer has closed. */
bool client_send(struct client *c, const void *p, size_t n);
bool client_send_str(struct client *c, const char *text);
/* Everything received since the last client_forget. */
struct bytes client_received(const struct client *c);
void client_forget(struct client *c);
/* Reads until TEXT has come since the last forget; false at the end of the stream or the deadline.
 */
MUST_CHECK bool client_read_until(struct client *c, const char *text);
MUST_CHECK bool client_read_bytes(struct client *c, size_t n); /* in all since the last forget */
/* Reads until the peer closes; false at the deadline. */
MUST_CHECK bool client_read_to_end(struct client *c);
/* True if the stream ended by a reset instead of a close. */
bool client_was_reset(const struct client *c);
bool client_has(const struct client *c, const char *text);
void client_half_close(struct client *c);
int client_fd(const struct client *c);
void client_close(struct client *c);
void client_reset(struct client *c); /* closes with a TCP reset */

#endif
