/* The watchers of a stream by id. Ids are any int64 that the client likes, so the hash has a key;
 * a stream of one watcher is as common as one of ten thousand. */
#include "base/mem.h"
#include "faces/etcd/watch.h"

enum { BUCKETS_FIRST = 8 };

static size_t bucket_of(const struct etcd_watches *s, int64_t id)
{
    uint64_t hash = siphash(&s->stream.face->hash_key, bytes_of(&id, sizeof id));
    return (size_t)hash & (s->bucket_n - 1);
}

struct etcd_watch *watch_find(const struct etcd_watches *s, int64_t id)
{
    if (s->bucket_n == 0)
        return NULL;
    struct etcd_watch *w = s->buckets[bucket_of(s, id)];
    while (w != NULL && w->id != id)
        w = w->next;
    return w;
}

static void put_in_bucket(struct etcd_watches *s, struct etcd_watch *w)
{
    struct etcd_watch **head = &s->buckets[bucket_of(s, w->id)];
    w->next = *head;
    *head = w;
}

static void grow(struct etcd_watches *s)
{
    mem_free(s->buckets);
    s->bucket_n = s->bucket_n == 0 ? BUCKETS_FIRST : s->bucket_n * 2;
    s->buckets = mem_zalloc(s->bucket_n, sizeof(struct etcd_watch *));
    LIST_FOR_EACH(link, &s->watches)
    {
        put_in_bucket(s, CONTAINER_OF(link, struct etcd_watch, link));
    }
}

void watch_add(struct etcd_watches *s, struct etcd_watch *w)
{
    if (s->watch_n >= s->bucket_n)
        grow(s);
    list_append(&s->watches, &w->link);
    s->watch_n++;
    put_in_bucket(s, w);
}

void watch_remove(struct etcd_watch *w)
{
    struct etcd_watches *s = w->stream;
    struct etcd_watch **at = &s->buckets[bucket_of(s, w->id)];
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    list_remove(&w->link);
    s->watch_n--;
    s->compacted_n -= w->watcher == NULL;
    mem_free(w);
}

int64_t watch_next_id(struct etcd_watches *s)
{
    while (watch_find(s, s->next_id) != NULL)
        s->next_id++;
    return s->next_id++;
}
