/* wire/json_reader.h -- JSON as Go's encoding/json reads it, into a tree.
 *
 * Over jansson, which holds the grammar. Numbers stay as they were written (jansson refuses what is
 * above 2^63 - 1), and so do repeated names; what is no UTF-8, and half of a surrogate pair,
 * becomes U+FFFD, as in Go. */
#ifndef WIRE_JSON_READER_H
#define WIRE_JSON_READER_H

#include "base/arena.h"
#include "base/why.h"

enum {
    JSON_READ_DEPTH_MAX = 64,     /* objects and arrays in one another */
    JSON_READ_PARTS_MAX = 200000, /* names, strings, numbers, commas, opening brackets */
};

enum json_node_kind {
    JSON_NODE_NULL,
    JSON_NODE_BOOL,
    JSON_NODE_NUMBER,
    JSON_NODE_STRING,
    JSON_NODE_ARRAY,
    JSON_NODE_OBJECT,
};

struct json_node { /* immutable once read */
    enum json_node_kind kind;
    bool truth;
    struct bytes name;             /* of an object's member */
    struct bytes text;             /* of a string, UTF-8; of a number, as it was written */
    const struct json_node *first; /* first member or element, in the order sent */
    const struct json_node *next;  /* in the same object or array */
};

/* Reads the first value of TEXT; what follows it is not looked at. The tree lives in ARENA and
 * lends nothing. ERR_MALFORMED, ERR_TOO_BIG with a sentence, which is Go's for a text that is empty
 * ("EOF") or ends too early ("unexpected EOF"). */
MUST_CHECK enum err json_read(struct bytes text, struct arena *arena, const struct json_node **ret,
                              struct why *why);

/* True for a number without fraction and exponent that fits. */
bool json_node_uint(const struct json_node *node, uint64_t *ret);
bool json_node_int(const struct json_node *node, int64_t *ret);

#endif
