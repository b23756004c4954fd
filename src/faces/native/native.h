/* faces/native/native.h -- the inside of the face. */
#ifndef FACES_NATIVE_NATIVE_H
#define FACES_NATIVE_NATIVE_H

#include "faces/native/face.h"

struct native_face {
    struct hub *hub;
    struct mailbox *box; /* pieces of snapshots arrive here */
    struct native_options options;
};

/* An RFC 9457 problem document; its type is /problems/CODE. */
void native_problem(struct http_request *r, int status, const char *code, const char *title,
                    const char *detail);

/* snapshot.c: GET /api/v1/cluster/snapshot */
void native_snapshot(struct native_face *face, struct http_request *r);

#endif
