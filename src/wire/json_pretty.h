/* wire/json_pretty.h -- JSON with line ends, as Go's MarshalIndent lays it out: four spaces. */
#ifndef WIRE_JSON_PRETTY_H
#define WIRE_JSON_PRETTY_H

#include "base/buf.h"

/* Appends JSON, which is well formed and without blanks between its parts. */
void json_pretty(struct bytes json, struct buf *out);

#endif
