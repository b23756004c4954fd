/* faces/etcd/health.h -- /health, /livez, /readyz and what stands below them. */
#ifndef FACES_ETCD_HEALTH_H
#define FACES_ETCD_HEALTH_H

#include "net/http.h"

void health_old(struct http_request *r);
void health_livez(struct http_request *r);
void health_readyz(struct http_request *r);

#endif
