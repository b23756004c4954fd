/* net/grpc_symbols.h -- what a serialised file descriptor defines. */
#ifndef NET_GRPC_SYMBOLS_H
#define NET_GRPC_SYMBOLS_H

#include "base/bytes.h"

/* SYMBOL is a full name without a leading dot: a message, enum, enum value, service, method,
 * extension or field that DESCRIPTOR (a FileDescriptorProto) defines. A descriptor that cannot be
 * read defines nothing. */
bool grpc_file_defines(struct bytes descriptor, struct bytes symbol);

#endif
