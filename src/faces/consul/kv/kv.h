/* faces/consul/kv/kv.h -- the handlers of /v1/kv, whose table is kv.c. */
#ifndef FACES_CONSUL_KV_KV_H
#define FACES_CONSUL_KV_KV_H

#include <stdbool.h>

struct consul_call;

/* kv_write.c */
void consul_kv_put(struct consul_call *c);
void consul_kv_delete(struct consul_call *c);

/* kv_tree.c: the pairs below c->rest, or their keys. C is granted it. */
void consul_kv_tree(struct consul_call *c, bool keys_only);

#endif
