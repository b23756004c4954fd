/* From a tree to a plan: each selector becomes the fields it names, each value what they hold. */
#include "base/buf.h"
#include "wire/filter.h"
#include "wire/filter_tree.h"
#include "wire/go_text.h"
#include "wire/regex.h"

struct planner {
    const struct filter_schema *schema;
    struct arena *arena;
    struct filter_plan *plan;
    struct why *why;
};

/* clang-format off */
static const char *const operator_names[FILTER_OPERATORS] = {
    [FILTER_EQUAL] = "Equal",       [FILTER_NOT_EQUAL] = "Not Equal",
    [FILTER_IN] = "In",             [FILTER_NOT_IN] = "Not In",
    [FILTER_IS_EMPTY] = "Is Empty", [FILTER_IS_NOT_EMPTY] = "Is Not Empty",
    [FILTER_MATCHES] = "Matches",   [FILTER_NOT_MATCHES] = "Not Matches",
};
/* clang-format on */

enum {
    EQUALITY = BIT(FILTER_EQUAL) | BIT(FILTER_NOT_EQUAL),
    MEMBERSHIP = BIT(FILTER_IN) | BIT(FILTER_NOT_IN),
    EMPTINESS = BIT(FILTER_IS_EMPTY) | BIT(FILTER_IS_NOT_EMPTY),
    PATTERNS = BIT(FILTER_MATCHES) | BIT(FILTER_NOT_MATCHES),
};

static bool is_single(enum filter_kind kind)
{
    return kind != FILTER_LIST && kind != FILTER_MAP && kind != FILTER_STRUCT;
}

/* A bit for each operator that fits FIELD. */
static unsigned operators_of(const struct filter_field *field)
{
    switch (field->kind) {
    case FILTER_STRING:
        return EQUALITY | MEMBERSHIP | PATTERNS;
    case FILTER_BOOL:
    case FILTER_INT:
    case FILTER_UINT:
    case FILTER_FLOAT:
        return EQUALITY;
    case FILTER_LIST:
        return is_single(field->element->kind) ? EMPTINESS | MEMBERSHIP : EMPTINESS;
    case FILTER_MAP:
        return EMPTINESS | MEMBERSHIP;
    case FILTER_STRUCT:
        return 0;
    }
    return 0;
}

/* -- errors ------------------------------------------------------------------------------------ */

/* E with SENTENCE, in which %q stands for the next of PARTS in quotes, %s for it as it is. */
static enum err refuse(struct planner *p, enum err e, const char *sentence,
                       const struct bytes *parts)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    for (const char *c = sentence; *c != 0; c++) {
        bool is_part = c[0] == '%' && (c[1] == 'q' || c[1] == 's');
        if (!is_part) {
            buf_put_u8(&text, (uint8_t)*c);
            continue;
        }
        if (*++c == 'q')
            go_quote(&text, *parts++);
        else
            buf_put_bytes(&text, *parts++);
    }
    why_set(p->why, e, "%.*s", (int)text.n, (const char *)text.p);
    buf_fini(&text);
    return e;
}

/* -- selectors --------------------------------------------------------------------------------- */

static const struct filter_field *named(const struct filter_schema *schema, struct bytes name)
{
    for (size_t i = 0; i < schema->field_n; i++)
        if (bytes_is(name, schema->fields[i].name))
            return &schema->fields[i];
    return NULL;
}

/* What NAME means below FIELD; lists are looked through. NULL if nothing. */
static const struct filter_field *below(const struct filter_field *field, struct bytes name)
{
    while (field->kind == FILTER_LIST)
        field = field->element;
    if (field->kind == FILTER_MAP)
        return field->element;
    return field->kind == FILTER_STRUCT ? named(field->fields, name) : NULL;
}

/* The field that S leads to; NULL, with the sentence in P->why, if it leads to none. */
static const struct filter_field *bind_selector(struct planner *p, const struct filter_selector *s,
                                                struct filter_bound *bound)
{
    const struct filter_field *field = NULL;
    size_t n = 0;
    for (const struct filter_segment *g = s->first; g != NULL; g = g->next)
        n++;
    bound->path = arena_zalloc(p->arena, n, sizeof(struct filter_field *));
    n = 0;
    for (const struct filter_segment *g = s->first; g != NULL; g = g->next) {
        field = n == 0 ? named(p->schema, g->name) : below(field, g->name);
        if (field == NULL) {
            struct bytes until = bytes_of(s->joined.p, g->joined_n);
            IGNORE(refuse(p, ERR_INVALID, "Selector %q is not valid", &until)); /* NULL says it */
            return NULL;
        }
        bound->path[n++] = field;
    }
    return field;
}

