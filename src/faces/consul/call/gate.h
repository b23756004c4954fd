/* faces/consul/call/gate.h -- whether a call may do what it is going to do. */
#ifndef FACES_CONSUL_CALL_GATE_H
#define FACES_CONSUL_CALL_GATE_H

#include "faces/consul/call/call.h"

/* May the caller do this to what is called NAME ("": to what has no names)? False: refused and
 * answered. Called before consul_read or consul_submit, for all that they do. */
bool consul_grant(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                  struct bytes name);
/* The same for all names that begin with PREFIX. */
bool consul_grant_under(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                        struct bytes prefix);
/* For routes that need nothing, or leave rows out that the caller may not see (consul_may). */
bool consul_grant_open(struct consul_call *c);
/* The same question for a row of an answer; nothing is answered. After one of the above. */
bool consul_may(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                struct bytes name);

/* Like consul_may, for what is not a row of an answer. */
bool consul_could(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                  struct bytes name);
/* For who answers refusals himself: a whole question, after consul_grant_open. NULL, and it is
 * noted: once all is asked consul_grant_open grants it; or what is lacked, in Consul's words. */
const char *consul_try(struct consul_call *c, const struct access_question *question);
/* For the two routes that make a token: whatever token there is, it is not looked at. */
bool consul_grant_nobody(struct consul_call *c);
/* The request's token, or the one for those that bring none; may be empty. */
struct bytes consul_token(const struct consul_call *c);
/* What was granted is so no longer: says why. E is ERR_DENIED or ERR_UNAUTHENTICATED. */
void consul_refuse_denied(struct consul_call *c, enum err e);

#endif
