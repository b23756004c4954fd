/* faces/dns/reverse.h -- who has an address: questions that all nodes and services must be looked
 * at for.
 *
 * There is no index by address. Those who ask wait together for one pass over the catalog, a piece
 * a turn. */
#ifndef FACES_DNS_REVERSE_H
#define FACES_DNS_REVERSE_H

#include "faces/dns/core.h"

struct dns_reverse;

enum { DNS_REVERSE_MAX = 256 /* questions that wait on a thread */ };

/* Keeps FACE. */
struct dns_reverse *dns_reverse_new(struct dns_face *face);
void dns_reverse_free(struct dns_reverse *r);
/* True: the answer comes later. False: it is in the face's OUT. IN is the query's packet. */
MUST_CHECK bool dns_reverse_ask(struct dns_reverse *r, const struct dns_asker *asker,
                                const struct dns_query *q, const struct dns_asked *asked,
                                struct bytes in);
/* F is gone: nobody waits there any more. */
void dns_reverse_forget(struct dns_reverse *r, const struct framed *f);

#endif
