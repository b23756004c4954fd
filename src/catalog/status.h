/* catalog/status.h -- how an instance is, in words that all faces share. */
#ifndef CATALOG_STATUS_H
#define CATALOG_STATUS_H

#include "base/rd.h"

/* From best to worst. The numbers are stored. */
enum status {
    STATUS_UP,
    STATUS_SUSPECT,  /* late, or warned of: still to be used */
    STATUS_STARTING, /* not yet to be used */
    STATUS_DOWN,
    STATUS_OUT_OF_SERVICE, /* well, and taken out on purpose */
    STATUS_UNKNOWN,        /* its owner says that it does not know */
    STATUSES
};

static inline enum status rd_status(struct rd *r)
{
    uint8_t status = rd_u8(r);
    if (status >= STATUSES)
        rd_fail(r, ERR_MALFORMED);
    return status < STATUSES ? (enum status)status : STATUS_UNKNOWN;
}

#endif
