/* One version of one key: revision, rows, lease, counters, event.
 *
 * LMDB's pages change under what was read from them, so everything that is still needed after the
 * first write of a version is copied before it. */
#include "store/apply.h"
#include "store/apply_context.h"
#include "store/txn_size.h"

enum err apply_head(struct apply *a, enum space space, struct bytes key, struct row *ret_head,
                    bool *ret_has_head)
{
    struct bytes bytes;
    struct layered map = head_map(&a->view, space);
    enum err e = layered_get(&map, key, &bytes);
    if (e == OK)
        e = head_row_read(bytes, ret_head);
    /* A tombstone that no read can see counts as gone, swept or not: replicas sweep at their own
     * pace. */
    if (e == OK && ret_head->deleted &&
        ret_head->place.revision < state_compacted(&a->view.state, space))
        e = ERR_NOT_FOUND;
    *ret_has_head = e == OK;
    return e == OK && ret_head->deleted ? ERR_NOT_FOUND : e;
}

enum err apply_copy_kv(struct apply *a, enum space space, struct bytes key, const struct row *row,
                       struct kv *ret)
{
    struct arena *arena = &a->effects->arena;
    struct kv kv = row_kv(space, arena_dup(arena, key), row);
    if (kv.value.n > 0) {
        uint8_t *p = arena_alloc(arena, kv.value.n);
        struct buf b = { .p = p, .room = kv.value.n, .max = kv.value.n };
        enum err e = value_append(&a->view, &kv.value, &b);
        if (e != OK)
            return e;
        kv.value = (struct value){ .p = p, .n = kv.value.n };
    }
    *ret = kv;
    return OK;
}

/* -- events ----------------------------------------------------------------------------------- */

static void drop_events(struct batch *b)
{
    b->left_out = ~0U;
    b->events = NULL;
    b->event_n = 0;
    arena_fini(&b->arena);
    b->bytes = sizeof *b;
}

static void note_event(struct apply *a, enum space space, struct bytes key, const struct row *row,
                       struct bytes value, uint64_t prev_mod)
{
    struct batch *b = a->batch;
    uint64_t max = a->store->options.batch_max_bytes;
    b->spaces |= BIT(space);
    /* From then on for the whole batch: who begins to watch meanwhile would get a part of it. */
    if ((atomic_load_explicit(&a->store->wanted, memory_order_relaxed) & BIT(space)) == 0)
        b->left_out |= BIT(space);
    if ((b->left_out & BIT(space)) != 0)
        return;
    size_t size = sizeof *b->events + key.n + value.n;
    if (b->bytes + size > (max == 0 ? (uint64_t)4 << 20 : max)) {
        drop_events(b);
        return;
    }
    if (b->event_n == a->event_room) {
        a->event_room = a->event_room == 0 ? 8 : a->event_room * 2;
        struct batch_event *events = arena_alloc(&b->arena, a->event_room * sizeof *events);
        if (b->event_n > 0)
            memcpy(events, b->events, b->event_n * sizeof *events);
        b->events = events;
    }
    struct row flat = *row;
    flat.value_in_pieces = false;
    flat.value = arena_dup(&b->arena, value);
    b->events[b->event_n++] = (struct batch_event){
        .space = space,
        .event = { .kind = row->deleted ? EVENT_DELETE : EVENT_PUT,
                   .sub = row->place.sub,
                   .kv = row_kv(space, arena_dup(&b->arena, key), &flat),
                   .prev_mod = prev_mod },
    };
    b->bytes += size;
}

/* -- versions --------------------------------------------------------------------------------- */

/* The place of the next change in SPACE; the first one takes the revision. */
static enum err next_place(struct apply *a, enum space space, struct place *ret)
{
    bool system = space == SPACE_SYSTEM;
    bool *wrote = system ? &a->wrote_system : &a->wrote;
    uint64_t *revision = system ? &a->view.state.system_revision : &a->view.state.revision;
    uint32_t *sub = system ? &a->system_sub : &a->sub;
    enum err e = OK;
    if (!*wrote) {
        *wrote = true;
        *sub = 0;
        ++*revision;
        e = apply_why(a, space, *revision);
    }
    *ret = (struct place){ .revision = *revision, .sub = (*sub)++ };
    a->last[space] = *revision;
    return e;
}

/* How much the file may have grown by. A page of HEAD is copied once in a transaction; it is seen
 * here at two addresses, before and after, which leaves room for a split. A new key may touch any
 * page. Then the change, the value, and the paths to the lease's rows, which lie together while the
 * lease is the same. */
static void note_growth(struct apply *a, const struct row *head, size_t key_n, size_t value_n,
                        int64_t lease)
{
    enum { PAGE = 4096, ROWS_BYTES = 256 };
    uintptr_t page = head == NULL ? 0 : (uintptr_t)head->value.p / PAGE;
    uint64_t more = ROWS_BYTES + 2 * key_n + 2 * value_n;
    if (page == 0)
        more += 2 * PAGE;
    else if (page != a->last_page)
        more += PAGE;
    if (lease != 0 && lease != a->last_lease)
        more += 4 * PAGE;
    a->last_page = page;
    a->last_lease = lease;
    a->grown_bytes += more;
}

static enum err write_version(struct apply *a, enum space space, struct bytes key,
                              const struct row *head, struct next_version *next)
{
    struct row row;
    uint64_t prev_mod = head != NULL && !head->deleted ? head->place.revision : 0;
    int64_t lease = next->deleted ? head->lease : next->lease;
    note_growth(a, head, key.n, next->value.n, lease);
    enum err e = next_place(a, space, &next->place);
    if (e == OK)
        e = apply_origin(a, &next->origin);
    next->next_layer = &a->view.state.next_layer;
    if (e == OK)
        e = version_write(&a->view, space, key, head, next, &row);
    if (e == OK)
        note_event(a, space, key, &row, next->value, prev_mod);
    return e;
}

