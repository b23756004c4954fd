/* traffic/config_entry_text.h -- what stands in an entry, as Consul's sentences name it. */
#ifndef TRAFFIC_CONFIG_ENTRY_TEXT_H
#define TRAFFIC_CONFIG_ENTRY_TEXT_H

#include "base/arena.h"

/* TEXT as Go's %q, cut after 90 bytes; in ARENA. */
const char *config_entry_quoted(struct bytes text, struct arena *arena);
/* TEXT with its ASCII letters in lower case, in ARENA. */
struct bytes config_entry_lower(struct bytes text, struct arena *arena);
/* NS as Go writes a duration, in ARENA. */
const char *config_entry_duration(int64_t ns, struct arena *arena);

#endif
