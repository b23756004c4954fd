/* faces/consul/rows/proxies.h -- where the proxies of the mesh are registered: a proxy may be an
 * instance of a service of any name, and says itself whom it stands in front of. */
#ifndef FACES_CONSUL_ROWS_PROXIES_H
#define FACES_CONSUL_ROWS_PROXIES_H

#include "base/arena.h"
#include "store/view.h"

struct consul_proxies { /* that a service has among its instances */
    struct bytes of;    /* whom they stand in front of, as they say it */
    struct bytes in;    /* the service, in one word, as it is shown */
};

struct consul_proxy_list {
    struct consul_proxies *all; /* each pair once, in the order of the services' keys */
    size_t n;
};

/* All there are, in the arena: every publication is looked at. ERR_DAMAGED, ERR_VERSION; so
 * below. */
MUST_CHECK enum err consul_proxies_read(const struct view *view, struct arena *arena,
                                        struct consul_proxy_list *ret);
/* True if one of them stands in front of SERVICE. */
bool consul_proxies_have(const struct consul_proxy_list *list, struct bytes service);
/* The services that have proxies of SERVICE among their instances, in the arena. Nothing is looked
 * at for a service that has no virtual address: its first proxy would have given it one. */
MUST_CHECK enum err consul_proxies_of(const struct view *view, struct bytes service,
                                      struct arena *arena, struct bytes **ret, size_t *ret_n);

#endif
