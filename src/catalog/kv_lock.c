/* Rows beside the spaces:
 *
 *     h session          number of its keys (4 bytes); without a key, so it comes before them
 *     h session key      empty
 *     d key              cluster age in ms until which it cannot be taken (8 bytes)
 *     e age key          empty; the same in the order in which they end (age big-endian) */
#include "catalog/kv_lock.h"

#include "catalog/draft_keys.h"
#include "catalog/key.h"
#include "catalog/key_read.h"
#include "catalog/kv_pair.h"

enum { KEY_MAX = 64 * 1024, SWEPT_MAX = 4 /* delays that are over, whenever one begins */ };

/* -- the list of a session -------------------------------------------------------------------- */

static enum err read_count(const struct draft *d, struct bytes key, uint32_t *ret)
{
    struct bytes row;
    struct rd r;
    *ret = 0;
    enum err e = draft_side_get(d, key, &row);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e != OK)
        return e;
    rd_init(&r, row);
    *ret = rd_u32(&r);
    return rd_end(&r) == OK ? OK : ERR_DAMAGED;
}

static void write_count(struct draft *d, struct bytes key, uint32_t n)
{
    uint8_t row[4] = { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24) };
    if (n == 0)
        draft_side_remove(d, key);
    else
        draft_side_put(d, key, bytes_of(row, sizeof row));
}

struct held { /* the keys of a row in the list */
    struct buf row, list;
    bool there;
    uint32_t n; /* rows of the list */
};

static enum err held_open(struct held *h, const struct draft *d, const struct uuid *session,
                          struct bytes key)
{
    struct bytes value;
    *h = (struct held){ 0 };
    buf_init(&h->row, KEY_MAX);
    buf_init(&h->list, KEY_MAX);
    held_key(session, key, &h->row);
    held_prefix(session, &h->list);
    enum err e = draft_side_get(d, buf_bytes(&h->row), &value);
    h->there = e == OK;
    return e == OK || e == ERR_NOT_FOUND ? read_count(d, buf_bytes(&h->list), &h->n) : e;
}

static void held_close(struct held *h)
{
    buf_fini(&h->row);
    buf_fini(&h->list);
}

enum err kv_lock_note(struct draft *d, const struct uuid *session, struct bytes key)
{
    struct held h;
    enum err e = held_open(&h, d, session, key);
    if (e == OK && !h.there && h.n >= SESSION_LOCKS_MAX)
        e = ERR_TOO_BIG;
    if (e == OK && !h.there) {
        draft_side_put(d, buf_bytes(&h.row), bytes_str(""));
        write_count(d, buf_bytes(&h.list), h.n + 1);
    }
    held_close(&h);
    return e;
}

enum err kv_lock_forget(struct draft *d, const struct uuid *session, struct bytes key)
{
    struct held h;
    enum err e = held_open(&h, d, session, key);
    if (e == OK && h.there) {
        draft_side_remove(d, buf_bytes(&h.row));
        write_count(d, buf_bytes(&h.list), h.n - 1);
    }
    held_close(&h);
    return e;
}

/* -- delays ----------------------------------------------------------------------------------- */

/* Until when KEY cannot be taken; 0: there is no delay. */
static enum err read_delay(const struct draft *d, struct bytes key, uint64_t *ret_until_ms)
{
    struct buf row_key;
    struct bytes row;
    struct rd r;
    buf_init(&row_key, KEY_MAX);
    lock_delay_key(key, &row_key);
    enum err e = draft_side_get(d, buf_bytes(&row_key), &row);
    buf_fini(&row_key);
    *ret_until_ms = 0;
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    rd_init(&r, row);
    *ret_until_ms = rd_u64(&r);
    return rd_end(&r) == OK ? OK : ERR_DAMAGED;
}

enum err kv_lock_is_delayed(const struct draft *d, struct bytes key, uint64_t age_ms, bool *ret)
{
    uint64_t until_ms;
    enum err e = read_delay(d, key, &until_ms);
    if (e == OK)
        *ret = until_ms > age_ms;
    return e;
}

static void remove_delay(struct draft *d, struct bytes key, uint64_t until_ms)
{
    struct buf row_key;
    buf_init(&row_key, KEY_MAX);
    lock_delay_key(key, &row_key);
    draft_side_remove(d, buf_bytes(&row_key));
    buf_clear(&row_key, SIZE_MAX);
    lock_delay_end_key(until_ms, key, &row_key);
    draft_side_remove(d, buf_bytes(&row_key));
    buf_fini(&row_key);
}

