/* faces/dns/recurse.h -- questions that are not ours, passed on to recursors.
 *
 * A query outside our zones is relayed as it came, by UDP or TCP as it came, and so is the answer.
 * Of a service whose address is a name of others that name is asked for, and what is found stands
 * behind the alias. Recursors are asked one after the other until one answers. */
#ifndef FACES_DNS_RECURSE_H
#define FACES_DNS_RECURSE_H

#include "faces/dns/core.h"

struct dns_recurse;

enum {
    DNS_FORWARDS_MAX = 256, /* questions under way on a thread, a socket each */
    DNS_CHASED_MAX = 64     /* records of an answer that are taken behind an alias */
};

/* Keeps FACE. */
struct dns_recurse *dns_recurse_new(struct dns_face *face);
void dns_recurse_free(struct dns_recurse *r);
/* True: the answer comes later. False: it is in the face's OUT (there is nobody to ask). */
MUST_CHECK bool dns_recurse_ask(struct dns_recurse *r, const struct dns_asker *asker,
                                const struct dns_query *q, struct bytes in);
/* The answer of SOURCE to ASKED leads outside. False: nobody can be asked, the alias must do. */
MUST_CHECK bool dns_recurse_chase(struct dns_recurse *r, const struct dns_asker *asker,
                                  const struct dns_query *q, const struct dns_source *source,
                                  const struct dns_asked *asked);
/* F is gone: nobody waits there any more. */
void dns_recurse_forget(struct dns_recurse *r, const struct framed *f);

#endif
