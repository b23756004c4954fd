/* faces/dns/answer.h -- what is answered to a name: consul.md 17.2 and 17.3.
 *
 * Reads the catalog, makes records. No socket, no clock: the same view and the same question give
 * the same records. */
#ifndef FACES_DNS_ANSWER_H
#define FACES_DNS_ANSWER_H

#include "faces/dns/reply.h"
#include "faces/dns/source.h"

/* ASKED is neither OUTSIDE nor REVERSE. TYPE is the question's. Into *RET, in the arena. An error
 * of the store is an answer: SERVFAIL. */
void dns_answer(const struct dns_source *s, const struct dns_asked *asked, uint16_t type,
                struct arena *arena, struct dns_reply *ret);

/* Who has an address: the name TARGET (whole), or nobody if it is empty. */
void dns_answer_reverse(const struct dns_source *s, struct bytes target, struct arena *arena,
                        struct dns_reply *ret);

#endif
