/* A table by question: the path as it was sent and the parameters but for index, wait and token. */
#include "faces/consul/call/kept.h"

#include <uthash.h>

#include "base/mem.h"
#include "faces/consul/call/core.h"

struct entry {
    UT_hash_handle hh;
    struct consul_kept_answer answer;
    size_t question_n;
    uint8_t question[];
};

struct consul_kept {
    struct hub *hub;
    struct hub_listener listener;
    struct entry *entries;
    size_t n, bytes;
};

static void forget(struct consul_kept *kept)
{
    struct entry *e, *next;
    HASH_ITER(hh, kept->entries, e, next)
    {
        HASH_DEL(kept->entries, e);
        buf_fini(&e->answer.body);
        buf_fini(&e->answer.packed);
        buf_fini(&e->answer.ranges);
        mem_free(e);
    }
    kept->n = kept->bytes = 0;
}

static void changed(struct hub_listener *l, unsigned spaces, const struct view *view)
{
    if ((spaces & (BIT(SPACE_CATALOG) | BIT(SPACE_SYSTEM))) != 0)
        forget(CONTAINER_OF(l, struct consul_kept, listener));
}

struct consul_kept *consul_kept_new(struct hub *hub)
{
    struct consul_kept *kept = mem_zalloc(1, sizeof *kept);
    kept->hub = hub;
    kept->listener.changed = changed;
    hub_listen(hub, &kept->listener);
    return kept;
}

void consul_kept_free(struct consul_kept *kept)
{
    if (kept == NULL)
        return;
    hub_unlisten(kept->hub, &kept->listener);
    forget(kept);
    mem_free(kept);
}

/* -- questions ----------------------------------------------------------------------------------
 */

static bool is_left_out(struct bytes pair)
{
    static const char *const names[] = { "index=", "wait=", "token=" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (bytes_starts(pair, bytes_str(names[i])))
            return true;
    return false;
}

/* False: it is too long. */
static bool write_question(const struct consul_call *c, struct buf *out)
{
    struct bytes query = http_query(c->request);
    buf_put_bytes(out, http_path(c->request));
    while (query.n > 0) {
        const uint8_t *end = memchr(query.p, '&', query.n);
        struct bytes pair = bytes_of(query.p, end == NULL ? query.n : (size_t)(end - query.p));
        query = bytes_skip(query, pair.n + 1);
        if (is_left_out(pair))
            continue;
        buf_put_u8(out, '&');
        buf_put_bytes(out, pair);
    }
    return buf_err(out) == OK;
}

static bool is_keepable(const struct consul_call *c)
{
    return (c->route->flags & CONSUL_KEEPS) != 0 && !access_options(c->face->hub)->is_on;
}

struct consul_kept_answer *consul_kept_find(struct consul_call *c)
{
    struct consul_kept *kept = c->face->kept;
    uint8_t room[CONSUL_KEPT_QUESTION_MAX];
    struct buf question = { .p = room, .room = sizeof room, .max = sizeof room };
    struct entry *e = NULL;
    if (!is_keepable(c) || kept->n == 0 || !write_question(c, &question))
        return NULL;
    HASH_FIND(hh, kept->entries, question.p, question.n, e);
    return e == NULL ? NULL : &e->answer;
}

void consul_kept_put(struct consul_call *c, struct bytes body)
{
    struct consul_kept *kept = c->face->kept;
    uint8_t room[CONSUL_KEPT_QUESTION_MAX];
    struct buf question = { .p = room, .room = sizeof room, .max = sizeof room };
    if (!is_keepable(c) || body.n > CONSUL_KEPT_BODY_MAX || !write_question(c, &question))
        return;
    /* Twice its size: packed, it is at most a little longer. */
    if (kept->n >= CONSUL_KEPT_MAX || kept->bytes + 2 * body.n > CONSUL_KEPT_BYTES)
        forget(kept);
    struct entry *old, *e = mem_zalloc(1, sizeof *e + question.n);
    e->question_n = question.n;
    memcpy(e->question, question.p, question.n);
    HASH_FIND(hh, kept->entries, e->question, e->question_n, old);
    if (old != NULL) { /* two who asked in one turn */
        mem_free(e);
        return;
    }
    buf_init(&e->answer.body, CONSUL_KEPT_BODY_MAX);
    buf_init(&e->answer.packed, CONSUL_KEPT_BODY_MAX);
    buf_init(&e->answer.ranges, CONSUL_KEPT_RANGES_MAX);
    buf_put_bytes(&e->answer.body, body);
    e->answer.index = c->index;
    HASH_ADD(hh, kept->entries, question, e->question_n, e);
    kept->n++;
    kept->bytes += 2 * body.n;
}

void consul_kept_put_ranges(struct consul_call *c, const struct buf *ranges)
{
    struct consul_kept *kept = c->face->kept;
    struct consul_kept_answer *a = consul_kept_find(c);
    if (a == NULL || a->index != c->index || a->ranges.n > 0 || buf_err(ranges) != OK ||
        kept->bytes + ranges->n > CONSUL_KEPT_BYTES)
        return;
    buf_put_bytes(&a->ranges, buf_bytes(ranges));
    kept->bytes += ranges->n;
}
