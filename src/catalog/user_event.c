/* The rows of events; docs/formats.md. */
#include "catalog/user_event.h"

#include "catalog/key.h"
#include "catalog/key_read.h"
#include "catalog/label.h"
#include "catalog/rows.h"

enum { KEY_MAX = 1024, ROW_BYTES_MAX = 8 * 1024 };

/* -- bytes ------------------------------------------------------------------------------------ */

void user_event_put(const struct user_event *e, struct buf *out)
{
    buf_put_bytes(out, uuid_bytes(&e->id));
    buf_put_run(out, e->name);
    buf_put_run(out, e->payload);
    buf_put_run(out, e->node_filter);
    buf_put_run(out, e->service_filter);
    buf_put_run(out, e->tag_filter);
}

struct user_event user_event_take(struct rd *r)
{
    struct user_event e = { .name = { 0 } };
    struct bytes id = rd_take(r, UUID_BYTES);
    if (r->err == OK)
        memcpy(e.id.b, id.p, UUID_BYTES);
    e.name = rd_text(r, USER_EVENT_NAME_MAX);
    e.payload = rd_run(r);
    e.node_filter = rd_text(r, USER_EVENT_FILTER_MAX);
    e.service_filter = rd_text(r, USER_EVENT_FILTER_MAX);
    e.tag_filter = rd_text(r, USER_EVENT_FILTER_MAX);
    if (e.payload.n > USER_EVENT_PAYLOAD_MAX)
        rd_fail(r, ERR_TOO_BIG);
    if (r->err == OK && e.name.n == 0)
        rd_fail(r, ERR_MALFORMED);
    return e;
}

static enum err read_row(struct bytes row, struct user_event *ret)
{
    struct rd r;
    rd_init(&r, row);
    uint8_t format = rd_u8(&r);
    if (r.err == OK && format != USER_EVENT_FORMAT)
        return ERR_VERSION;
    *ret = user_event_take(&r);
    return rd_end(&r);
}

/* -- rows ------------------------------------------------------------------------------------- */

static enum err all_rows(const struct draft *d, struct bytes ns, struct rows *ret)
{
    struct buf prefix;
    buf_init(&prefix, KEY_MAX);
    user_event_prefix(ns, &prefix);
    enum err e = rows_read(d, buf_bytes(&prefix), ret);
    buf_fini(&prefix);
    return e;
}

static void put_row(struct draft *d, struct bytes ns, uint64_t number, const struct user_event *e)
{
    struct buf key, row;
    buf_init(&key, KEY_MAX);
    buf_init(&row, ROW_BYTES_MAX);
    user_event_key(ns, number, &key);
    buf_put_u8(&row, USER_EVENT_FORMAT);
    user_event_put(e, &row);
    draft_put(d, SPACE_CATALOG, buf_bytes(&key), buf_bytes(&row), 0);
    buf_fini(&key);
    buf_fini(&row);
}

enum err user_event_plan(struct draft *d, struct bytes ns, const struct user_event *event)
{
    struct rows rows;
    uint64_t last = 0;
    enum err e = all_rows(d, ns, &rows);
    if (e == OK && rows.n > 0)
        e = rows_damage(user_event_key_number(rows.all[rows.n - 1].key, &last));
    if (e != OK)
        return e;
    for (size_t i = 0; i + USER_EVENTS_MAX <= rows.n; i++)
        draft_remove(d, SPACE_CATALOG, rows.all[i].key);
    put_row(d, ns, last + 1, event);
    return OK;
}

enum err user_events_read(const struct view *view, struct bytes ns, struct arena *arena,
                          struct user_events *ret)
{
    struct rows rows;
    struct user_events events = { 0 };
    enum err e = all_rows(draft_new(view, arena), ns, &rows);
    if (e != OK)
        return e;
    events.all = arena_zalloc(arena, rows.n, sizeof *events.all);
    for (; events.n < rows.n && e == OK; events.n++) {
        struct user_event_entry *entry = &events.all[events.n];
        e = rows_damage(user_event_key_number(rows.all[events.n].key, &entry->number));
        if (e == OK)
            e = rows_damage(read_row(rows.all[events.n].row.value, &entry->event));
    }
    if (e == OK)
        *ret = events;
    return e;
}
