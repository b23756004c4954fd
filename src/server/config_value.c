/* The kinds of values: each is read in one place and refused with what would be right. */
#include "server/config_value.h"

#include <string.h>

#include "base/text.h"
#include "wire/duration.h"

static bool parse_bool(struct bytes text, bool *ret)
{
    *ret = bytes_is(text, "true") || bytes_is(text, "1") || bytes_is(text, "yes");
    return *ret || bytes_is(text, "false") || bytes_is(text, "0") || bytes_is(text, "no") ||
           text.n == 0;
}

static bool parse_bytes(struct bytes text, uint64_t *ret)
{
    static const struct {
        const char *suffix;
        unsigned shift;
    } units[] = {
        { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 }, { "K", 10 }, { "M", 20 }, { "G", 30 }
    };
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        size_t n = strlen(units[i].suffix);
        if (text.n <= n || memcmp(text.p + text.n - n, units[i].suffix, n) != 0)
            continue;
        uint64_t v;
        if (!text_u64(bytes_of(text.p, text.n - n), &v) || v > UINT64_MAX >> units[i].shift)
            return false;
        *ret = v << units[i].shift;
        return true;
    }
    return text_u64(text, ret);
}

static bool parse_number(const struct config_row *row, struct bytes text, uint64_t *ret)
{
    int64_t ns;
    switch (row->kind) {
    case CONFIG_NUMBER:
        return text_u64(text, ret);
    case CONFIG_BYTES:
        /* etcd: a negative quota means none. */
        if (strcmp(row->flag, "quota-backend-bytes") == 0 && bytes_starts(text, bytes_str("-"))) {
            *ret = row->most;
            return text_u64(bytes_skip(text, 1), &(uint64_t){ 0 });
        }
        return parse_bytes(text, ret);
    case CONFIG_DURATION:
        if (duration_parse(text, &ns) != OK || ns < 0)
            return false;
        *ret = (uint64_t)ns / 1000000;
        return true;
    case CONFIG_TEXT:
    case CONFIG_CHOICE:
    case CONFIG_BOOL:
        break;
    }
    return false;
}

static const char *const kind_wants[] = {
    [CONFIG_TEXT] = "a text",
    [CONFIG_CHOICE] = "a choice",
    [CONFIG_BOOL] = "true or false",
    [CONFIG_NUMBER] = "a number",
    [CONFIG_BYTES] = "a number of bytes, such as 1572864 or 16M",
    [CONFIG_DURATION] = "a duration, such as 10m or 500ms",
};

struct bytes config_default(const struct config_row *row)
{
    size_t n = row->kind == CONFIG_CHOICE ? strcspn(row->initial, "|") : strlen(row->initial);
    return bytes_of(row->initial, n);
}

/* CHOICES: "a|b|c". */
static bool is_choice(const char *choices, struct bytes text)
{
    for (const char *at = choices;; at++) {
        size_t n = strcspn(at, "|");
        if (bytes_eq(bytes_of(at, n), text))
            return true;
        at += n;
        if (*at == 0)
            return false;
    }
}

static bool is_clean(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7f)
            return false;
    return text_is_utf8(text);
}

static enum err set_number(struct config *c, const struct config_row *row, const char *text,
                           const char *source, struct why *why)
{
    uint64_t number;
    if (!parse_number(row, bytes_str(text), &number))
        return why_set(why, ERR_INVALID, "%s: '%s' is not %s", source, text, kind_wants[row->kind]);
    if (number < row->least || number > row->most)
        return why_set(why, ERR_INVALID, "%s: %s is not between %llu and %llu%s", source, text,
                       (unsigned long long)row->least, (unsigned long long)row->most,
                       row->kind == CONFIG_DURATION ? " milliseconds" : "");
    *(uint64_t *)(void *)((char *)c + row->offset) = number;
    return OK;
}

enum err config_set(struct config *c, const struct config_row *row, const char *text,
                    const char *source, struct why *why)
{
    struct bytes value = bytes_str(text);
    void *field = (char *)c + row->offset;
    bool flag;
    switch (row->kind) {
    case CONFIG_CHOICE:
        if (!is_choice(row->initial, value))
            return why_set(why, ERR_INVALID, "%s: '%s' is none of %s", source, text, row->initial);
        *(const char **)field = arena_str(&c->arena, value);
        return OK;
    case CONFIG_TEXT:
        if (!is_clean(value)) /* it goes to clients, into logs and onto terminals */
            return why_set(why, ERR_INVALID, "%s: the text is not UTF-8 without control characters",
                           source);
        *(const char **)field = arena_str(&c->arena, value);
        return OK;
    case CONFIG_BOOL:
        if (!parse_bool(value, &flag))
            return why_set(why, ERR_INVALID, "%s: '%s' is not true or false", source, text);
        *(bool *)field = flag;
        return OK;
    case CONFIG_NUMBER:
    case CONFIG_BYTES:
    case CONFIG_DURATION:
        break;
    }
    return set_number(c, row, text, source, why);
}
