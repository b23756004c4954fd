/* net/grpc_frame.h -- one message on the wire: a flag, its length in four bytes, its bytes. */
#ifndef NET_GRPC_FRAME_H
#define NET_GRPC_FRAME_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/err.h"

enum { GRPC_PREFIX = 5 };

struct grpc_frame {
    uint8_t flag; /* 0, or 1: compressed */
    uint32_t length;
    struct bytes payload; /* lends from the input */
    size_t whole_n;       /* with its prefix; what is needed at least after ERR_TRUNCATED */
};

/* Reads the message IN begins with. ERR_TRUNCATED: more is needed, at least RET->whole_n bytes;
 * ERR_TOO_BIG: its length is above LENGTH_MAX; ERR_MALFORMED: another flag. All of RET but the
 * payload is set in these cases too as far as it is known. */
MUST_CHECK enum err grpc_frame_read(struct bytes in, size_t length_max, struct grpc_frame *ret);
void grpc_frame_write_prefix(uint8_t at[GRPC_PREFIX], uint8_t flag, size_t n);

#endif
