/* The order of names, cut where the answer may change.
 *
 * For each kind the rules become segments of the ordered names: a segment goes from its first name
 * up to the next one's, and one rule a verb decides for all names in it. A prefix is the span from
 * itself up to the first name behind all that begin with it; a single name is the span up to itself
 * with a zero byte. So a name is answered by the last segment that does not begin behind it, and a
 * range by walking the segments it meets: a range is checked in full because there is no other way.
 *
 * Two ways to cut (enum access_choice). NEAREST: prefixes nest, so the rules are walked in order of
 * names with a stack of the prefixes that are open. UNION: where spans begin and end; of those that
 * have begun the one that goes farthest decides, a verb at a time.
 */
#include "access/policy_set.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

struct segment {
    struct bytes first;                               /* the first name */
    const struct access_rule *deciding[ACCESS_VERBS]; /* NULL: none speaks of these names */
};

struct segments { /* the first begins with the empty name */
    struct segment *all;
    size_t n;
};

struct policy_set {
    atomic_size_t refs;
    struct arena arena; /* everything below */
    bool is_open;
    struct segments kinds[ACCESS_KINDS];
};

/* A rule as the span of names it speaks of. */
struct span {
    struct bytes first, end;
    bool is_endless;
    const struct access_rule *rule;
};

/* -- spans ---------------------------------------------------------------------------------------
 */

/* The first name behind NAME. */
static struct bytes name_after(struct bytes name, struct arena *arena)
{
    uint8_t *p = arena_alloc(arena, name.n + 1);
    if (name.n > 0)
        memcpy(p, name.p, name.n);
    p[name.n] = 0;
    return bytes_of(p, name.n + 1);
}

/* The first name behind all that begin with PREFIX; false if there is none. */
static bool name_after_all(struct bytes prefix, struct arena *arena, struct bytes *ret)
{
    while (prefix.n > 0 && prefix.p[prefix.n - 1] == 0xff)
        prefix.n--;
    if (prefix.n == 0)
        return false;
    uint8_t *p = arena_alloc(arena, prefix.n);
    memcpy(p, prefix.p, prefix.n);
    p[prefix.n - 1]++;
    *ret = bytes_of(p, prefix.n);
    return true;
}

static struct span span_of(const struct access_rule *rule, struct arena *arena)
{
    struct span s = { .first = rule->name, .rule = rule };
    switch (rule->match) {
    case ACCESS_EXACT:
        s.end = name_after(rule->name, arena);
        return s;
    case ACCESS_PREFIX:
        s.is_endless = !name_after_all(rule->name, arena, &s.end);
        return s;
    case ACCESS_SPAN:
        s.is_endless = rule->end.n == 0;
        s.end = rule->end;
        return s;
    }
    return s;
}

/* -- segments under construction -----------------------------------------------------------------
 */

/* A segment that begins with FIRST, not before the last one; empty ones are written over. */
static struct segment *begin_segment(struct segments *s, struct bytes first)
{
    if (s->n > 0 && bytes_eq(s->all[s->n - 1].first, first))
        s->n--;
    struct segment *segment = &s->all[s->n++];
    *segment = (struct segment){ .first = first };
    return segment;
}

static void add_segment(struct segments *s, struct bytes first, const struct access_rule *rule)
{
    struct segment *segment = begin_segment(s, first);
    for (size_t verb = 0; verb < ACCESS_VERBS; verb++)
        segment->deciding[verb] = rule;
}

/* -- the nearest rule decides --------------------------------------------------------------------
 */

static int strictness(const struct access_rule *rule)
{
    if (rule->grants == ACCESS_GRANT_DENY)
        return (int)ACCESS_GRANT_WRITE + 1;
    return (int)rule->grants; /* write over list over read: the more it grants, the higher */
}

/* By name, a prefix before the single name; of the same ones the rule that decides is first. */
static int by_name(const void *x, const void *y)
{
    const struct access_rule *a = *(const struct access_rule *const *)x;
    const struct access_rule *b = *(const struct access_rule *const *)y;
    int order = bytes_cmp(a->name, b->name);
    if (order != 0)
        return order;
    if (a->match != b->match)
        return a->match == ACCESS_PREFIX ? -1 : 1;
    if (a->is_implied != b->is_implied)
        return a->is_implied ? 1 : -1;
    if (strictness(a) != strictness(b))
        return strictness(b) - strictness(a);
    return a < b ? -1 : a > b; /* the order in which they were given */
}

/* The prefixes that hold the name where the walk is, each within the one before. */
struct open_prefixes {
    struct span *all;
    size_t n;
};

static const struct access_rule *innermost(const struct open_prefixes *open)
{
    return open->n == 0 ? NULL : open->all[open->n - 1].rule;
}

