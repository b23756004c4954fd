/* Protocol Buffers' wire format.
 *
 * Reading takes field after field from a borrowed run of bytes. pb_check walks a message by its
 * descriptor with a stack of its own, so that neither depth nor number of elements can hurt what
 * runs after it: protobuf-c recurses once a nested message and allocates once an element. Groups
 * (wire types 3 and 4) are refused, known field or not: nobody who speaks proto3 sends one. */
#include "wire/pb.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* Tags and lengths longer than five bytes are padded: protobuf-c refuses them, so both ways do. */
enum { VARINT_MAX = 10, SHORT_MAX = 5, DEPTH_CAP = 512, ELEMENTS_DEFAULT = 1000000 };

/* -- writing ---------------------------------------------------------------------------------- */

size_t pb_varint_size(uint64_t v)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    return (bits + 6) / 7;
}

static size_t encode_varint(uint8_t *at, uint64_t v)
{
    size_t n = 0;
    while (v >= 0x80) {
        at[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    at[n++] = (uint8_t)v;
    return n;
}

void pb_put_varint(struct buf *b, uint64_t v)
{
    uint8_t bytes[VARINT_MAX];
    buf_put(b, bytes, encode_varint(bytes, v));
}

static void put_tag_and(struct buf *b, uint32_t field, enum pb_wire wire, uint64_t v)
{
    uint8_t bytes[2 * VARINT_MAX];
    size_t n = encode_varint(bytes, (uint64_t)field << 3 | wire);
    n += encode_varint(bytes + n, v);
    buf_put(b, bytes, n);
}

void pb_put_uint(struct buf *b, uint32_t field, uint64_t v)
{
    if (v != 0)
        put_tag_and(b, field, PB_VARINT, v);
}

void pb_put_int(struct buf *b, uint32_t field, int64_t v)
{
    pb_put_uint(b, field, (uint64_t)v);
}

void pb_put_bool(struct buf *b, uint32_t field, bool v)
{
    pb_put_uint(b, field, v ? 1 : 0);
}

void pb_put_len(struct buf *b, uint32_t field, size_t n)
{
    put_tag_and(b, field, PB_LEN, n);
}

void pb_put_bytes_always(struct buf *b, uint32_t field, struct bytes v)
{
    pb_put_len(b, field, v.n);
    buf_put_bytes(b, v);
}

void pb_put_bytes(struct buf *b, uint32_t field, struct bytes v)
{
    if (v.n != 0)
        pb_put_bytes_always(b, field, v);
}

/* One byte is kept for the length; most nested messages need no more. */
size_t pb_open(struct buf *b, uint32_t field)
{
    pb_put_varint(b, (uint64_t)field << 3 | PB_LEN);
    buf_put_u8(b, 0);
    return b->n;
}

void pb_close(struct buf *b, size_t mark)
{
    if (b->full)
        return;
    assert(mark > 0 && mark <= b->n);
    size_t n = b->n - mark;
    size_t more = pb_varint_size(n) - 1;
    if (more > 0) {
        if (buf_extend(b, more) == NULL)
            return;
        memmove(b->p + mark + more, b->p + mark, n);
    }
    encode_varint(b->p + mark - 1, n);
}

/* -- reading ---------------------------------------------------------------------------------- */

static enum err take_varint_of(struct bytes *in, size_t max, uint64_t *ret)
{
    uint64_t v = 0;
    size_t most = in->n < max ? in->n : max;
    for (size_t i = 0; i < most; i++) {
        uint8_t byte = in->p[i];
        if (i == VARINT_MAX - 1 && byte > 1)
            return ERR_MALFORMED; /* above 64 bits */
        v |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *in = bytes_skip(*in, i + 1);
            *ret = v;
            return OK;
        }
    }
    return in->n < max ? ERR_TRUNCATED : ERR_MALFORMED;
}

static enum err take_varint(struct bytes *in, uint64_t *ret)
{
    return take_varint_of(in, VARINT_MAX, ret);
}

static enum err take_run(struct bytes *in, uint64_t n, struct bytes *ret)
{
    if (n > in->n)
        return ERR_TRUNCATED;
    *ret = bytes_of(in->p, (size_t)n);
    *in = bytes_skip(*in, (size_t)n);
    return OK;
}

static enum err take_fixed(struct bytes *in, size_t n, uint64_t *ret)
{
    struct bytes run;
    enum err e = take_run(in, n, &run);
    if (e != OK)
        return e;
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)run.p[i] << (8 * i);
    *ret = v;
    return OK;
}

static enum err take_payload(struct bytes *in, struct pb_field *f)
{
    switch (f->wire) {
    case PB_VARINT:
        return take_varint(in, &f->value);
    case PB_FIXED64:
        return take_fixed(in, 8, &f->value);
    case PB_FIXED32:
        return take_fixed(in, 4, &f->value);
    case PB_LEN: {
        uint64_t n;
        enum err e = take_varint_of(in, SHORT_MAX, &n);
        return e == OK ? take_run(in, n, &f->bytes) : e;
    }
    }
    return ERR_MALFORMED;
}

