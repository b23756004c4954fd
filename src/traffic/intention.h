/* traffic/intention.h -- who may speak with whom: what service-intentions decide. */
#ifndef TRAFFIC_INTENTION_H
#define TRAFFIC_INTENTION_H

#include "traffic/config_entry.h"

/* Of exact names before wildcards, the destination's before the source's: 9, 8, 6, 5. */
int intention_precedence(struct bytes source, struct bytes destination);
/* Highest precedence first; those of one stay in their order. */
void intention_sort(struct entry_source *all, size_t n);
/* Each text in upper case, in ARENA. */
void intention_upper(struct json_texts *texts, struct arena *arena);

/* An intention: a source of an entry, and the destination that the entry is about. */
struct intention {
    struct bytes destination;
    const struct entry_source *source;
    uint64_t create, modify; /* of the entry */
};

struct intentions {
    struct intention *all; /* highest precedence first, then by destination and source */
    size_t n;
};

enum intention_side { INTENTION_BY_SOURCE, INTENTION_BY_DESTINATION };

/* True if NAME stands on that side of it, or a wildcard does. */
bool intention_matches(const struct intention *one, enum intention_side side, struct bytes name);
void intentions_sort(struct intentions *all);

enum intention_verdict { INTENTION_NONE, INTENTION_ALLOW, INTENTION_DENY, INTENTION_BY_REQUEST };

/* What the first of ALL says that is about both; BY_REQUEST: it has permissions. */
enum intention_verdict intentions_decide(const struct intentions *all, struct bytes source,
                                         struct bytes destination, const struct intention **ret);

#endif
