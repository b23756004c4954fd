#include "net/grpc_text.h"

#include "base/text.h"

enum { TIMEOUT_DIGITS = 8 };

static uint64_t unit_ns(uint8_t unit)
{
    switch (unit) {
    case 'H':
        return UINT64_C(3600000000000);
    case 'M':
        return UINT64_C(60000000000);
    case 'S':
        return UINT64_C(1000000000);
    case 'm':
        return 1000000;
    case 'u':
        return 1000;
    case 'n':
        return 1;
    }
    return 0;
}

enum err grpc_timeout_parse(struct bytes text, uint64_t *ret_ns)
{
    if (text.n < 2 || text.n > TIMEOUT_DIGITS + 1)
        return ERR_MALFORMED;
    uint64_t unit = unit_ns(text.p[text.n - 1]);
    uint64_t count;
    if (unit == 0 || !text_u64(bytes_of(text.p, text.n - 1), &count))
        return ERR_MALFORMED;
    uint64_t ns;
    *ret_ns = __builtin_mul_overflow(count, unit, &ns) ? UINT64_MAX : ns;
    return OK;
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c <= 0x7e && c != '%';
}

static size_t count_encoded(struct bytes text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += is_plain(text.p[i]) ? 1 : 3;
    return n;
}

struct bytes grpc_message_encode(struct arena *a, const char *message)
{
    static const char hex[] = "0123456789ABCDEF";
    struct bytes text = bytes_str(message);
    size_t n = count_encoded(text);
    if (n == text.n)
        return text;
    uint8_t *to = arena_alloc(a, n);
    size_t at = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (is_plain(c)) {
            to[at++] = c;
            continue;
        }
        to[at++] = '%';
        to[at++] = (uint8_t)hex[c >> 4];
        to[at++] = (uint8_t)hex[c & 15];
    }
    return bytes_of(to, n);
}

bool grpc_content_type_is_grpc(struct bytes content_type)
{
    struct bytes base = bytes_str("application/grpc");
    if (!bytes_starts(content_type, base))
        return false;
    return content_type.n == base.n || content_type.p[base.n] == '+' ||
           content_type.p[base.n] == ';';
}

static size_t quote_byte(char *to, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
    const char *at = c != 0 ? memchr(named, c, sizeof(named) - 1) : NULL;
    to[0] = '\\';
    if (c == '"' || c == '\\' || at != NULL) {
        to[1] = at != NULL ? letters[at - named] : (char)c;
        return 2;
    }
    if (c >= 0x20 && c != 0x7f) {
        to[0] = (char)c;
        return 1;
    }
    to[1] = 'x';
    to[2] = hex[c >> 4];
    to[3] = hex[c & 15];
    return 4;
}

char *grpc_quote(struct arena *a, struct bytes text)
{
    char *to = arena_alloc(a, text.n * 4 + 3);
    size_t n = 0;
    to[n++] = '"';
    for (size_t i = 0; i < text.n; i++)
        n += quote_byte(to + n, text.p[i]);
    to[n++] = '"';
    to[n] = 0;
    return to;
}

bool grpc_list_has(struct bytes list, const char *name)
{
    while (list.n > 0) {
        const uint8_t *comma = memchr(list.p, ',', list.n);
        size_t n = comma != NULL ? (size_t)(comma - list.p) : list.n;
        struct bytes item = bytes_of(list.p, n);
        while (item.n > 0 && item.p[0] == ' ')
            item = bytes_skip(item, 1);
        while (item.n > 0 && item.p[item.n - 1] == ' ')
            item.n--;
        if (bytes_is(item, name))
            return true;
        list = bytes_skip(list, n + 1);
    }
    return false;
}
