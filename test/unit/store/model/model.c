/* The model's state: keys, their events, leases, and the one place where an event is made. */
#include "test/unit/store/model/model.h"
#include "test/unit/store/model/model_state.h"

#include "base/mem.h"

enum { EVENT_BYTES = sizeof(const struct model_event *) /* lists of events hold pointers */ };

/* Room for one more in an array of things of SIZE bytes. */
static void *grow(void *array, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return array;
    *room = *room == 0 ? 8 : *room * 2;
    return mem_realloc(array, *room * size);
}

static void *copy_array(const void *array, size_t n, size_t *ret_room, size_t size)
{
    *ret_room = n;
    if (n == 0)
        return NULL;
    void *copy = mem_alloc(n * size);
    memcpy(copy, array, n * size);
    return copy;
}

struct model *model_new(void)
{
    struct model *m = mem_zalloc(1, sizeof *m);
    m->memory = mem_alloc(sizeof *m->memory);
    arena_init(m->memory, 0);
    m->revision = 1;
    return m;
}

static void copy_space(struct model_space *to, const struct model_space *from)
{
    *to = *from;
    to->keys = copy_array(from->keys, from->key_n, &to->key_room, sizeof *to->keys);
    to->events = copy_array(from->events, from->event_n, &to->event_room, EVENT_BYTES);
    for (size_t i = 0; i < to->key_n; i++) {
        struct model_key *k = &to->keys[i];
        k->events = copy_array(k->events, k->event_n, &k->event_room, EVENT_BYTES);
    }
}

struct model *model_clone(const struct model *m)
{
    struct model *clone = mem_alloc(sizeof *clone);
    *clone = *m;
    clone->is_clone = true;
    clone->leases = copy_array(m->leases, m->lease_n, &clone->lease_room, sizeof *m->leases);
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        copy_space(&clone->spaces[s], &m->spaces[s]);
    return clone;
}

void model_free(struct model *m)
{
    if (m == NULL)
        return;
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        struct model_space *space = &m->spaces[s];
        for (size_t i = 0; i < space->key_n; i++)
            mem_free(space->keys[i].events);
        mem_free(space->keys);
        mem_free(space->events);
    }
    mem_free(m->leases);
    if (!m->is_clone) {
        arena_fini(m->memory);
        mem_free(m->memory);
    }
    mem_free(m);
}

void model_entry(struct model *m, uint64_t index, uint64_t term, uint64_t wall_ms, uint64_t age_ms)
{
    m->index = index;
    m->term = term;
    m->wall_ms = wall_ms;
    m->age_ms = age_ms;
}

uint64_t model_newest(const struct model *m, unsigned space)
{
    return space == MODEL_SYSTEM ? m->system_revision : m->revision;
}

/* -- keys and events -------------------------------------------------------------------------- */

static size_t key_place(const struct model_space *space, struct bytes key)
{
    size_t at = 0;
    while (at < space->key_n && bytes_cmp(space->keys[at].key, key) < 0)
        at++;
    return at;
}

static struct model_key *key_make(struct model_space *space, struct bytes key)
{
    size_t at = key_place(space, key);
    if (at < space->key_n && bytes_eq(space->keys[at].key, key))
        return &space->keys[at];
    space->keys = grow(space->keys, space->key_n, &space->key_room, sizeof *space->keys);
    memmove(&space->keys[at + 1], &space->keys[at], (space->key_n - at) * sizeof *space->keys);
    space->key_n++;
    space->keys[at] = (struct model_key){ .key = key };
    return &space->keys[at];
}

const struct model_event *model_key_at(const struct model_key *key, uint64_t revision)
{
    for (size_t i = key->event_n; i > 0; i--)
        if (key->events[i - 1]->mod <= revision)
            return key->events[i - 1]->is_delete ? NULL : key->events[i - 1];
    return NULL;
}

const struct model_key *model_key(const struct model *m, unsigned space, struct bytes key)
{
    const struct model_space *s = &m->spaces[space];
    size_t at = key_place(s, key);
    return at < s->key_n && bytes_eq(s->keys[at].key, key) ? &s->keys[at] : NULL;
}

