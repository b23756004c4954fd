/* wire/hcl_string.h -- quoted strings and heredocs of HCL version 1, and JSON's strings. */
#ifndef WIRE_HCL_STRING_H
#define WIRE_HCL_STRING_H

#include "base/arena.h"

/* Bytes before the quote that ends the string whose inside begins TEXT; false if none does before
 * its line ends. IS_JSON: by JSON's rules, else by HCL's, where `${...}` may hold quotes and lines.
 */
bool hcl_string_length(struct bytes text, bool is_json, size_t *ret);
/* What the inside of a string stands for, in the arena. False, with where, if an escape does not
 * exist or what comes out is no UTF-8 or has a NUL. */
bool hcl_string_decode(struct bytes inside, bool is_json, struct arena *arena, struct bytes *ret,
                       size_t *ret_bad);
/* TEXT begins with "<<": the lines of the heredoc (each with its line end) and how far it goes, up
 * to and not with the line end of its last line. `<<-` takes away the indentation of that line if
 * all lines have it. */
bool hcl_heredoc_decode(struct bytes text, struct arena *arena, struct bytes *ret,
                        size_t *ret_used);

#endif
