/* Counts rows of the tables `head`, `change`, `piece` and `lease_key`, whose names and keys are
 * those of docs/formats.md: a change for every event from the compacted revision on and for the
 * version that stood there; a head for every key that has such a change; a mark for every beginning
 * of 490 bytes, 980, and so on, that longer keys share; no piece without its change; no page of
 * overflow. */
#include "test/unit/store/differential/leftover.h"

#include <stdio.h>

#include "test/unit/store/model/model_state.h"
#include "test/unit/store/rows.h"

enum { LAYER = 490, LEASE_PREFIX = 9, PLACE = 12, NAME = 16 };

struct leftover {
    struct report *report;
    const struct model *m;
    struct arena arena;
    struct rows_row *rows;
    size_t row_n;
};

static size_t count_rows(const struct leftover *l, const char *table)
{
    size_t n = 0;
    for (size_t i = 0; i < l->row_n; i++)
        n += strcmp(l->rows[i].table, table) == 0;
    return n;
}

/* -- what should be there ---------------------------------------------------------------------- */

/* The newest event of KEY at or below REVISION, a delete as well. */
static const struct model_event *newest_event(const struct model_key *key, uint64_t revision)
{
    const struct model_event *newest = NULL;
    for (size_t i = 0; i < key->event_n; i++)
        if (key->events[i]->mod <= revision)
            newest = key->events[i];
    return newest;
}

static size_t changes_of(const struct model_key *key, uint64_t compacted)
{
    size_t n = 0;
    for (size_t i = 0; i < key->event_n; i++)
        n += key->events[i]->mod >= compacted;
    const struct model_event *stood = newest_event(key, compacted);
    return n + (stood != NULL && stood->mod < compacted && !stood->is_delete);
}

/* Beginnings of whole layers that KEY, long PREFIX before it, does not share with one of the N keys
 * before it in order. */
static size_t new_marks(const struct bytes *keys, size_t n, size_t prefix)
{
    struct bytes key = keys[n];
    size_t marks = 0;
    for (size_t end = LAYER - prefix; end < key.n; end += LAYER) {
        bool is_new = true;
        for (size_t i = 0; i < n; i++)
            if (keys[i].n > end && memcmp(keys[i].p, key.p, end) == 0)
                is_new = false;
        marks += is_new;
    }
    return marks;
}

static bool space_left(struct leftover *l, unsigned s)
{
    const struct model_space *space = &l->m->spaces[s];
    struct bytes *keys = arena_zalloc(&l->arena, space->key_n + 1, sizeof *keys);
    size_t changes = 0, heads = 0, key_n = 0;
    char name[NAME];
    for (size_t i = 0; i < space->key_n; i++) {
        size_t n = changes_of(&space->keys[i], space->compacted);
        changes += n;
        if (n == 0)
            continue;
        keys[key_n++] = space->keys[i].key;
        heads += 1 + new_marks(keys, key_n - 1, 0);
    }
    report_at(l->report, "rows left in space %u", s);
    snprintf(name, sizeof name, "change%u", s);
    if (!report_same_u64(l->report, "changes", changes, count_rows(l, name)))
        return false;
    snprintf(name, sizeof name, "head%u", s);
    return report_same_u64(l->report, "heads and marks", heads, count_rows(l, name));
}

static bool lease_keys_left(struct leftover *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->m->lease_n; i++)
        for (unsigned s = 0; s < MODEL_SPACES; s++) {
            struct bytes *keys;
            size_t key_n = model_lease_keys(l->m, l->m->leases[i].grant.id, s, &l->arena, &keys);
            for (size_t k = 0; k < key_n; k++)
                n += 1 + new_marks(keys, k, LEASE_PREFIX);
        }
    report_at(l->report, "rows left");
    return report_same_u64(l->report, "lease keys and marks", n, count_rows(l, "lease_key")) &&
           report_same_u64(l->report, "leases", l->m->lease_n, count_rows(l, "lease"));
}

/* -- pieces ------------------------------------------------------------------------------------ */

static bool has_change(const struct leftover *l, const char *table, struct bytes place)
{
    for (size_t i = 0; i < l->row_n; i++)
        if (strcmp(l->rows[i].table, table) == 0 && bytes_eq(l->rows[i].key, place))
            return true;
    return false;
}

static bool pieces_have_changes(struct leftover *l)
{
    char name[NAME];
    for (size_t i = 0; i < l->row_n; i++) {
        const struct rows_row *row = &l->rows[i];
        if (strncmp(row->table, "piece", 5) != 0)
            continue;
        snprintf(name, sizeof name, "change%s", row->table + 5);
        if (!has_change(l, name, bytes_of(row->key.p, PLACE)))
            return report_differs(l->report, "a row of %s belongs to no change", row->table);
    }
    return true;
}

bool leftover_agrees(struct report *r, const struct model *m, const char *dir)
{
    struct leftover l = { .report = r, .m = m };
    bool agrees = true;
    arena_init(&l.arena, 0);
    rows_load(dir, &l.arena, &l.rows, &l.row_n);
    for (unsigned s = 0; s < MODEL_SPACES && agrees; s++)
        agrees = space_left(&l, s);
    agrees = agrees && lease_keys_left(&l) && pieces_have_changes(&l) &&
             report_same_u64(r, "overflow pages", 0, rows_overflow_pages(dir));
    arena_fini(&l.arena);
    return agrees;
}
