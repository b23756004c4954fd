/* wire/json_normal.h -- JSON rewritten so that jansson takes what Go takes: json_reader.c only.
 *
 * Every string gets a letter and a number in front, every number becomes a string: so no number is
 * too large, and no two names of an object are equal. Lone surrogates and bytes that are no UTF-8
 * become U+FFFD. */
#ifndef WIRE_JSON_NORMAL_H
#define WIRE_JSON_NORMAL_H

#include "base/buf.h"
#include "base/why.h"

enum {
    JSON_MARK_STRING = 's',
    JSON_MARK_NUMBER = 'n',
    JSON_MARK_BYTES = 9, /* the letter and eight digits */
};

struct json_limits {
    unsigned depth; /* objects and arrays in one another */
    unsigned parts; /* names, strings, numbers, commas, opening brackets */
};

/* Appends the first value of TEXT. Only what it rewrites is checked; the grammar is not.
 * ERR_MALFORMED, ERR_TOO_BIG with the sentence. */
MUST_CHECK enum err json_normalize(struct bytes text, struct json_limits limits, struct buf *out,
                                   struct why *why);

#endif
