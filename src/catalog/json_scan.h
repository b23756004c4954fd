/* catalog/json_scan.h -- just enough JSON to look into a value while a command is applied: no
 * library, no recursion, no floating point. */
#ifndef CATALOG_JSON_SCAN_H
#define CATALOG_JSON_SCAN_H

#include "base/arena.h"

enum { JSON_SCAN_DEPTH = 32 };

/* Calls EACH for the members of the one object that TEXT is, in order: NAME without escapes, in the
 * arena, and its value as it stands. False if TEXT, which must be UTF-8, is anything else, or nests
 * deeper than JSON_SCAN_DEPTH; EACH has then seen what comes before. */
bool json_scan_object(struct bytes text, struct arena *arena,
                      void (*each)(void *ctx, struct bytes name, struct bytes value), void *ctx);
/* The text of a value that is a string, in the arena; false if it is none. A lone surrogate is
 * U+FFFD. */
bool json_scan_string(struct bytes value, struct arena *arena, struct bytes *ret);

#endif
