/* server/dns_options.h -- the DNS face's settings out of the options. */
#ifndef SERVER_DNS_OPTIONS_H
#define SERVER_DNS_OPTIONS_H

#include "faces/dns/config.h"
#include "server/config.h"
#include "server/self.h"

/* Lends from both, and from ARENA. */
struct dns_settings dns_options_settings(const struct config *config, const struct self *self,
                                         struct arena *arena);
/* ERR_INVALID if a recursor of DNS is an address that CONFIG listens on: it would ask itself. */
MUST_CHECK enum err dns_options_check(const struct config *config, const struct dns_config *dns,
                                      struct why *why);

#endif
