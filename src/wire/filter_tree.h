/* wire/filter_tree.h -- a parsed filter and its plan, between parser, planner and
 * matcher. */
#ifndef WIRE_FILTER_TREE_H
#define WIRE_FILTER_TREE_H

#include "wire/filter.h"

enum filter_operator {
    FILTER_EQUAL, /* an odd one denies the one before it */
    FILTER_NOT_EQUAL,
    FILTER_IN, /* `contains` is `in` from the other side */
    FILTER_NOT_IN,
    FILTER_IS_EMPTY,
    FILTER_IS_NOT_EMPTY,
    FILTER_MATCHES,
    FILTER_NOT_MATCHES,
    FILTER_OPERATORS
};

/* `Meta["a b"].c` is three segments. */
struct filter_segment {
    struct filter_segment *next;
    struct bytes name;
    size_t joined_n; /* bytes of the selector's JOINED up to this one's end */
};

struct filter_selector {
    struct filter_segment *first;
    struct bytes joined; /* the names, with dots between them */
};

struct filter_comparison {
    struct filter_selector selector;
    enum filter_operator operator;
    struct bytes value; /* nothing for IS_EMPTY and IS_NOT_EMPTY */
    size_t index;       /* of the expression's comparisons, in their order */
};

static inline bool filter_operator_denies(enum filter_operator o)
{
    return o % 2 == 1;
}

enum filter_node_kind { FILTER_NODE_OR, FILTER_NODE_AND, FILTER_NODE_NOT, FILTER_NODE_MATCH };

/* OR and AND have two operands or more, NOT has one, MATCH none. */
struct filter_node {
    enum filter_node_kind kind;
    struct filter_node *first, *next; /* operand; the next one beside this */
    struct filter_comparison match;
};

struct filter {
    struct filter_node *root;
    size_t match_n;
};

/* A comparison bound to a schema. */
struct filter_bound {
    const struct filter_field **path; /* the field that each segment names */
    struct filter_value value;
    struct regex *regex;
};

struct filter_plan {
    const struct filter *filter;
    struct filter_bound *bounds; /* by the comparisons' index */
};

#endif