enum err apply_put_key(struct apply *a, enum space space, struct bytes key, struct bytes value,
                       int64_t lease)
{
    struct row head;
    bool has_head;
    enum err e = apply_head(a, space, key, &head, &has_head);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    int64_t old_lease = e == OK ? head.lease : 0;
    if (e == ERR_NOT_FOUND)
        a->view.state.keys[space]++;
    a->others_touched |= old_lease != 0 || lease != 0;
    struct next_version next = { .value = value, .lease = lease };
    e = write_version(a, space, key, has_head ? &head : NULL, &next);
    if (e == OK && old_lease != 0 && old_lease != lease)
        e = lease_detach(&a->view, old_lease, space, key);
    if (e == OK && lease != 0 && old_lease != lease)
        e = lease_attach(&a->view, lease, space, key, &a->view.state.next_layer);
    return e;
}

enum err apply_remove_key(struct apply *a, enum space space, struct bytes key,
                          const struct row *head)
{
    struct next_version next = { .deleted = true };
    int64_t lease = head->lease;
    a->others_touched |= lease != 0;
    enum err e = write_version(a, space, key, head, &next);
    if (e == OK && lease != 0)
        e = lease_detach(&a->view, lease, space, key);
    a->view.state.keys[space]--;
    return e;
}

void apply_lease_change(struct apply *a, const struct lease_change *change)
{
    struct effects *e = a->effects;
    if (e->lease_change_n == a->lease_change_room) {
        a->lease_change_room = a->lease_change_room == 0 ? 4 : a->lease_change_room * 2;
        struct lease_change *changes =
            arena_alloc(&e->arena, a->lease_change_room * sizeof *changes);
        if (e->lease_change_n > 0)
            memcpy(changes, e->lease_changes, e->lease_change_n * sizeof *changes);
        e->lease_changes = changes;
    }
    e->lease_changes[e->lease_change_n++] = *change;
}

/* All results of an entry are held until the last of its askers has read them. The first
 * transaction that gives anything always has room. */
enum err apply_take_room(struct apply *a, uint64_t more)
{
    uint64_t bytes = a->result_bytes + more;
    if (a->result_bytes > 0 && bytes > ENTRY_RESULT_BYTES)
        return ERR_AGAIN;
    a->result_bytes = bytes;
    return OK;
}

/* -- for upper folders ------------------------------------------------------------------------ */

static struct apply *of_context(struct apply_context *c)
{
    return (struct apply *)c;
}

const struct view *apply_view(struct apply_context *c)
{
    return &of_context(c)->view;
}

const struct origin *apply_command_origin(const struct apply_context *c)
{
    return ((const struct apply *)c)->command.origin;
}

uint64_t apply_age_ms(const struct apply_context *c)
{
    return ((const struct apply *)c)->entry.time.age_ms;
}

uint64_t apply_wall_ms(const struct apply_context *c)
{
    return ((const struct apply *)c)->entry.time.wall_ms;
}

uint64_t apply_revision(const struct apply_context *c)
{
    return ((const struct apply *)c)->view.state.revision;
}

uint32_t apply_rules(const struct apply_context *c)
{
    return ((const struct apply *)c)->entry.rules;
}

void **apply_entry_memo(struct apply_context *c, struct arena **ret_arena)
{
    *ret_arena = &of_context(c)->entry_arena;
    return &of_context(c)->memo;
}

uint64_t apply_next_revision(const struct apply_context *c)
{
    const struct apply *a = (const struct apply *)c;
    return a->wrote ? a->view.state.revision : a->view.state.revision + 1;
}

uint64_t apply_last_revision(const struct apply_context *c, enum space space)
{
    return ((const struct apply *)c)->last[space];
}

struct arena *apply_result_arena(struct apply_context *c)
{
    return &of_context(c)->effects->arena;
}

enum err apply_take_results(struct apply_context *c, uint64_t bytes)
{
    return bytes > TXN_RESULT_BYTES ? ERR_TOO_BIG : apply_take_room(of_context(c), bytes);
}

void apply_give_result(struct apply_context *c, void *result)
{
    of_context(c)->result->upper = result;
}

enum err apply_put(struct apply_context *c, enum space space, struct bytes key, struct bytes value,
                   int64_t lease)
{
    of_context(c)->upper_rows++;
    of_context(c)->projected |= space == SPACE_ETCD;
    return apply_put_key(of_context(c), space, key, value, lease);
}

enum err apply_remove(struct apply_context *c, enum space space, struct bytes key)
{
    struct row head;
    bool has_head;
    of_context(c)->upper_rows++;
    enum err e = apply_head(of_context(c), space, key, &head, &has_head);
    return e != OK ? e : apply_remove_key(of_context(c), space, key, &head);
}

enum err apply_attach(struct apply_context *c, enum space space, struct bytes key, int64_t lease)
{
    struct apply *a = of_context(c);
    struct row head;
    bool has_head;
    uint8_t room[ROW_MAX];
    enum err e = apply_head(a, space, key, &head, &has_head);
    if (e != OK || head.lease == lease)
        return e;
    int64_t old = head.lease;
    struct layered map = head_map(&a->view, space);
    map.next_layer = &a->view.state.next_layer;
    note_growth(a, &head, key.n, 0, lease);
    a->others_touched = true;
    a->batch->spaces |= BIT(space);
    head.lease = lease;
    e = layered_put(&map, key, head_row_write(room, &head));
    if (e == OK && old != 0)
        e = lease_detach(&a->view, old, space, key);
    if (e == OK && lease != 0)
        e = lease_attach(&a->view, lease, space, key, &a->view.state.next_layer);
    return e;
}
