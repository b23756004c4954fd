/* faces/etcd/face.h -- etcd's protocol on one io thread: what the server wires up.
 *
 * One face per io thread, beside that thread's hub; it is the context of the thread's calls and
 * requests. `etcd_services` and `etcd_http` are what the listener serves. */
#ifndef FACES_ETCD_FACE_H
#define FACES_ETCD_FACE_H

#include "base/metric.h"
#include "faces/etcd/options.h"
#include "hub/hub.h"
#include "net/grpc.h"
#include "net/http.h"

struct etcd_face;

/* Keeps HUB, which must outlive it; METRICS may be NULL. Before the hub's loop is started. */
MUST_CHECK enum err etcd_face_new(struct hub *hub, const struct etcd_options *options,
                                  struct metrics *metrics, struct etcd_face **ret);
/* After its calls are gone. */
void etcd_face_free(struct etcd_face *face);
/* On its thread: ends watch and keepalive streams with 14 "etcdserver: server stopped"; later ones
 * are refused with it. Calls under way finish. */
void etcd_face_drain(struct etcd_face *face);
/* NULL-terminated; the context of their calls is the thread's struct etcd_face. */
extern const struct grpc_service *const etcd_services[];
extern const struct http_service etcd_http;

#endif
