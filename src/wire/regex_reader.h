/* wire/regex_reader.h -- a Go regular expression under a cursor. */
#ifndef WIRE_REGEX_READER_H
#define WIRE_REGEX_READER_H

#include "base/buf.h"
#include "base/why.h"

struct regex_reader {
    struct bytes text;
    size_t at;
    struct buf *out; /* what it is for PCRE2 */
    struct why *why;
};

bool regex_at_end(const struct regex_reader *in);
/* True if WORD stands here; _take takes it. */
bool regex_stands(const struct regex_reader *in, const char *word);
bool regex_take(struct regex_reader *in, const char *word);
/* The next character; 0xffffffff at the end. */
MUST_CHECK enum err regex_take_rune(struct regex_reader *in, uint32_t *ret);
/* A character by its escape; the cursor is on the backslash. */
MUST_CHECK enum err regex_take_escape(struct regex_reader *in, uint32_t *ret);

/* ERR_MALFORMED: WHAT is wrong with the pattern from FROM up to here. */
enum err regex_refuse(struct regex_reader *in, const char *what, size_t from);
/* E: WHAT is wrong with the pattern from FROM to its end. */
enum err regex_refuse_rest(struct regex_reader *in, enum err e, const char *what, size_t from);

bool regex_is_alnum(uint32_t rune);
bool regex_is_surrogate(uint32_t rune);

#endif
