/* catalog/overlay.h -- what an operator decided about an address of a service.
 *
 * Laid over whatever is published there, and kept when nothing is. Only what HAS names is decided;
 * the rest stays with the owner. */
#ifndef CATALOG_OVERLAY_H
#define CATALOG_OVERLAY_H

#include "catalog/label.h"
#include "catalog/status.h"

enum { OVERLAY_FORMAT = 1, OVERLAY_MAX = 128 * 1024, OVERLAY_WHY_MAX = 1024 };

enum overlay_field { /* bits of HAS; stored */
                     OVERLAY_ENABLED = 1,
                     OVERLAY_WEIGHT = 2,
                     OVERLAY_STATUS = 4,
                     OVERLAY_METADATA = 8, /* these keys; the owner's others stay */
                     OVERLAY_FIELDS = 15
};

struct overlay { /* text is lent */
    unsigned has;
    bool enabled;
    uint32_t weight; /* hundredths */
    enum status status;
    struct labels metadata;
    struct bytes who, why;
};

void overlay_write(const struct overlay *o, struct buf *out);
/* ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED (also for one that decides nothing, and for a value of
 * a field that it does not have), ERR_TOO_BIG. */
MUST_CHECK enum err overlay_read(struct bytes bytes, struct arena *arena, struct overlay *ret);

#endif