/* Ends the prefixes that do not hold NAME (NULL: all). */
static void close_prefixes(struct open_prefixes *open, const struct bytes *name,
                           struct segments *out)
{
    while (open->n > 0) {
        struct span *top = &open->all[open->n - 1];
        if (name != NULL && bytes_starts(*name, top->first))
            return;
        open->n--;
        if (!top->is_endless)
            add_segment(out, top->end, innermost(open));
    }
}

static void cut_by_nearest(const struct access_rule **rules, size_t n, struct arena *arena,
                           struct segments *out)
{
    struct open_prefixes open = { .all = mem_zalloc(n, sizeof *open.all) };
    qsort(rules, n, sizeof rules[0], by_name);
    for (size_t i = 0; i < n; i++) {
        const struct access_rule *rule = rules[i];
        bool is_again =
            i > 0 && rule->match == rules[i - 1]->match && bytes_eq(rule->name, rules[i - 1]->name);
        assert(rule->match != ACCESS_SPAN);
        if (is_again)
            continue;
        close_prefixes(&open, &rule->name, out);
        struct span span = span_of(rule, arena);
        add_segment(out, span.first, rule);
        if (rule->match == ACCESS_PREFIX)
            open.all[open.n++] = span;
        else
            add_segment(out, span.end, innermost(&open));
    }
    close_prefixes(&open, NULL, out);
    mem_free(open.all);
}

/* -- any rule grants -----------------------------------------------------------------------------
 */

static int by_first(const void *x, const void *y)
{
    const struct span *a = x, *b = y;
    int order = bytes_cmp(a->first, b->first);
    return order != 0 ? order : (a->rule < b->rule ? -1 : a->rule > b->rule);
}

static int by_bytes(const void *x, const void *y)
{
    return bytes_cmp(*(const struct bytes *)x, *(const struct bytes *)y);
}

static bool ends_before(const struct span *a, const struct span *b)
{
    return !a->is_endless && (b->is_endless || bytes_cmp(a->end, b->end) < 0);
}

static bool holds(const struct span *s, struct bytes name)
{
    return s != NULL && (s->is_endless || bytes_cmp(name, s->end) < 0);
}

/* SPAN has begun: it decides for the verbs it grants if it goes farther than who did. */
static void note_farthest(const struct span *farthest[ACCESS_VERBS], const struct span *span)
{
    for (size_t verb = 0; verb < ACCESS_VERBS; verb++)
        if ((span->rule->grants & BIT(verb)) != 0 &&
            (farthest[verb] == NULL || ends_before(farthest[verb], span)))
            farthest[verb] = span;
}

static void cut_by_union(const struct access_rule **rules, size_t n, struct arena *arena,
                         struct segments *out)
{
    struct span *spans = mem_zalloc(n, sizeof *spans);
    struct bytes *cuts = mem_zalloc(2 * n, sizeof *cuts);
    const struct span *farthest[ACCESS_VERBS] = { NULL };
    size_t cut_n = 0, begun = 0;
    for (size_t i = 0; i < n; i++) {
        spans[i] = span_of(rules[i], arena);
        cuts[cut_n++] = spans[i].first;
        if (!spans[i].is_endless)
            cuts[cut_n++] = spans[i].end;
    }
    qsort(spans, n, sizeof spans[0], by_first);
    qsort(cuts, cut_n, sizeof cuts[0], by_bytes);
    for (size_t i = 0; i < cut_n; i++) {
        for (; begun < n && bytes_cmp(spans[begun].first, cuts[i]) <= 0; begun++)
            note_farthest(farthest, &spans[begun]);
        struct segment *segment = begin_segment(out, cuts[i]);
        for (size_t verb = 0; verb < ACCESS_VERBS; verb++)
            segment->deciding[verb] = holds(farthest[verb], cuts[i]) ? farthest[verb]->rule : NULL;
    }
    mem_free(spans);
    mem_free(cuts);
}

/* -- sets ----------------------------------------------------------------------------------------
 */

static void compile_kind(struct policy_set *s, enum access_kind kind,
                         const struct access_rules *rules, const struct access_rule **scratch)
{
    struct segments *out = &s->kinds[kind];
    size_t n = 0;
    for (size_t i = 0; i < rules->n; i++)
        if (rules->all[i].kind == kind)
            scratch[n++] = &rules->all[i];
    /* The empty name, and two for each rule: where it begins, and what follows it. */
    out->all = arena_zalloc(&s->arena, 1 + 2 * n, sizeof *out->all);
    add_segment(out, (struct bytes){ 0 }, NULL);
    if (n > 0 && access_kind_info(kind)->choice == ACCESS_NEAREST)
        cut_by_nearest(scratch, n, &s->arena, out);
    else if (n > 0)
        cut_by_union(scratch, n, &s->arena, out);
}

