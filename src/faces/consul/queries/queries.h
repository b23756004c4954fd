/* faces/consul/queries/queries.h -- the handlers of /v1/query: queries.c has those that read and
 * run, queries_write.c the others. */
#ifndef FACES_CONSUL_QUERIES_QUERIES_H
#define FACES_CONSUL_QUERIES_QUERIES_H

#include "faces/consul/call/call.h"

void consul_query_list(struct consul_call *c);
/* One, or its execution or explanation. */
void consul_query_get(struct consul_call *c);
void consul_query_create(struct consul_call *c);
void consul_query_update(struct consul_call *c);
void consul_query_delete(struct consul_call *c);

/* queries_run.c */
void consul_query_execute(struct consul_call *c, struct bytes id_or_name);
void consul_query_explain(struct consul_call *c, struct bytes id_or_name);

#endif
