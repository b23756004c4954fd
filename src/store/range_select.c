/* A heap of copies, the last in order on top, so that a better one takes its place.
 *
 * When an entry gives way for want of bytes, it or its place in the order is the bar from then on:
 * nothing behind it is kept, though a smaller one might fit, so that what is kept is a run of the
 * order without gaps. */
#include "store/range_select.h"

#include <assert.h>

#include "base/compiler.h"
#include "base/mem.h"

struct select_entry {
    struct kv kv; /* key and value lie behind */
    size_t bytes; /* of all of it */
    uint8_t copy[];
};

void range_select_init(struct range_select *s, const struct range_query *query, size_t bytes_max)
{
    *s = (struct range_select){ .target = query->target,
                                .descending = query->order == RANGE_DESCEND,
                                .most = query->limit > 0 ? (uint64_t)query->limit : UINT64_MAX,
                                .bytes_max = bytes_max };
}

static void drop_entries(struct range_select *s)
{
    for (size_t i = 0; i < s->n; i++)
        mem_free(s->entries[i]);
    s->n = s->unsorted = s->bytes = 0;
}

void range_select_fini(struct range_select *s)
{
    drop_entries(s);
    mem_free(s->entries);
    mem_free(s->last);
    mem_free(s->bar);
    *s = (struct range_select){ 0 };
}

/* -- order ------------------------------------------------------------------------------------ */

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_target(enum range_target target, const struct kv *a, const struct kv *b)
{
    switch (target) {
    case RANGE_VERSION:
        return by_number(a->version, b->version);
    case RANGE_CREATE:
        return by_number(a->create, b->create);
    case RANGE_MOD:
        return by_number(a->mod, b->mod);
    case RANGE_VALUE:
        return bytes_cmp(bytes_of(a->value.p, a->value.n), bytes_of(b->value.p, b->value.n));
    case RANGE_KEY:
        break;
    }
    return 0;
}

/* Above 0: A is given after B. What the target finds alike ascends by key in either direction, as
 * etcd's sort leaves a few. */
static int order(const struct range_select *s, const struct kv *a, const struct kv *b)
{
    int o = by_target(s->target, a, b);
    if (o != 0)
        return s->descending ? -o : o;
    return bytes_cmp(a->key, b->key);
}

/* -- the heap --------------------------------------------------------------------------------- */

static void swap(struct range_select *s, size_t a, size_t b)
{
    struct select_entry *e = s->entries[a];
    s->entries[a] = s->entries[b];
    s->entries[b] = e;
}

static bool is_after(const struct range_select *s, size_t a, size_t b)
{
    return order(s, &s->entries[a]->kv, &s->entries[b]->kv) > 0;
}

static void rise(struct range_select *s, size_t i)
{
    for (; i > 0 && is_after(s, i, (i - 1) / 2); i = (i - 1) / 2)
        swap(s, i, (i - 1) / 2);
}

static void sink(struct range_select *s, size_t n)
{
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < n && is_after(s, child + 1, child))
            child++;
        if (child >= n || !is_after(s, child, i))
            return;
        swap(s, i, child);
        i = child;
    }
}

/* The last in order, the caller's. */
static struct select_entry *take_top(struct range_select *s)
{
    struct select_entry *top = s->entries[0];
    s->entries[0] = s->entries[--s->n];
    s->bytes -= top->bytes;
    sink(s, s->n);
    return top;
}

static struct select_entry *entry_new(const struct range_select *s, const struct kv *kv)
{
    size_t value_n = s->target == RANGE_VALUE ? kv->value.n : 0;
    struct select_entry *e = mem_alloc(sizeof *e + kv->key.n + value_n);
    e->kv = *kv;
    e->kv.key = bytes_of(e->copy, kv->key.n);
    e->bytes = sizeof *e + kv->key.n + value_n;
    if (kv->key.n > 0)
        memcpy(e->copy, kv->key.p, kv->key.n);
    e->kv.value.p = NULL;
    if (value_n > 0)
        e->kv.value.p = memcpy(e->copy + kv->key.n, kv->value.p, value_n);
    return e;
}

static void push(struct range_select *s, struct select_entry *take_entry)
{
    if (s->n == s->room) {
        s->room = s->room == 0 ? 16 : s->room * 2;
        s->entries = mem_realloc(s->entries, s->room * sizeof s->entries[0]);
    }
    s->entries[s->n] = take_entry;
    s->bytes += take_entry->bytes;
    rise(s, s->n++);
}

/* True if KV cannot be among those that are kept. */
static bool is_out(const struct range_select *s, const struct kv *kv)
{
    if (s->last != NULL && order(s, kv, &s->last->kv) <= 0)
        return true;
    if (s->bar != NULL && order(s, kv, &s->bar->kv) >= 0)
        return true;
    return s->most == 0 || (s->n == s->most && order(s, kv, &s->entries[0]->kv) > 0);
}

void range_select_offer(struct range_select *s, const struct kv *kv)
{
    if (is_out(s, kv))
        return;
    if (s->n == s->most)
        mem_free(take_top(s));
    push(s, entry_new(s, kv));
    while (s->bytes_max != 0 && s->bytes > s->bytes_max && s->n > 1) {
        mem_free(s->bar);
        s->bar = take_top(s);
    }
    s->unsorted = s->n;
}

/* -- giving ----------------------------------------------------------------------------------- */

bool range_select_sort(struct range_select *s, uint64_t *steps)
{
    for (; s->unsorted > 1; s->unsorted--) {
        if (*steps == 0)
            return false;
        --*steps;
        swap(s, 0, s->unsorted - 1);
        sink(s, s->unsorted - 1);
    }
    return true;
}

const struct kv *range_select_at(const struct range_select *s, size_t i)
{
    assert(i < s->n && s->unsorted <= 1);
    return &s->entries[i]->kv;
}

bool range_select_goes_on(const struct range_select *s)
{
    return s->bar != NULL && s->n < s->most;
}

void range_select_next(struct range_select *s, size_t given)
{
    struct select_entry *last = range_select_place(s, given);
    range_select_restart(s, last, s->most - given);
}

struct select_entry *range_select_place(const struct range_select *s, size_t given)
{
    assert(given == 0 || (given <= s->n && s->unsorted <= 1));
    const struct select_entry *e = given > 0 ? s->entries[given - 1] : s->last;
    return e == NULL ? NULL : entry_new(s, &e->kv);
}

void select_entry_free(struct select_entry *e)
{
    mem_free(e);
}

void range_select_restart(struct range_select *s, struct select_entry *take_last, uint64_t most)
{
    mem_free(s->last);
    mem_free(s->bar);
    s->last = take_last;
    s->bar = NULL;
    s->most = most;
    drop_entries(s);
}
