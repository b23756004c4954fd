/* traffic/config_entry_tables.h -- the shapes of entries by kind, for entry.c. */
#ifndef TRAFFIC_CONFIG_ENTRY_TABLES_H
#define TRAFFIC_CONFIG_ENTRY_TABLES_H

#include "traffic/config_entry.h"

/* Of what a kind has beside Kind, Name and Meta; NULL if it is not interpreted. The offsets are
 * those in the kind's member of struct config_entry. */
extern const struct shape *const config_entry_shapes[ENTRY_KIND_N];

#endif
