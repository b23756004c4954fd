/* Any bytes as the body of a gRPC call: whatever the cuts between DATA frames, the method is given
 * the same messages, and those are what a plain reading of the body finds.
 *
 * The first byte chooses the method, the second the size of the DATA frames. */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "net/grpc_frame.h"
#include "test/lib/h2_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 * 1024, MESSAGE_MAX = 65536 };
enum { DATA = 0, HEADERS = 1, END_STREAM = 1, END_HEADERS = 4 };
static const char letters[] = "UBSCPE";

static void put_frame(struct buf *to, uint8_t type, uint8_t flags, struct bytes payload)
{
    const uint8_t head[9] = {
        0, (uint8_t)(payload.n >> 8), (uint8_t)payload.n, type, flags, 0, 0, 0, 1
    };
    buf_put(to, head, sizeof(head));
    buf_put_bytes(to, payload);
}

/* HPACK: a literal without indexing and without Huffman codes. */
static void put_field(struct buf *to, const char *name, const char *value)
{
    buf_put_u8(to, 0);
    buf_put_u8(to, (uint8_t)strlen(name));
    buf_put_str(to, name);
    buf_put_u8(to, (uint8_t)strlen(value));
    buf_put_str(to, value);
}

static void put_head(struct buf *to, char letter, bool packed)
{
    char path[] = "/f.F/?";
    struct buf block;
    buf_init(&block, 1024);
    path[5] = letter;
    put_field(&block, ":method", "POST");
    put_field(&block, ":scheme", "http");
    put_field(&block, ":path", path);
    put_field(&block, ":authority", "localhost");
    put_field(&block, "content-type", "application/grpc");
    if (packed)
        put_field(&block, "grpc-encoding", "gzip");
    put_frame(to, HEADERS, END_HEADERS, buf_bytes(&block));
    buf_fini(&block);
}

static void call(char letter, bool packed, struct bytes body, size_t step)
{
    struct buf out;
    buf_init(&out, 4 << 20);
    put_head(&out, letter, packed);
    for (size_t at = 0; at < body.n; at += step)
        put_frame(&out, DATA, 0, bytes_of(body.p + at, body.n - at < step ? body.n - at : step));
    put_frame(&out, DATA, END_STREAM, bytes_of("", 0));
    h2_rig_open();
    h2_rig_send(buf_bytes(&out));
    h2_rig_close();
    buf_fini(&out);
}

/* What a body without compressed messages holds. */
static unsigned read_plain(struct bytes body, bool only_one, uint64_t *ret_sum)
{
    unsigned n = 0;
    struct grpc_frame f;
    *ret_sum = 0;
    while (grpc_frame_read(body, MESSAGE_MAX, &f) == OK && f.flag == 0) {
        n++;
        *ret_sum = h2_rig_add(*ret_sum, f.payload);
        body = bytes_skip(body, f.whole_n);
        if (only_one)
            break;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > INPUT_MAX)
        return 0;
    char letter = letters[(data[0] & 0x7f) % (sizeof(letters) - 1)];
    bool packed = (data[0] & 0x80) != 0;
    bool only_one = letter == 'U' || letter == 'S' || letter == 'E';
    struct bytes body = bytes_of(data + 2, size - 2);
    call(letter, packed, body, INPUT_MAX);
    unsigned n = h2_rig_messages();
    uint64_t sum = h2_rig_sum(), wanted_sum;
    unsigned wanted = read_plain(body, only_one, &wanted_sum);
    if (packed)
        assert(n >= wanted);
    else
        assert(n == wanted && sum == wanted_sum);
    call(letter, packed, body, data[1] == 0 ? 1000 : data[1]);
    /* P holds up to what a connection may hold, and small cuts hold longer. */
    assert(h2_rig_messages() == n && h2_rig_sum() == sum);
    return 0;
}
