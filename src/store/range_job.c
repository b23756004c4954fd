/* A range as a job: select at a revision, filter, sort, cut, blank (etcd.md 4.1).
 *
 * A single key is one look-up. Key order needs no sort, so a limit ends the collecting, though not
 * the counting; any other order collects everything first. */
#include "store/range_job.h"

#include <stdlib.h>

#include "store/version.h"
#include "store/view.h"

/* -- filters and order ------------------------------------------------------------------------ */

static bool passes(const struct range_query *q, const struct row *row)
{
    uint64_t mod = row->place.revision, create = row->create;
    return (q->min_mod == 0 || (int64_t)mod >= q->min_mod) &&
           (q->max_mod == 0 || (int64_t)mod <= q->max_mod) &&
           (q->min_create == 0 || (int64_t)create >= q->min_create) &&
           (q->max_create == 0 || (int64_t)create <= q->max_create);
}

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int order_key(const void *a, const void *b)
{
    return bytes_cmp(((const struct kv *)a)->key, ((const struct kv *)b)->key);
}

static int order_version(const void *a, const void *b)
{
    int order = by_number(((const struct kv *)a)->version, ((const struct kv *)b)->version);
    return order != 0 ? order : order_key(a, b);
}

static int order_create(const void *a, const void *b)
{
    int order = by_number(((const struct kv *)a)->create, ((const struct kv *)b)->create);
    return order != 0 ? order : order_key(a, b);
}

static int order_mod(const void *a, const void *b)
{
    int order = by_number(((const struct kv *)a)->mod, ((const struct kv *)b)->mod);
    return order != 0 ? order : order_key(a, b);
}

static int order_value(const void *a, const void *b)
{
    const struct kv *x = a, *y = b;
    int order = bytes_cmp(bytes_of(x->value.p, x->value.n), bytes_of(y->value.p, y->value.n));
    return order != 0 ? order : order_key(a, b);
}

static void reverse(struct kv *kvs, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct kv kv = kvs[i];
        kvs[i] = kvs[n - 1 - i];
        kvs[n - 1 - i] = kv;
    }
}

/* -- the job ---------------------------------------------------------------------------------- */

enum err range_job_begin(struct range_job *j, const struct view *view,
                         const struct range_query *query, bool flat, struct arena *arena)
{
    *j = (struct range_job){ .view = view, .query = *query, .flat = flat, .arena = arena };
    struct range_query *q = &j->query;
    enum err e = view_check_revision(view, q->space, q->revision);
    if (e != OK)
        return e;
    uint64_t current = state_revision(&view->state, q->space);
    j->newest = q->revision <= 0 || (uint64_t)q->revision == current;
    j->revision = j->newest ? current : (uint64_t)q->revision;
    if (q->target != RANGE_KEY && q->order == RANGE_NONE)
        q->order = RANGE_ASCEND;
    j->backwards = q->target == RANGE_KEY && q->order == RANGE_DESCEND;
    j->sorted_later = q->target != RANGE_KEY;
    j->budget_left = q->budget_bytes;
    j->filtered = q->min_mod != 0 || q->max_mod != 0 || q->min_create != 0 || q->max_create != 0;
    return OK;
}

static bool is_open_end(struct bytes end)
{
    return end.n == 1 && end.p[0] == 0;
}

static struct kv *next_kv(struct range_job *j)
{
    if (j->kv_n == j->kv_room) {
        size_t few = j->query.end.n == 0 ? 1 : 4;
        size_t room = j->kv_room == 0 ? few : j->kv_room * 2;
        struct kv *kvs = arena_alloc(j->arena, room * sizeof *kvs);
        if (j->kv_n > 0)
            memcpy(kvs, j->kvs, j->kv_n * sizeof *kvs);
        j->kvs = kvs;
        j->kv_room = room;
    }
    return &j->kvs[j->kv_n++];
}

static enum err flatten(struct range_job *j, struct value *value)
{
    if (value->n == 0)
        return OK;
    uint8_t *p = arena_alloc(j->arena, value->n);
    struct buf b = { .p = p, .room = value->n, .max = value->n };
    enum err e = value_append(j->view, value, &b);
    *value = (struct value){ .p = p, .n = value->n };
    return e;
}

static enum err take_kv(struct range_job *j, struct bytes key, const struct row *row)
{
    const struct range_query *q = &j->query;
    struct kv *kv = next_kv(j);
    *kv = row_kv(q->space, key, row);
    bool value_needed = !q->keys_only || q->target == RANGE_VALUE;
    if (!value_needed) {
        kv->value = (struct value){ 0 };
        return OK;
    }
    bool flat = j->flat || (q->target == RANGE_VALUE && kv->value.p == NULL);
    return flat ? flatten(j, &kv->value) : OK;
}

/* True if the budget is spent before this version. */
static bool over_budget(struct range_job *j, size_t key_n, const struct row *row)
{
    if (j->query.budget_bytes == 0)
        return false;
    uint64_t size = key_n + (j->query.keys_only ? 0 : row->value_n);
    if (j->kv_n > 0 && size > j->budget_left)
        return true;
    j->budget_left -= size < j->budget_left ? size : j->budget_left;
    return false;
}

