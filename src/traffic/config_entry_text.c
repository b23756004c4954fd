/* How Consul's sentences name what stands in an entry. */
#include "traffic/config_entry_text.h"

#include "base/buf.h"
#include "wire/duration.h"
#include "wire/go_text.h"

const char *config_entry_quoted(struct bytes text, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 400);
    go_quote(&out, bytes_of(text.p, text.n < 90 ? text.n : 90));
    const char *quoted = arena_str(arena, buf_bytes(&out));
    buf_fini(&out);
    return quoted;
}

const char *config_entry_duration(int64_t ns, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 64);
    duration_print(ns, &out);
    const char *text = arena_str(arena, buf_bytes(&out));
    buf_fini(&out);
    return text;
}

struct bytes config_entry_lower(struct bytes text, struct arena *arena)
{
    uint8_t *out = arena_alloc(arena, text.n + 1);
    for (size_t i = 0; i < text.n; i++)
        out[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (uint8_t)(text.p[i] | 0x20) : text.p[i];
    return bytes_of(out, text.n);
}
