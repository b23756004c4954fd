/* wire/regex.h -- regular expressions as Go's regexp takes them (RE2's syntax), matched by PCRE2
 * within a bound.
 *
 * A match says whether the expression is found anywhere in the subject, groups say where first. One
 * that needs more steps than it may have is an error, never "no match". */
#ifndef WIRE_REGEX_H
#define WIRE_REGEX_H

#include "base/arena.h"
#include "base/why.h"

enum {
    REGEX_STEPS_MAX = 100000,  /* of one match */
    REGEX_HEAP_MAX_KIB = 1024, /* for what a match must come back to */
};

struct regex; /* of one thread at a time */

/* Compiles PATTERN; all memory, that of matches too, comes out of ARENA. ERR_MALFORMED with Go's
 * sentence ("error parsing regexp: missing closing ): `(`"); ERR_TOO_BIG likewise for what nests
 * too deeply or grows too large. */
MUST_CHECK enum err regex_compile(struct bytes pattern, struct arena *arena, struct regex **ret,
                                  struct why *why);
/* The same for regex_groups; it costs a little more. */
MUST_CHECK enum err regex_compile_groups(struct bytes pattern, struct arena *arena,
                                         struct regex **ret, struct why *why);
/* True in RET if SUBJECT holds a match. What is no UTF-8 in it matches nothing. ERR_TOO_BIG at the
 * bound. */
MUST_CHECK enum err regex_match(struct regex *regex, struct bytes subject, bool *ret);
/* What the whole expression and each of its groups matched first, lent from SUBJECT (a group that
 * took no part is empty): at most MAX; none if nothing matches. ERR_TOO_BIG as above. */
MUST_CHECK enum err regex_groups(struct regex *regex, struct bytes subject, struct arena *arena,
                                 struct bytes *ret, size_t max, size_t *ret_n);

#endif
