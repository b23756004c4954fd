/* Sorted runs, merged when they are of like size. */
#include "faces/etcd/spans.h"

#include <assert.h>

/* True if the end (A, A_INCLUSIVE) reaches further than B's. */
static bool reaches_further(struct bytes a, bool a_inclusive, struct bytes b, bool b_inclusive)
{
    int order = bytes_cmp(a, b);
    return order != 0 ? order > 0 : a_inclusive && !b_inclusive;
}

static void set_furthest(struct span *s, const struct span *before)
{
    s->furthest = s->end;
    s->furthest_inclusive = s->to_end_inclusive;
    if (before != NULL && reaches_further(before->furthest, before->furthest_inclusive, s->end,
                                          s->to_end_inclusive)) {
        s->furthest = before->furthest;
        s->furthest_inclusive = before->furthest_inclusive;
    }
}

static struct span_run merge_runs(struct arena *arena, struct span_run a, struct span_run b)
{
    struct span_run out = { .n = a.n + b.n };
    out.spans = arena_alloc(arena, out.n * sizeof out.spans[0]);
    size_t i = 0, j = 0;
    for (size_t k = 0; k < out.n; k++) {
        bool from_a = j == b.n || (i < a.n && bytes_cmp(a.spans[i].begin, b.spans[j].begin) <= 0);
        out.spans[k] = from_a ? a.spans[i++] : b.spans[j++];
        set_furthest(&out.spans[k], k == 0 ? NULL : &out.spans[k - 1]);
    }
    return out;
}

/* Puts RUN in its place by length and merges until each is twice as long as the next. */
static void add_run(struct spans *s, struct arena *arena, struct span_run run)
{
    if (s->runs == NULL)
        s->runs = arena_alloc(arena, SPAN_RUNS * sizeof s->runs[0]);
    s->n += run.n;
    while (s->run_n > 0 && s->runs[s->run_n - 1].n < 2 * run.n)
        run = merge_runs(arena, s->runs[--s->run_n], run);
    assert(s->run_n < SPAN_RUNS);
    s->runs[s->run_n++] = run;
}

static void add(struct spans *s, struct arena *arena, struct span span)
{
    struct span *one = arena_alloc(arena, sizeof *one);
    *one = span;
    set_furthest(one, NULL);
    add_run(s, arena, (struct span_run){ .spans = one, .n = 1 });
}

void spans_add_key(struct spans *s, struct arena *arena, struct bytes key)
{
    add(s, arena, (struct span){ .begin = key, .end = key, .to_end_inclusive = true });
}

void spans_add_range(struct spans *s, struct arena *arena, struct bytes begin, struct bytes end)
{
    if (bytes_cmp(begin, end) < 0)
        add(s, arena, (struct span){ .begin = begin, .end = end });
}

void spans_join(struct spans *s, struct arena *arena, struct spans *other)
{
    if (s->n < other->n) {
        struct spans larger = *other;
        *other = *s;
        *s = larger;
    }
    for (size_t i = 0; i < other->run_n; i++)
        add_run(s, arena, other->runs[i]);
    *other = (struct spans){ 0 };
}

/* The number of spans of RUN that begin before SPAN ends. */
static size_t begin_before_end(const struct span_run *run, const struct span *span)
{
    size_t low = 0, high = run->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_cmp(run->spans[middle].begin, span->end);
        if (order < 0 || (order == 0 && span->to_end_inclusive))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool span_meets(const struct spans *s, const struct span *span)
{
    for (size_t i = 0; i < s->run_n; i++) {
        size_t n = begin_before_end(&s->runs[i], span);
        if (n == 0)
            continue;
        const struct span *last = &s->runs[i].spans[n - 1];
        int order = bytes_cmp(last->furthest, span->begin);
        if (order > 0 || (order == 0 && last->furthest_inclusive))
            return true;
    }
    return false;
}

bool spans_hold(const struct spans *s, struct bytes key)
{
    const struct span one = { .begin = key, .end = key, .to_end_inclusive = true };
    return span_meets(s, &one);
}

bool spans_meet(const struct spans *a, const struct spans *b)
{
    const struct spans *few = a->n <= b->n ? a : b;
    const struct spans *many = few == a ? b : a;
    if (many->n == 0 || few->n == 0)
        return false;
    for (size_t i = 0; i < few->run_n; i++)
        for (size_t k = 0; k < few->runs[i].n; k++)
            if (span_meets(many, &few->runs[i].spans[k]))
                return true;
    return false;
}
