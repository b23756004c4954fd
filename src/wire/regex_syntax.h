/* wire/regex_syntax.h -- from the syntax of Go's regular expressions to PCRE2's. */
#ifndef WIRE_REGEX_SYNTAX_H
#define WIRE_REGEX_SYNTAX_H

#include "base/buf.h"
#include "base/why.h"

enum { REGEX_DEPTH_MAX = 100 }; /* groups in each other */

/* Appends to OUT what means to PCRE2 (UTF, dollar only at the end, newline LF) what PATTERN means
 * to Go. Groups capture if CAPTURES. Errors as regex_compile. */
MUST_CHECK enum err regex_translate(struct bytes pattern, bool captures, struct buf *out,
                                    struct why *why);

#endif
