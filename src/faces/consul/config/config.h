/* faces/consul/config/config.h -- what ?filter may name in a list of service-defaults. */
#ifndef FACES_CONSUL_CONFIG_CONFIG_H
#define FACES_CONSUL_CONFIG_CONFIG_H

#include "traffic/config_entry.h"
#include "wire/filter.h"

/* As filter_parse and filter_check. */
MUST_CHECK enum err consul_defaults_plan(struct bytes filter, struct arena *arena,
                                         const struct filter_plan **ret, struct why *why);
/* ENTRY NULL matches nothing. */
MUST_CHECK enum err consul_defaults_match(const struct filter_plan *plan,
                                          const struct config_entry *entry, bool *ret,
                                          struct why *why);

/* For maps of texts in any schema: what stands under KEY, and whether there is anything. */
bool consul_pairs_find(const void *map, struct bytes key, struct filter_value *ret);
bool consul_pairs_are_empty(const void *map);

#endif
