/* faces/etcd/plain.h -- plain text over HTTP, as Go's net/http words it. */
#ifndef FACES_ETCD_PLAIN_H
#define FACES_ETCD_PLAIN_H

#include "net/http.h"

void plain_text(struct http_request *r, int status, const char *text);
/* False: answered with 405. */
bool plain_is_get(struct http_request *r);

#endif
