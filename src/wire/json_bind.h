/* wire/json_bind.h -- a tree of JSON into a C struct, by a table, as Go's encoding/json fills one.
 *
 * Names are matched exactly or else without case; of repeated ones the last wins, and objects of
 * one name fill one struct together, as in Go. null changes nothing but pointers, lists and maps,
 * which it empties. The first thing that does not fit is what is said, in Go's words. */
#ifndef WIRE_JSON_BIND_H
#define WIRE_JSON_BIND_H

#include "wire/json_shape.h"

/* Fills INTO, which holds what stands when nothing is given. All lies in ARENA or lends from NODE.
 * ERR_MALFORMED, with the sentence: `json: unknown field "X"`, `time: invalid duration "x"`,
 * `json: cannot unmarshal string into Go struct field T.F of type int`. INTO is then half filled.
 */
MUST_CHECK enum err json_bind(const struct json_node *node, const struct json_shape *shape,
                              struct arena *arena, void *into, struct why *why);
/* json_read and json_bind in one. */
MUST_CHECK enum err json_decode(struct bytes text, const struct json_shape *shape,
                                struct arena *arena, void *into, struct why *why);

#endif
