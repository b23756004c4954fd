/* Any bytes as a client's frames on an HTTP/2 connection: nothing is left of it, and each call that
 * has begun is closed once.
 *
 * The first byte is the size of the cuts, in sixteens. With an odd first byte the lengths of frames
 * are set right first, so that what lies behind them is reached. */
#include <stdlib.h>

#include "test/lib/h2_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 64 * 1024, FRAME_HEAD = 9 };

/* Makes P a row of frames: a length that passes the end is shortened, streams are odd and small. */
static void mend(uint8_t *p, size_t n)
{
    for (size_t at = 0; at + FRAME_HEAD <= n;) {
        size_t left = n - at - FRAME_HEAD;
        size_t length = (size_t)p[at + 1] << 8 | p[at + 2];
        if (length > left)
            length = left;
        p[at] = 0;
        p[at + 1] = (uint8_t)(length >> 8);
        p[at + 2] = (uint8_t)length;
        p[at + 5] = p[at + 6] = p[at + 7] = 0;
        at += FRAME_HEAD + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > INPUT_MAX)
        return 0;
    size_t n = size - 1, step = data[0] < 2 ? n : (size_t)(data[0] >> 1) * 16;
    uint8_t *p = malloc(n);
    memcpy(p, data + 1, n);
    if (data[0] & 1)
        mend(p, n);
    h2_rig_open();
    for (size_t at = 0; at < n; at += step)
        h2_rig_send(bytes_of(p + at, n - at < step ? n - at : step));
    h2_rig_close();
    free(p);
    return 0;
}