enum err pb_next(struct bytes *in, struct pb_field *ret)
{
    if (in->n == 0)
        return ERR_NOT_FOUND;
    struct bytes left = *in;
    uint64_t tag;
    enum err e = take_varint_of(&left, SHORT_MAX, &tag);
    if (e != OK)
        return e;
    if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return ERR_MALFORMED;
    struct pb_field f = { .number = (uint32_t)(tag >> 3), .wire = (enum pb_wire)(tag & 7) };
    e = take_payload(&left, &f);
    if (e != OK)
        return e;
    *in = left;
    *ret = f;
    return OK;
}

/* -- checking --------------------------------------------------------------------------------- */

struct level {
    const ProtobufCMessageDescriptor *descriptor;
    struct bytes left;
};

struct walk {
    struct level levels[DEPTH_CAP];
    unsigned depth, depth_max;
    size_t elements, element_max;
};

static enum pb_wire wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_BOOL:
        return PB_VARINT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PB_FIXED64;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PB_FIXED32;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PB_LEN;
    }
    return PB_LEN;
}

static enum err count_elements(struct walk *w, size_t n)
{
    w->elements += n;
    return w->elements > w->element_max ? ERR_TOO_BIG : OK;
}

/* Many scalars in one run: each is an element. */
static enum err check_packed(struct walk *w, enum pb_wire wire, struct bytes run)
{
    if (wire == PB_FIXED64)
        return run.n % 8 == 0 ? count_elements(w, run.n / 8) : ERR_MALFORMED;
    if (wire == PB_FIXED32)
        return run.n % 4 == 0 ? count_elements(w, run.n / 4) : ERR_MALFORMED;
    while (run.n > 0) {
        uint64_t v;
        enum err e = take_varint(&run, &v);
        if (e == OK)
            e = count_elements(w, 1);
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err enter(struct walk *w, const ProtobufCMessageDescriptor *descriptor,
                      struct bytes bytes)
{
    if (w->depth == w->depth_max)
        return ERR_TOO_BIG;
    w->levels[w->depth++] = (struct level){ .descriptor = descriptor, .left = bytes };
    return OK;
}

static enum err check_field(struct walk *w, const ProtobufCFieldDescriptor *d,
                            const struct pb_field *f)
{
    enum pb_wire wire = wire_of(d->type);
    if (f->wire != wire) {
        bool packed = f->wire == PB_LEN && d->label == PROTOBUF_C_LABEL_REPEATED;
        return packed ? check_packed(w, wire, f->bytes) : ERR_MALFORMED;
    }
    if (d->type == PROTOBUF_C_TYPE_MESSAGE)
        return enter(w, d->descriptor, f->bytes);
    if (d->type == PROTOBUF_C_TYPE_STRING) {
        bool has_nul = f->bytes.n > 0 && memchr(f->bytes.p, 0, f->bytes.n) != NULL;
        return has_nul || !text_is_utf8(f->bytes) ? ERR_MALFORMED : OK;
    }
    return OK;
}

static enum err step(struct walk *w)
{
    struct level *top = &w->levels[w->depth - 1];
    struct pb_field f;
    enum err e = pb_next(&top->left, &f);
    if (e == ERR_NOT_FOUND) {
        w->depth--;
        return OK;
    }
    if (e == OK)
        e = count_elements(w, 1);
    if (e != OK)
        return e;
    const ProtobufCFieldDescriptor *d =
        protobuf_c_message_descriptor_get_field(top->descriptor, f.number);
    return d == NULL ? OK : check_field(w, d, &f);
}

enum err pb_check(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
                  const struct pb_limits *limits)
{
    assert(limits->depth_max > 0 && limits->depth_max <= DEPTH_CAP);
    struct walk w;
    w.depth = 0;
    w.depth_max = limits->depth_max;
    w.elements = 0;
    w.element_max = limits->element_max == 0 ? ELEMENTS_DEFAULT : limits->element_max;
    enum err e = enter(&w, descriptor, bytes);
    while (e == OK && w.depth > 0)
        e = step(&w);
    return e;
}

/* -- decoding --------------------------------------------------------------------------------- */

struct decoder {
    struct arena *arena;
    bool full;
};

static void *decoder_alloc(void *ctx, size_t n)
{
    struct decoder *d = ctx;
    void *p = arena_try(d->arena, n);
    if (p == NULL)
        d->full = true;
    return p;
}

static void decoder_free(void *ctx, void *p)
{
}

enum err pb_decode(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
                   const struct pb_limits *limits, struct arena *arena, ProtobufCMessage **ret)
{
    enum err e = pb_check(descriptor, bytes, limits);
    if (e != OK)
        return e;
    struct decoder decoder = { .arena = arena };
    ProtobufCAllocator allocator = { .alloc = decoder_alloc,
                                     .free = decoder_free,
                                     .allocator_data = &decoder };
    static const uint8_t nothing[1];
    ProtobufCMessage *m = protobuf_c_message_unpack(descriptor, &allocator, bytes.n,
                                                    bytes.n == 0 ? nothing : bytes.p);
    if (m == NULL)
        return decoder.full ? ERR_TOO_BIG : ERR_MALFORMED;
    *ret = m;
    return OK;
}
