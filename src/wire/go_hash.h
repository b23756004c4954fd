/* wire/go_hash.h -- hashes of Go's structs as github.com/mitchellh/hashstructure makes them in its
 * first format, over FNV-1 of 64 bits: Consul shows some, and clients compare them.
 *
 * A struct's is begun with its type's name and takes its fields in any order; a list's and a map's
 * begin with 0. */
#ifndef WIRE_GO_HASH_H
#define WIRE_GO_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

uint64_t go_hash_text(struct bytes text);
/* Of any type of 64 bits. */
uint64_t go_hash_int(int64_t v);
uint64_t go_hash_bool(bool v);
/* Of a pointer or interface that is nil. */
uint64_t go_hash_nil(void);
/* A list with one element more. */
void go_hash_add(uint64_t *list, uint64_t element);
/* A struct with one field more, or a map with one name more. */
void go_hash_put(uint64_t *whole, const char *name, uint64_t value);
void go_hash_put_bytes(uint64_t *whole, struct bytes name, uint64_t value);

#endif
