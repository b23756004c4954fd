/* catalog/user_event.h -- events that users fire: Consul's, of which the last are kept.
 *
 * Each is a row, numbered from 1 in the order in which they were fired; when there are more than
 * USER_EVENTS_MAX the oldest goes. */
#ifndef CATALOG_USER_EVENT_H
#define CATALOG_USER_EVENT_H

#include "base/rd.h"
#include "base/uuid.h"
#include "catalog/draft.h"

enum {
    USER_EVENT_FORMAT = 1,
    USER_EVENTS_MAX = 256,
    USER_EVENT_NAME_MAX = 256,
    USER_EVENT_PAYLOAD_MAX = 512,
    USER_EVENT_FILTER_MAX = 512
};

struct user_event { /* lent */
    struct uuid id;
    struct bytes name, payload;
    struct bytes node_filter, service_filter, tag_filter; /* regular expressions, or empty */
};

void user_event_put(const struct user_event *e, struct buf *out);
/* Fails R with ERR_MALFORMED, ERR_TOO_BIG. */
struct user_event user_event_take(struct rd *r);

/* Keeps E as the newest of namespace NS. Fails only if the store does. */
MUST_CHECK enum err user_event_plan(struct draft *d, struct bytes ns, const struct user_event *e);

struct user_event_entry {
    uint64_t number;
    struct user_event event;
};

struct user_events {
    struct user_event_entry *all; /* oldest first */
    size_t n;
};

/* Lends from the view, lies in the arena. ERR_DAMAGED, ERR_VERSION. */
MUST_CHECK enum err user_events_read(const struct view *view, struct bytes ns, struct arena *arena,
                                     struct user_events *ret);

#endif