/* A version that stands at the revision read; *ret_stop: nothing more is needed. */
static enum err see(struct range_job *j, struct bytes key, const struct row *row, bool lasting,
                    bool *ret_stop)
{
    const struct range_query *q = &j->query;
    *ret_stop = false;
    if (q->count_only || (j->filtered && !passes(q, row))) {
        j->count++;
        return OK;
    }
    if (over_budget(j, key.n, row)) {
        j->over_budget = *ret_stop = true;
        return OK;
    }
    j->count++;
    j->passed++;
    if (!j->sorted_later && q->limit > 0 && j->passed > (uint64_t)q->limit)
        return OK;
    if (j->measuring) {
        j->kv_n++;
        j->bytes += key.n + (q->keys_only ? 0 : row->value_n);
        return OK;
    }
    return take_kv(j, lasting ? key : arena_dup(j->arena, key), row);
}

/* True if a living head adds to the counts and nothing else. */
static bool only_counts(const struct range_job *j)
{
    const struct range_query *q = &j->query;
    if (!j->newest)
        return false;
    bool cut = !j->sorted_later && q->limit > 0 && j->passed >= (uint64_t)q->limit;
    return q->count_only || (cut && !j->filtered && q->budget_bytes == 0);
}

static enum err see_head(struct range_job *j, struct bytes key, struct bytes bytes, bool lasting,
                         bool *ret_stop)
{
    struct row row;
    if (only_counts(j)) {
        *ret_stop = false;
        bool lives = !head_row_is_deleted(bytes);
        j->count += lives;
        j->passed += lives && !j->query.count_only;
        return OK;
    }
    enum err e = head_row_read(bytes, &row);
    if (e == OK && !j->newest)
        e = version_at(j->view, j->query.space, &row, j->revision, &row);
    *ret_stop = false;
    if (e == ERR_NOT_FOUND || (e == OK && row.deleted))
        return OK;
    if (e != OK)
        return e;
    return see(j, key, &row, lasting, ret_stop);
}

static enum err see_single(struct range_job *j)
{
    struct bytes bytes;
    bool stop;
    struct layered map = head_map(j->view, j->query.space);
    enum err e = layered_get(&map, j->query.key, &bytes);
    if (e == OK)
        e = see_head(j, j->query.key, bytes, !j->flat, &stop);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err open_cursor(struct range_job *j)
{
    struct layered map = head_map(j->view, j->query.space);
    enum err e = layered_cursor_open(&map, &j->cursor);
    j->open = true;
    if (e != OK)
        return e;
    if (!j->backwards)
        return layered_seek(&j->cursor, j->query.key);
    struct bytes end = is_open_end(j->query.end) ? (struct bytes){ 0 } : j->query.end;
    return layered_seek_before(&j->cursor, end);
}

static bool is_outside(const struct range_job *j)
{
    struct bytes key = layered_key(&j->cursor);
    if (j->backwards)
        return bytes_cmp(key, j->query.key) < 0;
    return !is_open_end(j->query.end) && bytes_cmp(key, j->query.end) >= 0;
}

static bool is_empty(const struct range_query *q)
{
    return !is_open_end(q->end) && bytes_cmp(q->end, q->key) <= 0;
}

enum err range_job_step(struct range_job *j, uint64_t *rows, bool *ret_done)
{
    *ret_done = true;
    if (j->query.end.n == 0) {
        *rows -= *rows > 0 ? 1 : 0;
        return see_single(j);
    }
    if (is_empty(&j->query))
        return OK;
    enum err e = j->open ? OK : open_cursor(j);
    for (; e == OK && !is_outside(j);
         e = j->backwards ? layered_prev(&j->cursor) : layered_next(&j->cursor)) {
        bool stop = false;
        if (*rows == 0) {
            *ret_done = false;
            return OK;
        }
        --*rows;
        bool lasting = !j->flat && layered_key_is_lent(&j->cursor);
        e = see_head(j, layered_key(&j->cursor), j->cursor.row, lasting, &stop);
        if (e != OK || stop)
            return e;
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

static void sort_kvs(struct range_job *j)
{
    int (*const orders[])(const void *, const void *) = {
        [RANGE_KEY] = order_key, [RANGE_VERSION] = order_version, [RANGE_CREATE] = order_create,
        [RANGE_MOD] = order_mod, [RANGE_VALUE] = order_value,
    };
    qsort(j->kvs, j->kv_n, sizeof j->kvs[0], orders[j->query.target]);
    if (j->query.order == RANGE_DESCEND)
        reverse(j->kvs, j->kv_n);
}

void range_job_result(struct range_job *j, struct range_result *ret)
{
    const struct range_query *q = &j->query;
    if (j->sorted_later && j->kv_n > 0)
        sort_kvs(j);
    if (q->limit > 0 && j->kv_n > (uint64_t)q->limit)
        j->kv_n = (size_t)q->limit;
    if (q->keys_only && q->target == RANGE_VALUE)
        for (size_t i = 0; i < j->kv_n; i++)
            j->kvs[i].value = (struct value){ 0 };
    *ret = (struct range_result){
        .kvs = j->kvs,
        .kv_n = j->kv_n,
        .count = j->count,
        .more = q->limit > 0 && j->passed > (uint64_t)q->limit,
        .over_budget = j->over_budget,
    };
}

void range_job_end(struct range_job *j)
{
    if (j->open)
        layered_cursor_close(&j->cursor);
    j->open = false;
}
