/* faces/consul/kv/session.h -- the handlers of /v1/session, whose table is session.c. */
#ifndef FACES_CONSUL_KV_SESSION_H
#define FACES_CONSUL_KV_SESSION_H

struct consul_call;

/* session_create.c */
void consul_session_create(struct consul_call *c);
/* session_end.c */
void consul_session_destroy(struct consul_call *c);
void consul_session_renew(struct consul_call *c);

#endif
