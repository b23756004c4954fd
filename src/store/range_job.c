/* A range as a job: select at a revision, filter, sort, cut, blank (etcd.md 4.1).
 *
 * A single key is one look-up. Key order needs no sort, so a limit ends the collecting, though not
 * the counting; of any other order a selection holds what is needed. Between two views the job
 * stands on a key and goes on from there, at the revision it began with. */
#include "store/range_job.h"

#include "store/version.h"
#include "store/view.h"

enum {
    SCRATCH_KEPT = 64 * 1024, /* of the memory for one value */
    BYTES_A_ROW = 4096        /* of values that are copied */
};

static bool passes(const struct range_query *q, const struct row *row)
{
    uint64_t mod = row->place.revision, create = row->create;
    return (q->min_mod == 0 || (int64_t)mod >= q->min_mod) &&
           (q->max_mod == 0 || (int64_t)mod <= q->max_mod) &&
           (q->min_create == 0 || (int64_t)create >= q->min_create) &&
           (q->max_create == 0 || (int64_t)create <= q->max_create);
}

/* In key order what the limit allows will do. A target without an order sorts ascending, but etcd
 * then looks at the first keys only, one more than the limit, unless filters make it read all. */
static uint64_t most_taken(const struct range_query *q, bool filtered)
{
    if (q->limit <= 0)
        return UINT64_MAX;
    if (q->target == RANGE_KEY)
        return (uint64_t)q->limit;
    return q->order == RANGE_NONE && !filtered ? (uint64_t)q->limit + 1 : UINT64_MAX;
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
    j->backwards = q->target == RANGE_KEY && q->order == RANGE_DESCEND;
    j->sorted_later = q->target != RANGE_KEY;
    j->budget = j->budget_left = q->budget_bytes;
    j->filtered = q->min_mod != 0 || q->max_mod != 0 || q->min_create != 0 || q->max_create != 0;
    j->taken_max = most_taken(q, j->filtered);
    buf_init(&j->scratch, SIZE_MAX / 4);
    buf_init(&j->from, SIZE_MAX / 4);
    range_select_init(&j->select, q, 0);
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
    j->copied += value->n;
    *value = (struct value){ .p = p, .n = value->n };
    return e;
}

static enum err take_kv(struct range_job *j, struct bytes key, const struct row *row)
{
    struct kv *kv = next_kv(j);
    *kv = row_kv(j->query.space, key, row);
    if (j->query.keys_only)
        kv->value = (struct value){ 0 };
    return j->flat ? flatten(j, &kv->value) : OK;
}

static enum err offer(struct range_job *j, struct bytes key, const struct row *row)
{
    struct kv kv = row_kv(j->query.space, key, row);
    enum err e = OK;
    if (j->query.target == RANGE_VALUE && kv.value.p == NULL && kv.value.n > 0) {
        buf_clear(&j->scratch, SCRATCH_KEPT);
        e = value_append(j->view, &kv.value, &j->scratch);
        kv.value.p = j->scratch.p;
        j->copied += kv.value.n;
    }
    if (e == OK)
        range_select_offer(&j->select, &kv);
    return e;
}

/* True if the budget is spent before this version. */
static bool is_over_budget(struct range_job *j, size_t key_n, const struct row *row)
{
    if (j->budget == 0)
        return false;
    uint64_t size = key_n + (j->query.keys_only ? 0 : row->value_n);
    if (j->kv_n > 0 && size > j->budget_left)
        return true;
    j->budget_left -= size < j->budget_left ? size : j->budget_left;
    return false;
}

/* All that will be looked at has been. */
static bool is_cut(const struct range_job *j)
{
    return j->passed >= j->taken_max;
}

/* A version that stands at the revision read; *ret_stop: nothing more is needed. */
static enum err see(struct range_job *j, struct bytes key, const struct row *row, bool lasting,
                    bool *ret_stop)
{
    const struct range_query *q = &j->query;
    bool counts = q->count_only || (j->filtered && !passes(q, row));
    *ret_stop = false;
    if (!counts && !is_cut(j) && !j->sorted_later && is_over_budget(j, key.n, row)) {
        j->over_budget = *ret_stop = true;
        return OK;
    }
    j->count++;
    if (counts)
        return OK;
    bool cut = is_cut(j);
    j->passed++;
    if (cut)
        return OK;
    if (j->sorted_later)
        return offer(j, key, row);
    return take_kv(j, lasting ? key : arena_dup(j->arena, key), row);
}

/* True if a living head adds to the counts and nothing else. */
static bool only_counts(const struct range_job *j)
{
    return j->newest && (j->query.count_only || (is_cut(j) && !j->filtered));
}

