/* faces/dns/source.h -- what answers are made from. */
#ifndef FACES_DNS_SOURCE_H
#define FACES_DNS_SOURCE_H

#include "faces/dns/config.h"
#include "hub/gate.h"
#include "store/view.h"

struct hub;

struct dns_source {
    const struct dns_config *config;
    const struct view *view;
    struct ip asker; /* or the subnet that a resolver asks for; N 0: nobody knows */
    uint32_t serial; /* of the zone: seconds since 1970 */
    /* What who asks may see; NULL: everything. */
    struct access_reader *reader;
    /* Who may see what with another token; NULL: there is none but READER. */
    struct hub *hub;
};

#endif
