/* catalog/kinds.h -- the registry as the store knows it: its commands, and what follows when the
 * kernel's own commands touch its rows. */
#ifndef CATALOG_KINDS_H
#define CATALOG_KINDS_H

#include "store/options.h"

/* For store_options; their context is NULL. */
const struct command_kind_row *catalog_kinds(size_t *ret_n);
const struct store_hooks *catalog_hooks(void);

#endif