/* -- values ------------------------------------------------------------------------------------ */

/* TEXT as a value of KIND; *RET_READER is who refused it. */
static enum err read_value(enum filter_kind kind, unsigned bits, struct bytes text,
                           struct filter_value *ret, const char **ret_reader)
{
    bits = bits == 0 ? 64 : bits;
    switch (kind) {
    case FILTER_BOOL:
        *ret_reader = "strconv.ParseBool";
        return go_read_bool(text, &ret->truth);
    case FILTER_INT:
        *ret_reader = "strconv.ParseInt";
        return go_read_int(text, bits, &ret->integer);
    case FILTER_UINT:
        *ret_reader = "strconv.ParseUint";
        return go_read_uint(text, bits, &ret->natural);
    case FILTER_FLOAT:
        *ret_reader = "strconv.ParseFloat";
        return go_read_float(text, &ret->real);
    case FILTER_STRING:
    case FILTER_MAP: /* a key */
    case FILTER_LIST:
    case FILTER_STRUCT:
        break;
    }
    ret->text = text;
    return OK;
}

static enum err bind_value(struct planner *p, const struct filter_comparison *m,
                           const struct filter_field *field, struct filter_bound *bound)
{
    const struct filter_field *held = field->kind == FILTER_LIST ? field->element : field;
    const char *reader = "";
    enum err e = read_value(held->kind, held->bits, m->value, &bound->value, &reader);
    if (e == OK)
        return OK;
    const struct bytes parts[] = { m->value, m->selector.joined, bytes_str(reader), m->value,
                                   bytes_str(go_number_error(e)) };
    return refuse(p, ERR_INVALID, "Failed to coerce value %q for selector %q: %s: parsing %q: %s",
                  parts);
}

static enum err bind_pattern(struct planner *p, const struct filter_comparison *m,
                             struct filter_bound *bound)
{
    struct why why = { 0 };
    enum err e = regex_compile(m->value, p->arena, &bound->regex, &why);
    if (e == OK)
        return OK;
    const struct bytes parts[] = { m->value, bytes_str(why.text) };
    return refuse(p, e == ERR_TOO_BIG ? e : ERR_INVALID,
                  "Failed to compile regular expression %q: %s", parts);
}

static enum err bind(struct planner *p, const struct filter_comparison *m)
{
    struct filter_bound *bound = &p->plan->bounds[m->index];
    const struct filter_field *field = bind_selector(p, &m->selector, bound);
    if (field == NULL)
        return ERR_INVALID;
    if ((operators_of(field) & BIT(m->operator)) == 0) {
        const struct bytes parts[] = { bytes_str(operator_names[m->operator]), m->selector.joined };
        return refuse(p, ERR_INVALID, "Invalid match operator %q for selector %q", parts);
    }
    if ((BIT(m->operator) & EMPTINESS) != 0)
        return OK;
    if ((BIT(m->operator) & PATTERNS) != 0)
        return bind_pattern(p, m, bound);
    return bind_value(p, m, field, bound);
}

/* As deep as the parser let the expression nest. */
static enum err bind_all(struct planner *p, const struct filter_node *node)
{
    if (node->kind == FILTER_NODE_MATCH)
        return bind(p, &node->match);
    for (const struct filter_node *o = node->first; o != NULL; o = o->next) {
        enum err e = bind_all(p, o);
        if (e != OK)
            return e;
    }
    return OK;
}

enum err filter_check(const struct filter *filter, const struct filter_schema *schema,
                      struct arena *arena, const struct filter_plan **ret, struct why *why)
{
    struct filter_plan *plan = arena_zalloc(arena, 1, sizeof *plan);
    struct planner p = { .schema = schema, .arena = arena, .plan = plan, .why = why };
    plan->filter = filter;
    plan->bounds = arena_zalloc(arena, filter->match_n, sizeof *plan->bounds);
    enum err e = bind_all(&p, filter->root);
    if (e == OK)
        *ret = plan;
    return e;
}
