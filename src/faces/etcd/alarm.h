/* faces/etcd/alarm.h -- alarms: rows of SYSTEM, so that all members have them and restarts keep
 * them; each io thread holds a copy. */
#ifndef FACES_ETCD_ALARM_H
#define FACES_ETCD_ALARM_H

#include "base/arena.h"
#include "hub/hub.h"

enum alarm_kind { ALARM_NONE, ALARM_NOSPACE, ALARM_CORRUPT, ALARM_KINDS };

enum { ALARMS_MAX = 64 };

struct alarm_row {
    uint64_t member_id;
    enum alarm_kind kind;
};

struct etcd_alarms {
    struct hub_listener listener;
    struct hub_read first; /* what stands at start */
    struct arena arena;
    struct hub *hub;
    struct alarm_row rows[ALARMS_MAX];
    size_t n;
    bool is_set[ALARM_KINDS]; /* on any member */
};

void alarms_init(struct etcd_alarms *a, struct hub *hub);
void alarms_fini(struct etcd_alarms *a);
/* ROW has been set or cleared by a command of ours: known here before the rows are read again. */
void alarms_note(struct etcd_alarms *a, struct alarm_row row, bool is_set);
const char *alarm_name(enum alarm_kind kind);
/* "etcd/alarm/<member in hex>/<kind>". */
struct bytes alarm_key(struct arena *arena, struct alarm_row row);
bool alarm_key_parse(struct bytes key, struct alarm_row *ret);
/* The rows as they stand in VIEW, sorted by key; at most ALARMS_MAX. */
size_t alarms_read(const struct view *view, struct arena *arena, struct alarm_row *into);

#endif
