/* catalog/service.h -- a service as such: what was said of it, and where it stands.
 *
 * The definition is a row of CATALOG: only services that somebody described have one. The state is
 * a row beside the spaces, written with every change of the service: its revision is what the
 * service's watchers, waiting queries and caches hang on. */
#ifndef CATALOG_SERVICE_H
#define CATALOG_SERVICE_H

#include "catalog/identity.h"
#include "catalog/label.h"

enum {
    SERVICE_FORMAT = 1,
    SERVICE_STATE_FORMAT = 1,
    SERVICE_MAX = 128 * 1024,
    SERVICE_EXTRAS_MAX = 64 * 1024,
    THRESHOLD_ONE = 10000 /* protect thresholds are parts of this */
};

struct service {                /* text is lent */
    uint32_t protect_threshold; /* 0 to THRESHOLD_ONE */
    bool keep_empty;            /* stays when nothing is published in it */
    bool ephemeral;             /* the kind of its instances, if it was made as such */
    struct labels metadata;
    struct bytes extras; /* selector and the like, in their face's own form */
};

struct service_state {
    uint64_t revision;     /* of the last change of anything that is shown of it */
    uint64_t last_removal; /* of a publication; 0 = never */
    uint64_t publication_n;
    struct bytes group, name; /* as first given */
};

void service_write(const struct service *s, struct buf *out);
/* ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err service_read(struct bytes bytes, struct arena *arena, struct service *ret);

void service_state_write(const struct service_state *s, struct buf *out);
MUST_CHECK enum err service_state_read(struct bytes bytes, struct service_state *ret);

#endif
