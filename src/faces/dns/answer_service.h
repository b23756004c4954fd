/* faces/dns/answer_service.h -- the inside of answers: names of services. */
#ifndef FACES_DNS_ANSWER_SERVICE_H
#define FACES_DNS_ANSWER_SERVICE_H

#include "faces/dns/lookup.h"

void lookup_service(struct lookup *l, const struct dns_asked *asked, uint16_t type);
void lookup_mesh(struct lookup *l, const struct dns_asked *asked, uint16_t type);
void lookup_ingress(struct lookup *l, const struct dns_asked *asked, uint16_t type);
void lookup_virtual(struct lookup *l, const struct dns_asked *asked, uint16_t type);
void lookup_prepared(struct lookup *l, const struct dns_asked *asked, uint16_t type);

#endif
