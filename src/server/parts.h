/* server/parts.h -- the pieces of a running server, and the order in which they come and go. */
#ifndef SERVER_PARTS_H
#define SERVER_PARTS_H

#include "disk/datadir.h"
#include "server/config.h"

struct parts;

/* Opens the data directory, replays, makes loops, hubs and faces, binds the listeners. Keeps
 * CONFIG. OWNED is told of the directory as soon as it is ours, before anything is read. */
MUST_CHECK enum err parts_open(const struct config *config,
                               void (*owned)(const struct datadir *dir), struct parts **ret,
                               struct why *why);
/* Starts all threads. */
MUST_CHECK enum err parts_start(struct parts *p, struct why *why);
/* Says goodbye to clients, at most DRAIN_MS, finishes what was proposed, stops the threads; the
 * view is closed cleanly if that is done before STOP_MS. */
void parts_stop(struct parts *p, uint64_t drain_ms, uint64_t stop_ms);
void parts_close(struct parts *p);
/* Reads certificates again. */
void parts_reload(struct parts *p);

/* What is listened on, one "face address" a line. */
void parts_addresses(const struct parts *p, struct buf *out);

#endif
