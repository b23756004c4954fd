/* faces/consul/call/face.h -- Consul's HTTP API on one io thread: what the server wires up.
 *
 * One face an io thread, beside that thread's hub; it is the context of the thread's requests. */
#ifndef FACES_CONSUL_CALL_FACE_H
#define FACES_CONSUL_CALL_FACE_H

#include "faces/consul/call/options.h"
#include "hub/hub.h"
#include "net/http.h"

struct consul_face;

/* Keeps HUB and what OPTIONS point to. Before the hub's loop is started. */
struct consul_face *consul_face_new(struct hub *hub, const struct consul_options *options);
/* After its requests are gone. */
void consul_face_free(struct consul_face *face);
/* On its thread: queries that wait are answered with what there is; later ones wait no more, and
 * nobody else is asked for anything any more. */
void consul_face_drain(struct consul_face *face);
/* True once no connection to others is left. */
bool consul_face_is_drained(const struct consul_face *face);
/* The context of its requests is the thread's struct consul_face. */
extern const struct http_service consul_http;

/* The page docs/compat/consul.md: every route there is. */
void consul_compat_page(struct buf *out);

#endif
