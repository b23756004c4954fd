/* A hash table by name, type, class and room, with a key that nobody outside knows.
 *
 * DOUBTS counts the changes of the catalog; an entry that has been held against its stamp since the
 * last one need not be again. */
#include "faces/dns/cache.h"

#include "base/list.h"
#include "base/mem.h"
#include "base/siphash.h"
#include "loop/loop.h"

enum { BUCKETS = 4096 };

struct order {
    uint8_t *p;
    size_t n;
    unsigned uses;
};

struct entry {
    struct list link;
    uint64_t hash;
    size_t key_n;
    unsigned next;       /* order to give */
    uint64_t doubts;     /* when its stamp last held */
    struct bytes things; /* of the stamp; owned */
    uint64_t print;
    bool is_only;
    struct order orders[DNS_CACHE_ORDERS];
    uint8_t key[];
};

struct dns_cache {
    struct siphash_key key;
    size_t bytes, bytes_max;
    uint64_t doubts;
    struct list buckets[BUCKETS];
};

struct key {
    uint8_t p[DNAME_MAX + 32];
    size_t n;
    uint64_t hash;
};

struct dns_cache *dns_cache_new(size_t bytes_max)
{
    struct dns_cache *c = mem_zalloc(1, sizeof *c);
    c->bytes_max = bytes_max;
    entropy_fill(&c->key, sizeof c->key);
    for (size_t i = 0; i < BUCKETS; i++)
        list_init(&c->buckets[i]);
    return c;
}

static void free_entry(struct entry *e)
{
    for (size_t i = 0; i < DNS_CACHE_ORDERS; i++)
        mem_free(e->orders[i].p);
    mem_free((void *)(uintptr_t)e->things.p);
    mem_free(e);
}

static void drop_entry(struct dns_cache *c, struct entry *e)
{
    c->bytes -= sizeof *e + e->key_n + e->things.n;
    for (size_t i = 0; i < DNS_CACHE_ORDERS; i++)
        c->bytes -= e->orders[i].n;
    list_remove(&e->link);
    free_entry(e);
}

void dns_cache_drop(struct dns_cache *c)
{
    for (size_t i = 0; i < BUCKETS && c->bytes > 0; i++)
        LIST_FOR_EACH(link, &c->buckets[i])
        {
            list_remove(link);
            free_entry(CONTAINER_OF(link, struct entry, link));
        }
    c->bytes = 0;
}

void dns_cache_free(struct dns_cache *c)
{
    if (c == NULL)
        return;
    dns_cache_drop(c);
    mem_free(c);
}

void dns_cache_doubt(struct dns_cache *c)
{
    c->doubts++;
}

size_t dns_cache_bytes(const struct dns_cache *c)
{
    return c->bytes;
}

static struct key key_of(const struct dns_cache *c, const struct dns_query *q,
                         const struct dns_room *room)
{
    struct key k;
    const uint32_t more[] = { q->type, q->class, (uint32_t)room->bytes,
                              (uint32_t)(room->answers_max > UINT32_MAX ? UINT32_MAX
                                                                        : room->answers_max),
                              room->uncompressed };
    memcpy(k.p, q->name.p, q->name.n);
    memcpy(k.p + q->name.n, more, sizeof more);
    k.n = q->name.n + sizeof more;
    k.hash = siphash(&c->key, bytes_of(k.p, k.n));
    return k;
}

static struct entry *find(struct dns_cache *c, const struct key *k)
{
    LIST_FOR_EACH(link, &c->buckets[k->hash % BUCKETS])
    {
        struct entry *e = CONTAINER_OF(link, struct entry, link);
        if (e->hash == k->hash && bytes_eq(bytes_of(e->key, e->key_n), bytes_of(k->p, k->n)))
            return e;
    }
    return NULL;
}

/* False if the entry did not hold, and is gone. */
static bool still_holds(struct dns_cache *c, struct entry *e, const struct view *view)
{
    if (e->doubts != c->doubts && !dns_stamp_holds(e->things, e->print, view)) {
        drop_entry(c, e);
        return false;
    }
    e->doubts = c->doubts;
    return true;
}

struct bytes dns_cache_find(struct dns_cache *c, const struct dns_query *q,
                            const struct dns_room *room, const struct view *view)
{
    struct key k = key_of(c, q, room);
    struct entry *e = find(c, &k);
    if (e == NULL || !still_holds(c, e, view))
        return (struct bytes){ 0 };
    struct order *o = &e->orders[e->next];
    if (o->p == NULL || (o->uses >= DNS_CACHE_USES && !e->is_only))
        return (struct bytes){ 0 };
    o->uses++;
    if (!e->is_only)
        e->next = (e->next + 1) % DNS_CACHE_ORDERS;
    return bytes_of(o->p, o->n);
}

static struct entry *add(struct dns_cache *c, const struct key *k, const struct dns_stamp *stamp)
{
    struct entry *e = mem_zalloc(1, sizeof *e + k->n);
    e->hash = k->hash;
    e->key_n = k->n;
    memcpy(e->key, k->p, k->n);
    list_append(&c->buckets[k->hash % BUCKETS], &e->link);
    uint8_t *things = mem_alloc(stamp->things.n);
    if (stamp->things.n > 0)
        memcpy(things, stamp->things.p, stamp->things.n);
    e->things = bytes_of(things, stamp->things.n);
    e->print = stamp->print;
    e->doubts = c->doubts;
    c->bytes += sizeof *e + k->n + stamp->things.n;
    return e;
}

void dns_cache_put(struct dns_cache *c, const struct dns_query *q, const struct dns_room *room,
                   struct bytes answer, const struct dns_stamp *stamp, bool is_only)
{
    struct key k = key_of(c, q, room);
    size_t cost = sizeof(struct entry) + k.n + stamp->things.n + answer.n;
    if (cost > c->bytes_max)
        return;
    if (cost > c->bytes_max - c->bytes)
        dns_cache_drop(c);
    struct entry *e = find(c, &k);
    if (e == NULL)
        e = add(c, &k, stamp);
    struct order *o = &e->orders[e->next];
    c->bytes -= o->n;
    mem_free(o->p);
    *o = (struct order){ .p = mem_alloc(answer.n), .n = answer.n, .uses = 1 };
    memcpy(o->p, answer.p, answer.n);
    c->bytes += answer.n;
    e->is_only = is_only;
    if (!is_only)
        e->next = (e->next + 1) % DNS_CACHE_ORDERS;
}
