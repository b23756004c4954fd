/* wire/filter_token.h -- what the expressions of the filter language are made of: selectors and
 * values. */
#ifndef WIRE_FILTER_TOKEN_H
#define WIRE_FILTER_TOKEN_H

#include "base/arena.h"
#include "wire/filter_scan.h"
#include "wire/filter_tree.h"

struct filter_tokens {
    struct filter_scan scan;
    struct arena *arena;
    bool is_too_big; /* for the arena */
};

/* Every rule begins with _enter and ends with _leave, which gives OK and goes back to START if it
 * is false. */
enum filter_rule filter_enter(struct filter_tokens *in, enum filter_rule rule);
bool filter_leave(struct filter_tokens *in, enum filter_rule outer, size_t start, bool ok);

/* `Meta.version`, `Meta["a key"].b`. False, and nothing is taken, if none stands here. */
bool filter_take_selector(struct filter_tokens *in, struct filter_selector *ret);
/* A number, a quoted string, or a selector, which where a value stands is its own text. */
bool filter_take_value(struct filter_tokens *in, struct bytes *ret);

#endif
