/* faces/etcd/gauges.h -- etcd's gauges that are asked when they are shown. */
#ifndef FACES_ETCD_GAUGES_H
#define FACES_ETCD_GAUGES_H

#include "base/metric.h"
#include "hub/hub.h"

/* Keeps HUB. Registering again, for another thread's hub, changes nothing that is seen. */
void etcd_gauges_register(struct metrics *m, struct hub *hub);

#endif
