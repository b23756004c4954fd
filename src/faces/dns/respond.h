/* faces/dns/respond.h -- a query, from its bytes to those of its answer. */
#ifndef FACES_DNS_RESPOND_H
#define FACES_DNS_RESPOND_H

#include "faces/dns/core.h"

/* Answers the query IN, now or, if others must be asked, later. VIEW is NULL when there is none to
 * answer from. */
void dns_respond(struct dns_face *face, const struct dns_asker *asker, struct bytes in,
                 const struct view *view);

#endif
