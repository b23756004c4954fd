/* Members of an object are looked for without the case of their names, as Go's decoder does. */
#include "catalog/registration.h"

#include "base/text.h"
#include "catalog/identity.h"
#include "catalog/json_scan.h"
#include "catalog/publication.h"

/* -- addresses -------------------------------------------------------------------------------- */

static bool read_port(struct bytes text, uint16_t *ret)
{
    uint64_t v;
    if (text.n > 5 || !text_u64(text, &v) || v == 0 || v > UINT16_MAX)
        return false;
    *ret = (uint16_t)v;
    return true;
}

static bool has(struct bytes text, char c)
{
    return text.n > 0 && memchr(text.p, c, text.n) != NULL;
}

/* Letters, digits and what stands in host names and IP addresses. */
static bool is_host(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    strchr(".-_:%", c) != NULL;
        if (c == 0 || !fine)
            return false;
    }
    return text.n > 0 && text.n <= ADDRESS_MAX;
}

bool address_split(struct bytes text, struct bytes *ret_address, uint16_t *ret_port)
{
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != ':')
        at--;
    if (at < 2)
        return false;
    struct bytes host = bytes_of(text.p, at - 1);
    bool brackets = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (brackets)
        host = bytes_of(host.p + 1, host.n - 2);
    if (!is_host(host) || has(host, ':') != brackets)
        return false;
    if (!read_port(bytes_skip(text, at), ret_port))
        return false;
    *ret_address = host;
    return true;
}

enum err address_join(struct bytes address, uint16_t port, struct buf *out)
{
    if (!is_host(address) || port == 0)
        return ERR_INVALID;
    bool brackets = has(address, ':');
    buf_put_str(out, brackets ? "[" : "");
    buf_put_bytes(out, address);
    buf_printf(out, "%s:%u", brackets ? "]" : "", (unsigned)port);
    return OK;
}

/* -- objects ---------------------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    struct registration said;
    struct label labels[LABELS_MAX];
    bool has_host, has_port, failed, is_removal;
};

static bool is_any(struct bytes name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (text_eq_nocase(name, bytes_str(*names)))
            return true;
    return false;
}

static void add_label(void *ctx, struct bytes name, struct bytes value)
{
    struct reading *r = ctx;
    struct labels *labels = &r->said.metadata;
    struct bytes text = value;
    json_scan_string(value, r->arena, &text);
    bool fits = labels->n < LABELS_MAX && name.n > 0 && name.n <= LABEL_KEY_MAX &&
                text.n <= LABEL_VALUE_MAX;
    r->failed |= !fits;
    if (fits)
        r->labels[labels->n++] = (struct label){ name, text };
}

/* A number of at most two decimals counts; what is finer is cut off. */
static bool read_weight(struct bytes text, uint32_t *ret)
{
    uint64_t whole, hundredths = 0;
    const uint8_t *dot = text.n == 0 ? NULL : memchr(text.p, '.', text.n);
    size_t whole_n = dot == NULL ? text.n : (size_t)(dot - text.p);
    struct bytes part = bytes_skip(text, whole_n + 1);
    if (!text_u64(bytes_of(text.p, whole_n), &whole) || whole > WEIGHT_MAX / WEIGHT_ONE)
        return false;
    if (part.n > 2)
        part.n = 2;
    if (part.n > 0 && !text_u64(part, &hundredths))
        return false;
    uint64_t weight = whole * WEIGHT_ONE + hundredths * (part.n == 1 ? 10 : 1);
    *ret = (uint32_t)weight;
    return weight <= WEIGHT_MAX;
}

static void read_addr(struct reading *r, struct bytes value)
{
    struct bytes text;
    if (!json_scan_string(value, r->arena, &text))
        return;
    if (address_split(text, &r->said.address, &r->said.port)) {
        r->has_host = r->has_port = true;
    } else if (is_host(text)) {
        r->said.address = text;
        r->has_host = true;
    } else {
        r->failed = true;
    }
}

static void read_member(void *ctx, struct bytes name, struct bytes value)
{
    static const char *const hosts[] = { "addr", "address", "host", "ip", NULL };
    static const char *const metas[] = { "metadata", "meta", NULL };
    struct reading *r = ctx;
    struct bytes text = value;
    if (is_any(name, hosts)) {
        read_addr(r, value);
    } else if (text_eq_nocase(name, bytes_str("port"))) {
        json_scan_string(value, r->arena, &text);
        r->has_port = read_port(text, &r->said.port);
        r->failed |= !r->has_port;
    } else if (text_eq_nocase(name, bytes_str("op"))) {
        r->is_removal = bytes_is(value, "1");
    } else if (text_eq_nocase(name, bytes_str("weight"))) {
        r->failed |= !read_weight(value, &r->said.weight);
    } else if (is_any(name, metas) && value.n > 0 && value.p[0] == '{') {
        r->said.metadata.n = 0; /* the last one counts */
        r->failed |= !json_scan_object(value, r->arena, add_label, r);
    }
}

/* What OBJECT says; ERR_NOT_FOUND if it is none. */
static enum err read_object(struct bytes object, struct arena *arena, struct reading *r)
{
    *r = (struct reading){ .arena = arena, .said.weight = WEIGHT_ONE };
    if (!text_is_utf8(object) || !json_scan_object(object, arena, read_member, r))
        return ERR_NOT_FOUND;
    size_t n = r->said.metadata.n;
    r->said.metadata.all = arena_zalloc(arena, n, sizeof *r->labels);
    for (size_t i = 0; i < n; i++)
        r->said.metadata.all[i] = r->labels[i];
    r->failed |= r->is_removal || labels_sort(&r->said.metadata) != OK;
    return r->failed ? ERR_MALFORMED : OK;
}

/* -- all forms -------------------------------------------------------------------------------- */

static struct bytes trimmed(struct bytes text)
{
    while (text.n > 0 && strchr(" \t\r\n", text.p[0]) != NULL && text.p[0] != 0)
        text = bytes_skip(text, 1);
    while (text.n > 0 && strchr(" \t\r\n", text.p[text.n - 1]) != NULL && text.p[text.n - 1] != 0)
        text.n--;
    return text;
}

enum err registration_read(struct bytes id, struct bytes value, struct arena *arena,
                           struct registration *ret)
{
    struct registration plain = { .weight = WEIGHT_ONE };
    struct bytes text = trimmed(value);
    if (address_split(text, &plain.address, &plain.port)) {
        *ret = plain;
        return OK;
    }
    bool in_id = address_split(id, &plain.address, &plain.port);
    struct reading *r = arena_alloc(arena, sizeof *r);
    enum err e = text.n > 0 && text.p[0] == '{' ? read_object(text, arena, r) : ERR_NOT_FOUND;
    if (e == OK && r->has_host && r->has_port) {
        *ret = r->said;
        return OK;
    }
    if (e == ERR_MALFORMED || !in_id)
        return ERR_MALFORMED;
    if (e == OK) {
        plain.weight = r->said.weight;
        plain.metadata = r->said.metadata;
    }
    *ret = plain;
    return OK;
}
