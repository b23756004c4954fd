/* Ranges over many views.
 *
 * In the order of keys a part is what the job sees in a step. In any other order the range is gone
 * through for a selection (SCANNING), which is put in order (SORTING) and given (GIVING); if not
 * all found room in it, another pass follows for those that come after. Counts are the first
 * pass's.
 *
 * A mark in the order of keys is the key that the job stands on. In a selection it is the number of
 * the entry that comes next; if the selection is another one by the time of the rewind, one is made
 * that begins there. */
#include "store/range_walk.h"

#include <assert.h>

#include "base/mem.h"
#include "store/range_job.h"

enum { PART_KVS = 512 /* most of a selection that are given at once */ };

enum walk_state { WALK_SCANNING, WALK_SORTING, WALK_GIVING };

struct mark {
    struct buf key; /* where the job goes on from */
    uint64_t count, passed;
    unsigned pass;
    size_t given;
    uint64_t most;
    struct select_entry *last;
};

struct range_walk {
    struct range_job job;
    enum walk_state state; /* stays SCANNING in the order of keys */
    struct bytes key, end; /* as asked: what each pass goes through */
    unsigned pass;
    size_t given; /* of the present selection */
    uint64_t count;
    bool more;
    struct mark mark;
};

static void move(struct range_walk *w, enum walk_state to)
{
    static const unsigned next[] = {
        [WALK_SCANNING] = BIT(WALK_SORTING),
        [WALK_SORTING] = BIT(WALK_GIVING) | BIT(WALK_SCANNING),
        [WALK_GIVING] = BIT(WALK_SCANNING),
    };
    assert((next[w->state] & BIT(to)) != 0);
    w->state = to;
}

enum err range_walk_new(const struct view *view, const struct range_query *query,
                        size_t select_bytes, struct range_walk **ret)
{
    struct range_walk *w = mem_zalloc(1, sizeof *w);
    enum err e = range_job_begin(&w->job, view, query, false, NULL);
    if (e != OK) {
        mem_free(w);
        return e;
    }
    w->key = query->key;
    w->end = query->end;
    w->job.select.bytes_max = select_bytes != 0 ? select_bytes : RANGE_WALK_BYTES;
    buf_init(&w->mark.key, SIZE_MAX / 4);
    *ret = w;
    return OK;
}

void range_walk_free(struct range_walk *w)
{
    if (w == NULL)
        return;
    range_job_end(&w->job);
    buf_fini(&w->mark.key);
    select_entry_free(w->mark.last);
    mem_free(w);
}

uint64_t range_walk_revision(const struct range_walk *w)
{
    return w->job.revision;
}

/* -- steps ------------------------------------------------------------------------------------ */

static void note_counts(struct range_walk *w)
{
    const struct range_query *q = &w->job.query;
    w->count = w->job.count;
    w->more = q->limit > 0 && w->job.passed > (uint64_t)q->limit;
}

static enum err step_by_key(struct range_walk *w, uint64_t rows, struct range_part *ret)
{
    bool done;
    enum err e = range_job_step(&w->job, &rows, &done);
    if (w->job.at_end)
        note_counts(w);
    *ret = (struct range_part){ .kvs = w->job.kvs, .kv_n = w->job.kv_n, .done = w->job.at_end };
    return e;
}

static void begin_pass(struct range_walk *w)
{
    w->job.query.key = w->key;
    w->job.query.end = w->end;
    w->job.count = w->job.passed = 0;
    w->given = 0;
    w->pass++;
    if (w->state != WALK_SCANNING)
        move(w, WALK_SCANNING);
}

static enum err scan(struct range_walk *w, uint64_t *rows)
{
    bool done;
    enum err e = range_job_step(&w->job, rows, &done);
    if (e != OK || !done)
        return e;
    if (w->pass == 0)
        note_counts(w);
    move(w, WALK_SORTING);
    return OK;
}

static enum err give(struct range_walk *w, uint64_t rows, uint64_t bytes, bool with_values,
                     struct range_part *ret)
{
    const struct range_select *s = &w->job.select;
    size_t room = s->n - w->given < PART_KVS ? s->n - w->given : PART_KVS;
    ret->kvs = arena_alloc(w->job.arena, room * sizeof *ret->kvs);
    while (ret->kv_n < room && ret->kv_n < rows) {
        const struct kv *next = range_select_at(s, w->given);
        uint64_t size = next->key.n + (w->job.query.keys_only ? 0 : next->value.n);
        if (ret->kv_n > 0 && size > bytes)
            break;
        bytes -= size < bytes ? size : bytes;
        enum err e = range_job_selected(&w->job, w->given, with_values, &ret->kvs[ret->kv_n]);
        if (e != OK)
            return e;
        ret->kv_n++;
        w->given++;
    }
    ret->done = w->given == s->n && !range_select_goes_on(s);
    return OK;
}

static enum err step_selected(struct range_walk *w, uint64_t rows, uint64_t bytes, bool with_values,
                              struct range_part *ret)
{
    enum err e = OK;
    if (w->state == WALK_GIVING && w->given == w->job.select.n) {
        range_select_next(&w->job.select, w->given);
        begin_pass(w);
    }
    if (w->state == WALK_SCANNING)
        e = scan(w, &rows);
    if (e == OK && w->state == WALK_SORTING && range_select_sort(&w->job.select, &rows))
        move(w, WALK_GIVING);
    return e == OK && w->state == WALK_GIVING ? give(w, rows, bytes, with_values, ret) : e;
}

enum err range_walk_step(struct range_walk *w, const struct view *view, uint64_t rows,
                         uint64_t bytes, bool with_values, struct arena *arena,
                         struct range_part *ret)
{
    *ret = (struct range_part){ 0 };
    enum err e = range_job_resume(&w->job, view, bytes);
    if (e != OK)
        return e;
    w->job.arena = arena;
    e = w->job.sorted_later ? step_selected(w, rows, bytes, with_values, ret)
                            : step_by_key(w, rows, ret);
    range_job_pause(&w->job);
    ret->count = w->count;
    ret->more = w->more;
    return e;
}

/* -- going back ------------------------------------------------------------------------------- */

/* Where the job goes on from. */
static struct bytes *place_of(struct range_walk *w)
{
    return w->job.backwards ? &w->job.query.end : &w->job.query.key;
}

void range_walk_mark(struct range_walk *w)
{
    struct mark *m = &w->mark;
    buf_clear(&m->key, SIZE_MAX);
    buf_put_bytes(&m->key, *place_of(w));
    m->count = w->job.count;
    m->passed = w->job.passed;
    m->pass = w->pass;
    m->given = w->given;
    m->most = w->job.select.most - w->given;
    select_entry_free(m->last);
    m->last = w->job.sorted_later ? range_select_place(&w->job.select, w->given) : NULL;
}

void range_walk_rewind(struct range_walk *w)
{
    struct mark *m = &w->mark;
    if (!w->job.sorted_later) {
        *place_of(w) = buf_bytes(&m->key);
        w->job.count = m->count;
        w->job.passed = m->passed;
        return;
    }
    if (m->pass == w->pass) {
        w->given = m->given;
        return;
    }
    range_select_restart(&w->job.select, m->last, m->most);
    m->last = NULL;
    begin_pass(w);
}
