/* faces/consul/queries/queries_show.h -- who may see a prepared query, and how. */
#ifndef FACES_CONSUL_QUERIES_QUERIES_SHOW_H
#define FACES_CONSUL_QUERIES_QUERIES_SHOW_H

#include "catalog/prepared.h"
#include "faces/consul/call/call.h"

/* One without a name is seen by who has its token. */
bool consul_query_may_see(struct consul_call *c, const struct prepared *p);
/* As the caller may see it: its token is hidden from all but those who may do everything. */
void consul_query_show(struct consul_call *c, const struct prepared *p, struct json_writer *j);

#endif
