/* server/parts.h -- the pieces of a running server, and the order in which they come and go. */
#ifndef SERVER_PARTS_H
#define SERVER_PARTS_H

#include "disk/datadir.h"
#include "net/http_inner.h"
#include "server/config.h"

struct parts;
struct consul_reload;

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
MUST_CHECK enum err parts_reload(struct parts *p, struct why *why);
/* Those who have asked for a reload by Consul's API since the last call, the last first: to be told
 * with consul_reload_done. LAST: no more will be taken. */
struct consul_reload *parts_take_reloads(struct parts *p, bool last);
const char *parts_data_dir(const struct parts *p);

/* Asks Consul's face of the first io thread, on that thread: what its own mailbox delivers. The
 * service, its context and its loop are filled in. */
struct mailbox *parts_consul_box(struct parts *p);
void parts_ask_consul(struct parts *p, struct http_inner_ask *ask, http_inner_fn done, void *ctx);

/* What is listened on, one "face address" a line. */
void parts_addresses(const struct parts *p, struct buf *out);

#endif
