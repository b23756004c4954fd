/* faces/consul/rows/weight.h -- an instance's weight in SRV records. */
#ifndef FACES_CONSUL_ROWS_WEIGHT_H
#define FACES_CONSUL_ROWS_WEIGHT_H

#include "catalog/instance.h"

/* Of one that Consul registered: its weight for passing or, if it is warned of, for warning, unless
 * an operator decided another. Of others theirs in whole numbers; what has any keeps some. */
uint16_t consul_srv_weight(const struct instance *i);

#endif
