/* catalog/prepared_check.h -- what prepared queries may say. */
#ifndef CATALOG_PREPARED_CHECK_H
#define CATALOG_PREPARED_CHECK_H

#include "catalog/prepared.h"

/* What it may say: ERR_INVALID with Consul's sentence. */
MUST_CHECK enum err prepared_check(const struct prepared *p, struct arena *arena, struct why *why);

#endif
