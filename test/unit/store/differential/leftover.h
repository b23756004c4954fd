/* differential/leftover.h -- what a store's file holds when everything has been swept: exactly the
 * rows that can still be read. */
#ifndef DIFFERENTIAL_LEFTOVER_H
#define DIFFERENTIAL_LEFTOVER_H

#include "test/unit/store/differential/report.h"
#include "test/unit/store/model/model.h"

/* The store in DIR is closed, and swept to the end. */
bool leftover_agrees(struct report *r, const struct model *m, const char *dir);

#endif