enum err policy_set_new(const struct access_rule *rules, size_t n, bool is_open,
                        const struct policy_set **ret)
{
    if (n > POLICY_SET_RULES_MAX)
        return ERR_TOO_BIG;
    struct policy_set *s = mem_zalloc(1, sizeof *s);
    struct access_rules copies;
    atomic_init(&s->refs, 1);
    arena_init(&s->arena, 0);
    s->is_open = is_open;
    access_rules_init(&copies, &s->arena);
    for (size_t i = 0; i < n; i++)
        access_rules_add(&copies, &rules[i]);
    const struct access_rule **scratch = mem_zalloc(n, sizeof *scratch);
    for (enum access_kind kind = 0; kind < ACCESS_KINDS; kind++)
        compile_kind(s, kind, &copies, scratch);
    mem_free(scratch);
    *ret = s;
    return OK;
}

/* Only the count of a set changes, and that is nobody's business but this file's. */
static struct policy_set *counted(const struct policy_set *s)
{
    return (struct policy_set *)(uintptr_t)s;
}

const struct policy_set *policy_set_ref(const struct policy_set *s)
{
    atomic_fetch_add_explicit(&counted(s)->refs, 1, memory_order_relaxed);
    return s;
}

void policy_set_unref(const struct policy_set *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&counted(s)->refs, 1, memory_order_acq_rel) > 1)
        return;
    arena_fini(&counted(s)->arena);
    mem_free(counted(s));
}

/* -- questions -----------------------------------------------------------------------------------
 */

static size_t common_length(struct bytes a, struct bytes b, size_t from)
{
    size_t n = a.n < b.n ? a.n : b.n;
    while (from < n && a.p[from] == b.p[from])
        from++;
    return from;
}

/* The segment that NAME is in: the last that does not begin behind it. What both ends of the search
 * have in common with NAME all between have too, and it is not compared again. */
static size_t find_segment(const struct segments *s, struct bytes name)
{
    size_t low = 0, high = s->n, low_common = 0, high_common = 0;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        struct bytes first = s->all[middle].first;
        size_t same =
            common_length(first, name, low_common < high_common ? low_common : high_common);
        bool is_behind = same < first.n && (same == name.n || first.p[same] > name.p[same]);
        if (is_behind) {
            high = middle;
            high_common = same;
        } else {
            low = middle;
            low_common = same;
        }
    }
    return low;
}

/* True if the question is also about NAME, which is behind the question's own. */
static bool reaches(const struct access_question *q, struct bytes name)
{
    switch (q->extent) {
    case ACCESS_ONE:
        return false;
    case ACCESS_UNDER:
        return bytes_starts(name, q->name);
    case ACCESS_RANGE:
        return bytes_cmp(name, q->end) < 0;
    case ACCESS_FROM:
        return true;
    }
    return true;
}

static struct access_answer answer_default(const struct policy_set *s,
                                           const struct access_question *q);

static struct access_answer answer_segment(const struct policy_set *s,
                                           const struct segment *segment,
                                           const struct access_question *q)
{
    const struct access_rule *rule = segment->deciding[q->verb];
    if (rule == NULL)
        return answer_default(s, q);
    return (struct access_answer){ .is_allowed = (rule->grants & BIT(q->verb)) != 0, .rule = rule };
}

/* No rule of the kind speaks: its fallback's do (which has none of its own), or the default. */
static struct access_answer answer_default(const struct policy_set *s,
                                           const struct access_question *q)
{
    const struct access_kind_info *info = access_kind_info(q->kind);
    if (info->fallback == q->kind)
        return (struct access_answer){ .is_allowed = s->is_open && info->may_default };
    struct access_question other = { .verb = q->verb, .kind = info->fallback };
    return answer_segment(s, &s->kinds[other.kind].all[0], &other);
}

struct access_answer policy_set_check(const struct policy_set *s,
                                      const struct access_question *question)
{
    const struct segments *segments = &s->kinds[question->kind];
    size_t i = find_segment(segments, question->name);
    struct access_answer first = answer_segment(s, &segments->all[i], question);
    if (!first.is_allowed)
        return first;
    for (i++; i < segments->n && reaches(question, segments->all[i].first); i++) {
        struct access_answer answer = answer_segment(s, &segments->all[i], question);
        if (!answer.is_allowed)
            return answer;
    }
    return first;
}

bool policy_set_allows_any(const struct policy_set *s, enum access_kind kind, enum access_verb verb)
{
    const struct access_question question = { .verb = verb, .kind = kind };
    for (size_t i = 0; i < s->kinds[kind].n; i++)
        if (answer_segment(s, &s->kinds[kind].all[i], &question).is_allowed)
            return true;
    return false;
}
