/* traffic/central.h -- what a proxy is told by the entries of its service and of all proxies,
 * beside what it was registered with: merge-central-config. */
#ifndef TRAFFIC_CENTRAL_H
#define TRAFFIC_CENTRAL_H

#include "traffic/config_entry.h"

/* PROXY, which is JSON or empty, with what it does not say itself: from DEFAULTS, then from
 * PROXIES; each may be NULL. What entries say of single upstreams is not put in. In ARENA.
 * ERR_MALFORMED if PROXY is no object. */
MUST_CHECK enum err central_merge(struct bytes proxy, const struct entry_defaults *defaults,
                                  const struct entry_proxy *proxies, struct arena *arena,
                                  struct bytes *ret);

#endif
