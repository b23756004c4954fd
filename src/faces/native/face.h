/* faces/native/face.h -- Muster's own HTTP face on one io thread: health, metrics, snapshots. */
#ifndef FACES_NATIVE_FACE_H
#define FACES_NATIVE_FACE_H

#include "hub/hub.h"
#include "net/http.h"

struct native_face;

struct native_options {
    /* All metrics in Prometheus' text format, appended. */
    void (*render_metrics)(void *ctx, struct buf *out);
    /* Why the server is not ready, one reason a line, appended; nothing if it is. Any io thread. */
    void (*not_ready)(void *ctx, struct buf *out);
    void *ctx;
};

/* Keeps HUB and OPTIONS' pointers. Before the hub's loop is started. */
struct native_face *native_face_new(struct hub *hub, const struct native_options *options);
/* After its requests are gone. */
void native_face_free(struct native_face *face);

/* The context of its requests is the thread's struct native_face. */
extern const struct http_service native_http;

#endif
