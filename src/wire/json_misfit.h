/* wire/json_misfit.h -- what json_bind.h says of a value that does not fit, in the words of Go's
 * encoding/json. */
#ifndef WIRE_JSON_MISFIT_H
#define WIRE_JSON_MISFIT_H

#include "wire/json_shape.h"

struct json_place { /* where in the struct: the names from the root */
    const struct json_place *above;
    const struct json_shape *shape; /* that has the field */
    const char *name;
};

/* ERR_MALFORMED, with WHY: NODE at PLACE (NULL: the root) is none of Go's TYPE. SAY_NUMBER: a
 * number is named, as where its kind would do but not its value. */
enum err json_misfit(struct why *why, const struct json_place *place, const struct json_node *node,
                     const char *type, bool say_number);
/* The same for FIELD, whose type is known. */
enum err json_field_misfit(struct why *why, const struct json_place *place,
                           const struct json_node *node, const struct json_field *field);

#endif
