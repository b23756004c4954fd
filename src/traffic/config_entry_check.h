/* traffic/config_entry_check.h -- what entries may say, kind by kind, and how it is said.
 *
 * Each check gives ERR_INVALID with Consul's sentence. */
#ifndef TRAFFIC_CONFIG_ENTRY_CHECK_H
#define TRAFFIC_CONFIG_ENTRY_CHECK_H

#include "traffic/config_entry.h"

/* TEXT as Go's %q, in ARENA. */
const char *config_entry_quoted(struct bytes text, struct arena *arena);
/* NS as Go writes a duration, in ARENA. */
const char *config_entry_duration(int64_t ns, struct arena *arena);
/* How many of the ways to compare a header are given. */
unsigned config_entry_header_ways(const struct entry_header_match *header);
bool config_entry_is_method(struct bytes method);

enum err config_entry_check_router(const struct config_entry *entry, struct arena *arena,
                                   struct why *why);
enum err config_entry_check_resolver(const struct config_entry *entry, struct arena *arena,
                                     struct why *why);
/* Fills in types, precedences and the order that follows from them. */
enum err config_entry_check_intentions(struct config_entry *entry, struct arena *arena,
                                       struct why *why);

#endif
