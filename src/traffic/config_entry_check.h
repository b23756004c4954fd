/* traffic/config_entry_check.h -- what entries may say, kind by kind.
 *
 * Each check gives ERR_INVALID with Consul's sentence. */
#ifndef TRAFFIC_CONFIG_ENTRY_CHECK_H
#define TRAFFIC_CONFIG_ENTRY_CHECK_H

#include "traffic/config_entry.h"

/* Fills in what Consul fills in: the only name of its kind, lower case, splits' weights to two
 * places, precedences. Then what it may say: ERR_INVALID with Consul's sentence. */
MUST_CHECK enum err config_entry_check(struct config_entry *entry, struct arena *arena,
                                       struct why *why);
/* What only the old way to write intentions may say is forgotten, or refused as above. */
MUST_CHECK enum err config_entry_drop_legacy(struct config_entry *entry, struct why *why);

/* The part of a kind, each in a file of its own. */
enum err config_entry_check_router(const struct config_entry *entry, struct arena *arena,
                                   struct why *why);
enum err config_entry_check_resolver(const struct config_entry *entry, struct arena *arena,
                                     struct why *why);
/* Fills in the listeners' protocols. */
enum err config_entry_check_ingress(struct config_entry *entry, struct arena *arena,
                                    struct why *why);
enum err config_entry_check_terminating(const struct config_entry *entry, struct arena *arena,
                                        struct why *why);
/* Fills in types, precedences and the order that follows from them. */
enum err config_entry_check_intentions(struct config_entry *entry, struct arena *arena,
                                       struct why *why);

#endif
