/* wire/yaml_flat.h -- a YAML document that is one flat mapping: what a configuration file is here.
 *
 * Over libyaml's events. Values are scalars, sequences of scalars (handed on joined by commas) or
 * one level of mappings ("section.name"). What is deeper, aliases, NULs, several documents and
 * input above 1 MiB are refused with the line in WHY. */
#ifndef WIRE_YAML_FLAT_H
#define WIRE_YAML_FLAT_H

#include "base/bytes.h"
#include "base/why.h"

/* Calls EACH with every key and value, NUL-terminated and lent for the call; what it returns but OK
 * ends the reading with that. */
MUST_CHECK enum err yaml_read_flat(struct bytes text,
                                   enum err (*each)(void *ctx, const char *key, const char *value),
                                   void *ctx, struct why *why);

#endif
