/* faces/etcd/codec.h -- etcd's messages: read into protobuf-c's structs, written straight into a
 * buffer.
 *
 * Sizes of nested messages are computed before they are written, so that nothing is moved on the
 * hot paths. */
#ifndef FACES_ETCD_CODEC_H
#define FACES_ETCD_CODEC_H

#include "base/arena.h"
#include "faces/etcd/errors.h"
#include "proto/etcd/rpc.pb-c.h"
#include "store/kv.h"

/* -- reading ---------------------------------------------------------------------------------- */

/* ETCD_FINE, or why not. Depth and elements are limited; a Txn that nests too deep has too many
 * operations. The result lives in ARENA. */
enum etcd_refusal etcd_decode(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes,
                              struct arena *arena, ProtobufCMessage **ret);
/* The two hottest by hand. Keys and values lend from BYTES. */
enum etcd_refusal etcd_decode_range(struct bytes bytes, Etcdserverpb__RangeRequest *ret);
enum etcd_refusal etcd_decode_put(struct bytes bytes, Etcdserverpb__PutRequest *ret);

static inline struct bytes etcd_bytes(ProtobufCBinaryData data)
{
    return bytes_of(data.data, data.len);
}

/* -- writing ---------------------------------------------------------------------------------- */

/* What every answer begins with; the ids are encoded once. */
struct etcd_header {
    uint8_t ids[24]; /* fields 1 and 2 */
    size_t ids_n;
    uint64_t term;
};

void etcd_header_init(struct etcd_header *h, uint64_t cluster_id, uint64_t member_id);
/* Field 1 of an answer; REVISION 0 is left out. */
void etcd_put_header(struct buf *b, const struct etcd_header *h, uint64_t revision);
/* Field 1 of an answer inside a Txn's: only the revision. */
void etcd_put_nested_header(struct buf *b, uint64_t revision);
size_t etcd_header_size(const struct etcd_header *h, uint64_t revision);

/* A KeyValue as FIELD. VIEW as in value_append, whose errors it gives. */
MUST_CHECK enum err etcd_put_kv(struct buf *b, uint32_t field, const struct view *view,
                                const struct kv *kv);
/* With its tag and length. */
size_t etcd_kv_size(uint32_t field, const struct kv *kv);
/* An Event as field 11; PREV may be NULL. */
MUST_CHECK enum err etcd_put_event(struct buf *b, const struct view *view,
                                   const struct event *event, const struct kv *prev);

#endif
