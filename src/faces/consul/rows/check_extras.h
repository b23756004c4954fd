/* faces/consul/rows/check_extras.h -- what a check's row has as extras: a definition that is run
 * (health/check.h), or one that was registered in the catalog for others to run and is only shown.
 */
#ifndef FACES_CONSUL_ROWS_CHECK_EXTRAS_H
#define FACES_CONSUL_ROWS_CHECK_EXTRAS_H

#include "health/check.h"

enum { CHECK_SHOWN_FORMAT = 0xc0 /* none of health/check.h's formats */ };

struct check_extras { /* text is lent */
    bool is_run;
    struct check_definition run;
    /* of one that is only shown; empty: not given */
    struct bytes interval, timeout; /* as texts */
    struct bytes definition;        /* JSON */
};

void check_extras_write(const struct check_extras *x, struct buf *out);
/* Lends from BYTES and the arena; without bytes nothing is run or shown. Errors as of
 * check_definition_read. */
MUST_CHECK enum err check_extras_read(struct bytes bytes, struct arena *arena,
                                      struct check_extras *ret);

#endif