const struct model_event *model_get(const struct model *m, unsigned space, struct bytes key,
                                    uint64_t revision)
{
    const struct model_key *k = model_key(m, space, key);
    return k == NULL ? NULL : model_key_at(k, revision == 0 ? UINT64_MAX : revision);
}

/* Counts what a change does to the key sets of the lease before and the lease after. */
static void count_attachment(struct model *m, int64_t before, int64_t after)
{
    if (before == after)
        return;
    struct model_lease *lost = model_lease(m, before);
    struct model_lease *won = model_lease(m, after);
    if (lost != NULL)
        lost->key_set_version++;
    if (won != NULL)
        won->key_set_version++;
}

void model_happen(struct model *m, const struct model_event *event)
{
    struct model_event *e = arena_alloc(m->memory, sizeof *e);
    *e = *event;
    const struct model_event *prev = model_get(m, e->space, e->key, 0);
    e->origin = m->origin;
    e->prev_mod = prev == NULL ? 0 : prev->mod;
    e->create = prev == NULL ? e->mod : prev->create;
    e->version = prev == NULL ? 1 : prev->version + 1;
    count_attachment(m, prev == NULL ? 0 : prev->lease, e->is_delete ? 0 : e->lease);

    struct model_space *space = &m->spaces[e->space];
    struct model_key *key = key_make(space, e->key);
    key->events = grow(key->events, key->event_n, &key->event_room, EVENT_BYTES);
    key->events[key->event_n++] = e;
    space->events = grow(space->events, space->event_n, &space->event_room, EVENT_BYTES);
    space->events[space->event_n++] = e;
}

void model_unhappen(struct model *m)
{
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        struct model_space *space = &m->spaces[s];
        uint64_t newest = model_newest(m, s);
        while (space->event_n > 0 && space->events[space->event_n - 1]->mod > newest)
            space->event_n--;
        for (size_t i = 0; i < space->key_n; i++) {
            struct model_key *key = &space->keys[i];
            while (key->event_n > 0 && key->events[key->event_n - 1]->mod > newest)
                key->event_n--;
        }
    }
}

uint64_t model_living(const struct model *m, unsigned space)
{
    uint64_t n = 0;
    for (size_t i = 0; i < m->spaces[space].key_n; i++)
        n += model_key_at(&m->spaces[space].keys[i], UINT64_MAX) != NULL;
    return n;
}

/* -- leases ----------------------------------------------------------------------------------- */

struct model_lease *model_lease(const struct model *m, int64_t id)
{
    for (size_t i = 0; i < m->lease_n; i++)
        if (m->leases[i].grant.id == id)
            return &m->leases[i];
    return NULL;
}

void model_lease_add(struct model *m, const struct model_lease *lease)
{
    m->leases = grow(m->leases, m->lease_n, &m->lease_room, sizeof *m->leases);
    size_t at = m->lease_n++;
    for (; at > 0 && m->leases[at - 1].grant.id > lease->grant.id; at--)
        m->leases[at] = m->leases[at - 1];
    m->leases[at] = *lease;
}

void model_lease_drop(struct model *m, int64_t id)
{
    struct model_lease *lease = model_lease(m, id);
    size_t at = (size_t)(lease - m->leases);
    memmove(lease, lease + 1, (m->lease_n - at - 1) * sizeof *lease);
    m->lease_n--;
}

size_t model_lease_keys(const struct model *m, int64_t id, unsigned space, struct arena *arena,
                        struct bytes **ret)
{
    const struct model_space *s = &m->spaces[space];
    struct bytes *keys = arena_zalloc(arena, s->key_n + 1, sizeof *keys);
    size_t n = 0;
    for (size_t i = 0; i < s->key_n; i++) {
        const struct model_event *e = model_key_at(&s->keys[i], UINT64_MAX);
        if (e != NULL && e->lease == id)
            keys[n++] = e->key;
    }
    *ret = keys;
    return n;
}
