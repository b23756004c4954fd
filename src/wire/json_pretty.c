/* Only brackets, commas and colons outside of strings matter. */
#include "wire/json_pretty.h"

static void new_line(unsigned depth, struct buf *out)
{
    buf_put_u8(out, '\n');
    for (unsigned i = 0; i < depth; i++)
        buf_put_str(out, "    ");
}

/* The length of the string at the front of JSON, quotes included. */
static size_t string_length(struct bytes json)
{
    size_t n = 1;
    while (n < json.n && json.p[n] != '"')
        n += json.p[n] == '\\' ? 2 : 1;
    return n < json.n ? n + 1 : json.n;
}

void json_pretty(struct bytes json, struct buf *out)
{
    unsigned depth = 0;
    while (json.n > 0) {
        uint8_t c = json.p[0];
        size_t n = c == '"' ? string_length(json) : 1;
        bool closes_at_once = json.n > 1 && (json.p[1] == '}' || json.p[1] == ']');
        if (c == '}' || c == ']')
            new_line(--depth, out);
        buf_put(out, json.p, n);
        if ((c == '{' || c == '[') && closes_at_once) {
            buf_put_u8(out, json.p[1]);
            n = 2;
        } else if (c == '{' || c == '[') {
            new_line(++depth, out);
        } else if (c == ',') {
            new_line(depth, out);
        } else if (c == ':') {
            buf_put_u8(out, ' ');
        }
        json = bytes_skip(json, n);
    }
}
