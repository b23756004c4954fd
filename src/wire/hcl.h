/* wire/hcl.h -- HCL version 1 and JSON, read into one kind of tree.
 *
 * What Consul's rules and definition files are written in. A block's labels are objects of one
 * member each, so that
 *
 *     key "app/" { policy = "read" }          {"key": {"app/": {"policy": "read"}}}
 *
 * give the same tree. Names may repeat in an object; all members are kept, in order. `${...}` in a
 * string is kept as it stands: nothing is evaluated here.
 */
#ifndef WIRE_HCL_H
#define WIRE_HCL_H

#include "base/arena.h"
#include "base/why.h"

enum {
    HCL_TEXT_MAX = 1 << 20,  /* bytes of a text */
    HCL_DEPTH_MAX = 64,      /* objects and lists in one another; a label counts as one */
    HCL_VALUES_MAX = 100000, /* values of a text */
};

enum hcl_kind { HCL_NULL, HCL_BOOL, HCL_NUMBER, HCL_STRING, HCL_LIST, HCL_OBJECT };

struct hcl_node { /* immutable once read */
    enum hcl_kind kind;
    bool truth;
    struct bytes name;            /* of an object's member; empty for an element of a list */
    struct bytes text;            /* of a string; of a number, as it was written */
    const struct hcl_node *first; /* first member or element */
    const struct hcl_node *next;  /* in the same object or list */
    uint32_t line, column;        /* where it stands, from 1; columns count bytes */
};

/* Reads the whole of TEXT into an object. The tree lends from TEXT and lives in ARENA. ERR_TOO_BIG,
 * ERR_MALFORMED with a sentence that begins with the place, "At 3:14: ". */
MUST_CHECK enum err hcl_parse(struct bytes text, struct arena *arena, const struct hcl_node **ret,
                              struct why *why);

/* Walks all values of a name in OBJECT: repeated members, and lists element by element, for
 * `check {...} check {...}` and `check = [{...}, {...}]` mean the same. */
struct hcl_cursor {
    const struct hcl_node *member;  /* where to look for the next */
    const struct hcl_node *element; /* next of the list that is being walked */
    const char *name;
};

/* Names are compared without the case of ASCII letters, as Consul does. Keeps NAME. */
void hcl_cursor_init(struct hcl_cursor *c, const struct hcl_node *object, const char *name);
/* The next value, NULL after the last. */
const struct hcl_node *hcl_cursor_next(struct hcl_cursor *c);
/* A whole number that fits, be it decimal, 0x or with a leading 0 octal. */
bool hcl_integer(const struct hcl_node *node, int64_t *ret);

#endif
