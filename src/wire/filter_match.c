/* A plan against a row: selectors are walked, operators asked. Nothing is allocated but what PCRE2
 * keeps for its first match. */
#include <assert.h>

#include "base/buf.h"
#include "wire/filter.h"
#include "wire/filter_tree.h"
#include "wire/go_text.h"
#include "wire/regex.h"

/* One comparison on its way to what it compares. */
struct asking {
    const struct filter_comparison *match;
    const struct filter_bound *bound;
};

static bool is_equal(enum filter_kind kind, const struct filter_value *a,
                     const struct filter_value *b)
{
    switch (kind) {
    case FILTER_STRING:
        return bytes_eq(a->text, b->text);
    case FILTER_BOOL:
        return a->truth == b->truth;
    case FILTER_INT:
        return a->integer == b->integer;
    case FILTER_UINT:
        return a->natural == b->natural;
    case FILTER_FLOAT:
        return a->real == b->real;
    case FILTER_LIST:
    case FILTER_MAP:
    case FILTER_STRUCT:
        break;
    }
    assert(!"a value that is not single is never compared");
    return false;
}

static bool holds_text(struct bytes text, struct bytes part)
{
    if (part.n == 0)
        return true;
    for (; text.n >= part.n; text = bytes_skip(text, 1)) {
        const uint8_t *first = memchr(text.p, part.p[0], text.n - part.n + 1);
        if (first == NULL)
            return false;
        text = bytes_skip(text, (size_t)(first - text.p));
        if (bytes_starts(text, part))
            return true;
    }
    return false;
}

static bool holds(const struct filter_field *field, const struct filter_value *v,
                  const struct filter_value *wanted)
{
    struct filter_value item = { 0 };
    if (field->kind == FILTER_STRING)
        return holds_text(v->text, wanted->text);
    if (field->kind == FILTER_MAP)
        return field->find(v->object, wanted->text, &item);
    for (size_t i = 0; field->at(v->object, i, &item); i++)
        if (is_equal(field->element->kind, &item, wanted))
            return true;
    return false;
}

static bool is_empty(const struct filter_field *field, const struct filter_value *v)
{
    struct filter_value item;
    return field->kind == FILTER_MAP ? field->is_empty(v->object) : !field->at(v->object, 0, &item);
}

/* The operator on what the selector has led to. */
static enum err ask(const struct asking *a, const struct filter_field *field,
                    const struct filter_value *v, bool *ret)
{
    bool is_so = false;
    enum err e = OK;
    switch (a->match->operator) {
    case FILTER_EQUAL:
    case FILTER_NOT_EQUAL:
        is_so = is_equal(field->kind, v, &a->bound->value);
        break;
    case FILTER_IN:
    case FILTER_NOT_IN:
        is_so = holds(field, v, &a->bound->value);
        break;
    case FILTER_IS_EMPTY:
    case FILTER_IS_NOT_EMPTY:
        is_so = is_empty(field, v);
        break;
    case FILTER_MATCHES:
    case FILTER_NOT_MATCHES:
        e = regex_match(a->bound->regex, v->text, &is_so);
        break;
    case FILTER_OPERATORS:
        assert(!"no operator");
    }
    if (e == OK)
        *ret = is_so != filter_operator_denies(a->match->operator);
    return e;
}

/* What a comparison says of something that is not there: Consul's answers, `matches` among them. */
static bool ask_absent(enum filter_operator asked)
{
    return asked != FILTER_EQUAL && asked != FILTER_IN && asked != FILTER_IS_NOT_EMPTY;
}

/* Goes on from V, of FIELD, to the segment SEGMENT, the NTH. */
static enum err walk(const struct asking *a, const struct filter_field *field,
                     struct filter_value v, const struct filter_segment *segment, size_t nth,
                     bool *ret);

/* True for the list if it is for any of its items. */
static enum err walk_items(const struct asking *a, const struct filter_field *list,
                           const struct filter_value *v, const struct filter_segment *segment,
                           size_t nth, bool *ret)
{
    struct filter_value item = { 0 };
    bool any = false;
    for (size_t i = 0; !any && list->at(v->object, i, &item); i++) {
        enum err e = walk(a, list->element, item, segment, nth, &any);
        if (e != OK)
            return e;
    }
    *ret = any;
    return OK;
}

static enum err walk(const struct asking *a, const struct filter_field *field,
                     struct filter_value v, const struct filter_segment *segment, size_t nth,
                     bool *ret)
{
    for (; segment != NULL; segment = segment->next, nth++) {
        if (field->kind == FILTER_LIST)
            return walk_items(a, field, &v, segment, nth, ret);
        const struct filter_field *next = a->bound->path[nth];
        struct filter_value found = { 0 };
        bool is_there = field->kind == FILTER_MAP ? field->find(v.object, segment->name, &found)
                                                  : next->get(v.object, &found);
        if (!is_there) {
            *ret = ask_absent(a->match->operator);
            return OK;
        }
        v = found;
        field = next;
    }
    return ask(a, field, &v, ret);
}

static enum err too_many_steps(const struct filter_comparison *m, struct why *why)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    go_quote(&text, m->value);
    why_set(why, ERR_TOO_BIG, "matching regular expression %.*s takes too long", (int)text.n,
            (const char *)text.p);
    buf_fini(&text);
    return ERR_TOO_BIG;
}

static enum err compare(const struct filter_plan *plan, const struct filter_comparison *m,
                        const void *object, bool *ret, struct why *why)
{
    static const struct filter_field row = { .kind = FILTER_STRUCT };
    struct asking a = { .match = m, .bound = &plan->bounds[m->index] };
    struct filter_value v = { .object = object };
    assert(m->selector.first != NULL);
    enum err e = walk(&a, &row, v, m->selector.first, 0, ret);
    return e == OK ? OK : too_many_steps(m, why);
}

/* As deep as the parser let the expression nest. */
static enum err evaluate(const struct filter_plan *plan, const struct filter_node *node,
                         const void *object, bool *ret, struct why *why)
{
    if (node->kind == FILTER_NODE_MATCH)
        return compare(plan, &node->match, object, ret, why);
    bool is_so = false;
    for (const struct filter_node *o = node->first; o != NULL; o = o->next) {
        enum err e = evaluate(plan, o, object, &is_so, why);
        if (e != OK)
            return e;
        if (node->kind != FILTER_NODE_NOT && is_so == (node->kind == FILTER_NODE_OR))
            break;
    }
    *ret = is_so != (node->kind == FILTER_NODE_NOT);
    return OK;
}

enum err filter_match(const struct filter_plan *plan, const void *object, bool *ret,
                      struct why *why)
{
    return evaluate(plan, plan->filter->root, object, ret, why);
}
