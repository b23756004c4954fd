/* Alarms as rows, and this thread's copy of them. */
#include "faces/etcd/alarm.h"

#include <inttypes.h>

#include "base/text.h"
#include "hub/gate.h"
#include "store/range.h"

static const char *const names[ALARM_KINDS] = { "NONE", "NOSPACE", "CORRUPT" };
static const char prefix[] = "etcd/alarm/";

const char *alarm_name(enum alarm_kind kind)
{
    return names[kind];
}

struct bytes alarm_key(struct arena *arena, struct alarm_row row)
{
    return bytes_str(
        arena_printf(arena, "%s%016" PRIx64 "/%d", prefix, row.member_id, (int)row.kind));
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool alarm_key_parse(struct bytes key, struct alarm_row *ret)
{
    enum { PREFIX = sizeof prefix - 1, DIGITS = 16, WHOLE = PREFIX + DIGITS + 2 };
    if (key.n != WHOLE || !bytes_starts(key, bytes_str(prefix)) || key.p[WHOLE - 2] != '/')
        return false;
    uint64_t id = 0;
    for (size_t i = PREFIX; i < PREFIX + DIGITS; i++) {
        int digit = hex_digit(key.p[i]);
        if (digit < 0)
            return false;
        id = id << 4 | (uint64_t)digit;
    }
    int kind = key.p[WHOLE - 1] - '0';
    if (kind <= ALARM_NONE || kind >= ALARM_KINDS)
        return false;
    *ret = (struct alarm_row){ .member_id = id, .kind = (enum alarm_kind)kind };
    return true;
}

size_t alarms_read(const struct view *view, struct arena *arena, struct alarm_row *into)
{
    const struct range_query query = {
        .space = SPACE_SYSTEM,
        .key = bytes_str(prefix),
        .end = bytes_str("etcd/alarm0"), /* the next after the slash */
        .limit = ALARMS_MAX,
        .keys_only = true,
    };
    struct range_result found;
    if (range_read(view, &query, arena, &found) != OK)
        return 0; /* the newest revision is neither compacted nor in the future */
    size_t n = 0;
    for (size_t i = 0; i < found.kv_n; i++)
        if (alarm_key_parse(found.kvs[i].key, &into[n]))
            n++;
    return n;
}

static void summarise(struct etcd_alarms *a)
{
    for (size_t i = 0; i < ALARM_KINDS; i++)
        a->is_set[i] = false;
    for (size_t i = 0; i < a->n; i++)
        a->is_set[a->rows[i].kind] = true;
}

static void load(struct etcd_alarms *a, const struct view *view)
{
    arena_clear(&a->arena);
    a->n = alarms_read(view, &a->arena, a->rows);
    summarise(a);
}

void alarms_note(struct etcd_alarms *a, struct alarm_row row, bool is_set)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++)
        if (a->rows[i].member_id != row.member_id || a->rows[i].kind != row.kind)
            a->rows[kept++] = a->rows[i];
    if (is_set && kept < ALARMS_MAX)
        a->rows[kept++] = row;
    a->n = kept;
    summarise(a);
}

static void changed(struct hub_listener *l, unsigned spaces, const struct view *view)
{
    if (spaces & BIT(SPACE_SYSTEM))
        load(CONTAINER_OF(l, struct etcd_alarms, listener), view);
}

static void load_first(struct hub_read *r, enum err err, const struct view *view)
{
    if (err == OK)
        load(CONTAINER_OF(r, struct etcd_alarms, first), view);
}

void alarms_init(struct etcd_alarms *a, struct hub *hub)
{
    *a = (struct etcd_alarms){ .hub = hub };
    arena_init(&a->arena, 0);
    a->listener.changed = changed;
    hub_listen(hub, &a->listener);
    a->first = (struct hub_read){ .granted = granted_self(), .ready = load_first };
    hub_read(hub, &a->first);
}

void alarms_fini(struct etcd_alarms *a)
{
    hub_read_cancel(a->hub, &a->first);
    hub_unlisten(a->hub, &a->listener);
    arena_fini(&a->arena);
}
