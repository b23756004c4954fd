/* test/lib/target.h -- a server that behaves as a test says, well or badly, on a thread of its own.
 *
 * It serves one connection at a time, blocking. */
#ifndef TEST_LIB_TARGET_H
#define TEST_LIB_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target;

/* SERVE is called for each connection, which is closed when it returns; it must end when its peer
 * has gone. */
struct target *target_start(void (*serve)(struct target *t, int fd), const void *ctx);
uint16_t target_port(const struct target *t);
const void *target_ctx(const struct target *t);
/* Connections accepted so far, this one included. Any thread. */
unsigned target_count(struct target *t);
/* Ends what is being served, too. */
void target_stop(struct target *t);

/* For SERVE: reads a request up to the end of its head, and of a body by its length; the text is
 * kept (target_request). False if the peer has gone first. */
bool target_read(struct target *t, int fd);
/* Writes all; false if the peer has gone. */
bool target_write(int fd, const char *text);
bool target_write_bytes(int fd, const void *p, size_t n);
/* Reads and drops until the peer has gone. */
void target_hold(int fd);
/* Waits for so long; false if the peer has gone or sends. */
bool target_wait(int fd, int ms);
/* The close will be a reset. */
void target_reset(int fd);
/* What the last target_read has read. When the target is stopped, or idle. */
const char *target_request(const struct target *t);

/* A port of the loopback that nobody listens on. */
uint16_t target_dead_port(void);
/* A UDP socket that says nothing; its port. */
uint16_t target_udp(int *ret_fd);
void target_udp_close(int fd);

#endif
