/* Any bytes as a snapshot stream, fed whole and piece by piece: the same events, the same end. */
#include <assert.h>

#include "base/crc32c.h"
#include "disk/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum err err;
    uint64_t blocks, bytes;
    uint32_t crc;
    bool end;
};

static struct outcome feed(struct bytes in, size_t piece)
{
    struct snapshot_reader r = { 0 };
    struct outcome o = { 0 };
    size_t at = 0, seen = piece < in.n ? piece : in.n;
    while (o.err == OK) {
        struct snapshot_event event;
        size_t used;
        struct why why;
        o.err = snapshot_feed(&r, bytes_of(in.p + at, seen - at), &used, &event, &why);
        if (o.err != OK)
            break;
        assert(used <= seen - at && (used == 0) == (event.kind == SNAPSHOT_NEED_MORE));
        at += used;
        if (event.kind == SNAPSHOT_BODY)
            o.crc = crc32c(o.crc, event.body);
        if (event.kind == SNAPSHOT_NEED_MORE && seen == in.n)
            break;
        if (event.kind == SNAPSHOT_NEED_MORE)
            seen = in.n - seen < piece ? in.n : seen + piece;
    }
    o.blocks = r.blocks;
    o.bytes = r.bytes;
    o.end = r.end_seen;
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    struct outcome whole = feed(in, in.n);
    struct outcome pieces = feed(in, (size_t)data[0] + 1);
    assert(whole.err == pieces.err && whole.blocks == pieces.blocks && whole.end == pieces.end);
    assert(whole.bytes == pieces.bytes && whole.crc == pieces.crc);
    return 0;
}