static enum err begin_delay(struct draft *d, struct bytes key, uint64_t until_ms)
{
    uint64_t before_ms;
    uint8_t row[8];
    struct buf row_key;
    enum err e = read_delay(d, key, &before_ms);
    if (e != OK)
        return e;
    if (before_ms != 0)
        remove_delay(d, key, before_ms);
    for (size_t i = 0; i < sizeof row; i++)
        row[i] = (uint8_t)(until_ms >> (8 * i));
    buf_init(&row_key, KEY_MAX);
    lock_delay_key(key, &row_key);
    draft_side_put(d, buf_bytes(&row_key), bytes_of(row, sizeof row));
    buf_clear(&row_key, SIZE_MAX);
    lock_delay_end_key(until_ms, key, &row_key);
    draft_side_put(d, buf_bytes(&row_key), bytes_str(""));
    buf_fini(&row_key);
    return OK;
}

struct ended { /* the first delays that are over */
    struct arena *arena;
    uint64_t age_ms;
    struct {
        struct bytes key;
        uint64_t until_ms;
    } all[SWEPT_MAX];
    size_t n;
    enum err err;
};

static bool add_ended(void *ctx, struct bytes row_key, struct bytes value)
{
    struct ended *ended = ctx;
    struct bytes key;
    uint64_t until_ms;
    ended->err = lock_delay_end_key_read(row_key, &until_ms, &key);
    if (ended->err != OK || until_ms > ended->age_ms)
        return false;
    ended->all[ended->n].key = arena_dup(ended->arena, key);
    ended->all[ended->n++].until_ms = until_ms;
    return ended->n < SWEPT_MAX;
}

static enum err sweep_delays(struct draft *d, uint64_t age_ms)
{
    struct ended ended = { .arena = draft_arena(d), .age_ms = age_ms };
    enum err e = draft_side_each(d, bytes_str("e"), add_ended, &ended);
    if (e == OK && ended.err != OK)
        e = ERR_DAMAGED;
    for (size_t i = 0; i < ended.n && e == OK; i++)
        remove_delay(d, ended.all[i].key, ended.all[i].until_ms);
    return e;
}

/* -- the end of a session --------------------------------------------------------------------- */

struct tear {
    struct draft *d;
    const struct uuid *session;
    const struct session *s;
    uint64_t age_ms, delay_ms;
};

static void let_go(struct draft *d, struct bytes key, struct kv_pair pair, int64_t lease)
{
    struct buf out;
    pair.session = (struct uuid){ { 0 } };
    buf_init(&out, SIZE_MAX / 4);
    kv_pair_write(&pair, &out);
    draft_put(d, SPACE_CONSUL_KV, key, buf_bytes(&out), lease);
    buf_fini(&out);
}

/* KEY if the session holds it. */
static enum err tear_key(const struct tear *t, struct bytes key)
{
    struct draft_row row;
    struct kv_pair pair;
    enum err e = draft_get(t->d, SPACE_CONSUL_KV, key, &row);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e == OK && kv_pair_read(row.value, &pair) != OK)
        e = ERR_DAMAGED;
    if (e != OK || !uuid_eq(&pair.session, t->session))
        return e;
    if (t->s->behavior == SESSION_DELETE)
        draft_remove(t->d, SPACE_CONSUL_KV, key);
    else
        let_go(t->d, key, pair, row.lease);
    if (t->delay_ms == 0)
        return OK;
    e = sweep_delays(t->d, t->age_ms);
    return e == OK ? begin_delay(t->d, key, t->age_ms + t->delay_ms) : e;
}

enum err kv_lock_tear(struct draft *d, const struct uuid *session, const struct session *s,
                      uint64_t age_ms)
{
    struct tear t = { d, session, s, age_ms, (s->lock_delay_ns + 999999) / 1000000 };
    struct draft_keys rows = { 0 };
    struct buf list;
    buf_init(&list, KEY_MAX);
    held_prefix(session, &list);
    enum err e = draft_side_keys(d, buf_bytes(&list), &rows);
    for (size_t i = 0; i < rows.n && e == OK; i++) {
        struct bytes key = bytes_skip(rows.all[i], list.n);
        if (key.n > 0)
            e = tear_key(&t, key);
        draft_side_remove(d, rows.all[i]);
    }
    buf_fini(&list);
    return e;
}
