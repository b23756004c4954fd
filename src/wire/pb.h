/* wire/pb.h -- Protocol Buffers' wire format: writing straight into a buffer, reading without a
 * tree, and the walk that comes before protobuf-c sees a message.
 *
 * protobuf-c recurses without a limit and allocates an element for two bytes of input; so every
 * message from outside goes through pb_check first (kernel.md 10). */
#ifndef WIRE_PB_H
#define WIRE_PB_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/buf.h"

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_LEN = 2, PB_FIXED32 = 5 };

/* -- writing: proto3, zero values are left out unless the name says _always ----------------------
 */

void pb_put_varint(struct buf *b, uint64_t v);
void pb_put_uint(struct buf *b, uint32_t field, uint64_t v);
void pb_put_int(struct buf *b, uint32_t field, int64_t v);
void pb_put_bool(struct buf *b, uint32_t field, bool v);
void pb_put_bytes(struct buf *b, uint32_t field, struct bytes v);
void pb_put_bytes_always(struct buf *b, uint32_t field, struct bytes v);
/* The head of a length-delimited field whose N bytes the caller appends next. */
void pb_put_len(struct buf *b, uint32_t field, size_t n);
/* A nested message written in place: remember what _open gives, hand it to _close. */
size_t pb_open(struct buf *b, uint32_t field);
void pb_close(struct buf *b, size_t mark);
size_t pb_varint_size(uint64_t v);

/* -- reading ---------------------------------------------------------------------------------- */

struct pb_field {
    uint32_t number;
    enum pb_wire wire;
    uint64_t value;     /* VARINT, FIXED */
    struct bytes bytes; /* LEN; lends */
};

/* The next field of *IN; ERR_NOT_FOUND at the end; ERR_MALFORMED, ERR_TRUNCATED. */
MUST_CHECK enum err pb_next(struct bytes *in, struct pb_field *ret);

/* -- checking and decoding -------------------------------------------------------------------- */

struct pb_limits {
    unsigned depth_max; /* 64; etcd's Txn 260 */
    size_t element_max; /* fields over all, nested ones too: 0 = 1,000,000 */
};

/* Walks BYTES by DESCRIPTOR without recursion: nesting, number of elements, lengths inside,
 * `string` fields valid UTF-8 without NUL. ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err pb_check(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
                             const struct pb_limits *limits);
/* Checks, then decodes into ARENA (never freed one by one). The result lends nothing. */
MUST_CHECK enum err pb_decode(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
                              const struct pb_limits *limits, struct arena *arena,
                              ProtobufCMessage **ret);

#endif
