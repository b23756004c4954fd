/* faces/etcd/health.h -- /health, /livez, /readyz and what stands below them. */
#ifndef FACES_ETCD_HEALTH_H
#define FACES_ETCD_HEALTH_H

#include "net/http.h"

void health_old(struct http_request *r);
void health_livez(struct http_request *r);
void health_readyz(struct http_request *r);

/* http.c */
/* A plain text answer. */
void http_text(struct http_request *r, int status, const char *text);
/* False: answered with 405. */
bool http_is_get(struct http_request *r);

#endif
