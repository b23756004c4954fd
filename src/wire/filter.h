/* wire/filter.h -- Consul's filter expressions: `Service.Meta.version == "2" and canary in Tags`.
 *
 * A filter is parsed once, bound to what rows of a kind look like (a plan), then asked row by row.
 * Errors are what Consul's clients see, but for "Failed to create boolean expression evaluator: ",
 * which most endpoints put in front. Operators by kind of field: enum filter_kind. */
#ifndef WIRE_FILTER_H
#define WIRE_FILTER_H

#include "base/arena.h"
#include "base/why.h"

enum {
    FILTER_TEXT_MAX = 8 * 1024, /* bytes of an expression */
    FILTER_DEPTH_MAX = 64,      /* parentheses and `not`s in each other */
};

struct filter_limits {
    size_t text_max;    /* 0: FILTER_TEXT_MAX */
    unsigned depth_max; /* 0: FILTER_DEPTH_MAX */
};

struct filter;      /* an expression: immutable */
struct filter_plan; /* an expression for rows of one kind: of one thread at a time */

/* -- what rows look like ----------------------------------------------------------------------- */

enum filter_kind {
    FILTER_STRING, /* == != in contains matches */
    FILTER_BOOL,   /* == != */
    FILTER_INT,    /* == != */
    FILTER_UINT,   /* == != */
    FILTER_FLOAT,  /* == != */
    FILTER_LIST,   /* is empty; of strings, numbers and truths: in contains; of structs: any of them
                    */
    FILTER_MAP,    /* from strings: in contains (its keys), is empty, and what stands under a key */
    FILTER_STRUCT, /* its fields only */
};

/* What an accessor found: the member of its field's kind. */
struct filter_value {
    struct bytes text; /* lent until the row's next change */
    bool truth;
    int64_t integer;
    uint64_t natural;
    double real;
    const void *object; /* a list, map or struct: what the accessors below it are given */
};

struct filter_field;

struct filter_schema {
    const struct filter_field *fields;
    size_t field_n;
};

/* One name of a struct, or the nameless element of a list or map. Accessors return false for what
 * is absent (a list's only beyond its end), keep nothing and allocate nothing. What is absent from
 * a struct is like a key that a map does not have: see filter_match. No schema holds itself. */
struct filter_field {
    const char *name;
    enum filter_kind kind;
    unsigned bits;                                                    /* INT, UINT: 0 = 64 */
    const struct filter_schema *fields;                               /* STRUCT */
    const struct filter_field *element;                               /* LIST, MAP: what is in it */
    bool (*get)(const void *row, struct filter_value *ret);           /* a struct's field */
    bool (*at)(const void *list, size_t i, struct filter_value *ret); /* LIST */
    bool (*find)(const void *map, struct bytes key, struct filter_value *ret); /* MAP */
    bool (*is_empty)(const void *map);                                         /* MAP */
};

/* -- from text to answers ---------------------------------------------------------------------- */

/* Reads TEXT into ARENA; nothing is kept of it. LIMITS may be NULL. ERR_MALFORMED and ERR_TOO_BIG
 * with the sentence in WHY. No text at all is malformed too: what is no filter is the caller's to
 * say. */
MUST_CHECK enum err filter_parse(struct bytes text, const struct filter_limits *limits,
                                 struct arena *arena, const struct filter **ret, struct why *why);

/* Binds FILTER, which must outlive it, to rows of SCHEMA: ERR_INVALID for a selector that is none
 * of theirs, an operator or a value that does not fit its field; ERR_TOO_BIG. */
MUST_CHECK enum err filter_check(const struct filter *filter, const struct filter_schema *schema,
                                 struct arena *arena, const struct filter_plan **ret,
                                 struct why *why);

/* Whether the row OBJECT is one that the expression asks for. Where a selector meets what is
 * absent,
 * ==, in, contains and `is not empty` are false, all others true (`matches` too); through a list of
 * structs a comparison is true if it is for any of them. ERR_TOO_BIG if a regular expression needs
 * more steps than it may have: then the row is neither. */
MUST_CHECK enum err filter_match(const struct filter_plan *plan, const void *object, bool *ret,
                                 struct why *why);

#endif