/* What stands under a head at the revision read. ERR_NOT_FOUND. */
static enum err read_version(const struct range_job *j, struct bytes bytes, struct row *ret)
{
    enum err e = head_row_read(bytes, ret);
    if (e == OK && !j->newest)
        e = version_at(j->view, j->query.space, ret, j->revision, ret);
    return e == OK && ret->deleted ? ERR_NOT_FOUND : e;
}

static enum err see_head(struct range_job *j, struct bytes key, struct bytes bytes, bool lasting,
                         bool *ret_stop)
{
    struct row row;
    *ret_stop = false;
    if (j->skip != NULL && j->skip(j->skip_ctx, key))
        return OK;
    if (only_counts(j)) {
        bool lives = !head_row_is_deleted(bytes);
        j->count += lives;
        j->passed += lives && !j->query.count_only;
        return OK;
    }
    enum err e = read_version(j, bytes, &row);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
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

/* One row, or several if large values were copied for the last one. */
static void count_row(struct range_job *j, uint64_t *rows)
{
    uint64_t cost = 1 + j->copied / BYTES_A_ROW;
    j->copied = 0;
    *rows -= cost < *rows ? cost : *rows;
}

static enum err step(struct range_job *j, uint64_t *rows, bool *ret_done)
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
        count_row(j, rows);
        bool lasting = !j->flat && layered_key_is_lent(&j->cursor);
        e = see_head(j, layered_key(&j->cursor), j->cursor.row, lasting, &stop);
        if (e != OK || stop)
            return e;
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err range_job_step(struct range_job *j, uint64_t *rows, bool *ret_done)
{
    enum err e = step(j, rows, ret_done);
    j->at_end = e == OK && *ret_done && !j->over_budget;
    return e;
}

/* The value of a kv that was selected by its key and numbers. */
static enum err read_value(struct range_job *j, struct kv *kv)
{
    struct layered map = head_map(j->view, j->query.space);
    struct bytes bytes;
    struct row row;
    if (kv->value.p != NULL || kv->value.n == 0)
        return OK;
    enum err e = layered_get(&map, kv->key, &bytes);
    if (e == OK)
        e = read_version(j, bytes, &row);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    kv->value = row_value(j->query.space, &row);
    return j->flat ? flatten(j, &kv->value) : OK;
}

enum err range_job_selected(struct range_job *j, size_t i, bool with_value, struct kv *ret)
{
    *ret = *range_select_at(&j->select, i);
    if (j->query.keys_only)
        ret->value = (struct value){ 0 };
    return with_value ? read_value(j, ret) : OK;
}

/* Copies, for the selection goes with the job. */
static enum err take_selected(struct range_job *j)
{
    uint64_t steps = UINT64_MAX;
    IGNORE(range_select_sort(&j->select, &steps)); /* in as many as it wants */
    for (size_t i = 0; i < j->select.n; i++) {
        struct kv *kv = next_kv(j);
        enum err e = range_job_selected(j, i, true, kv);
        if (e != OK)
            return e;
        kv->key = arena_dup(j->arena, kv->key);
        if (j->query.target == RANGE_VALUE)
            kv->value.p = arena_dup(j->arena, bytes_of(kv->value.p, kv->value.n)).p;
    }
    return OK;
}

enum err range_job_result(struct range_job *j, struct range_result *ret)
{
    enum err e = j->sorted_later ? take_selected(j) : OK;
    *ret = (struct range_result){
        .kvs = j->kvs,
        .kv_n = j->kv_n,
        .count = j->count,
        .more = j->query.limit > 0 && j->passed > (uint64_t)j->query.limit,
        .over_budget = j->over_budget,
    };
    return e;
}

/* -- over several views ----------------------------------------------------------------------- */

void range_job_pause(struct range_job *j)
{
    if (!j->open)
        return;
    if (!j->at_end) {
        struct bytes key = layered_key(&j->cursor);
        buf_clear(&j->from, SIZE_MAX);
        buf_put_bytes(&j->from, key);
        if (j->backwards && key.n > 0)
            buf_put_u8(&j->from, 0); /* this key and all below; below the empty one is none */
        *(j->backwards ? &j->query.end : &j->query.key) = buf_bytes(&j->from);
    }
    layered_cursor_close(&j->cursor);
    j->open = false;
}

enum err range_job_resume(struct range_job *j, const struct view *view, uint64_t budget)
{
    j->view = view;
    j->newest = j->revision == state_revision(&view->state, j->query.space);
    j->kvs = NULL;
    j->kv_n = j->kv_room = 0;
    j->budget = j->budget_left = budget;
    j->over_budget = false;
    return view_check_revision(view, j->query.space, (int64_t)j->revision);
}

void range_job_end(struct range_job *j)
{
    if (j->open)
        layered_cursor_close(&j->cursor);
    j->open = false;
    range_select_fini(&j->select);
    buf_fini(&j->scratch);
    buf_fini(&j->from);
}
