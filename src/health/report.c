#include "health/report.h"

#include <inttypes.h>

#include "base/siphash.h"
#include "base/text.h"

static uint64_t hash_of(struct bytes output)
{
    static const struct siphash_key key = { { 0 } }; /* nobody gains from two equal ones */
    return siphash(&key, output);
}

void report_init(struct report *r, enum status status, struct bytes output, uint64_t at_ms)
{
    *r = (struct report){ .has_told = true, .status = status, .at_ms = at_ms };
    r->is_bare = output.n == 0;
    r->output_hash = hash_of(output);
}

bool report_is_due(struct report *r, enum status status, struct bytes output, uint64_t now_ms)
{
    uint64_t hash = hash_of(output);
    bool is_old = r->is_bare || now_ms >= r->at_ms + REPORT_OUTPUT_INTERVAL_MS;
    if (r->has_told && status == r->status && (hash == r->output_hash || !is_old))
        return false;
    report_init(r, status, output, now_ms);
    r->is_bare = false;
    return true;
}

void report_output(struct bytes output, uint64_t total, size_t max, struct buf *out)
{
    size_t start = out->n;
    uint64_t given = output.n;
    while (output.n > 0) {
        uint32_t rune = 0;
        size_t n = text_rune(output, &rune);
        struct bytes piece = bytes_of(output.p, n);
        if (n == 0)
            piece = bytes_str("\xef\xbf\xbd");
        else if (rune == 0)
            piece = bytes_str(" ");
        if (out->n - start + piece.n > max)
            break;
        buf_put_bytes(out, piece);
        output = bytes_skip(output, n > 0 ? n : 1);
    }
    if (output.n > 0 || total > given)
        buf_printf(out, "\n...\nCaptured %zu of %" PRIu64 " bytes\n...\n", out->n - start, total);
}
