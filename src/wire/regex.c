/* PCRE2 behind our own syntax and limits. */
#include "wire/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "wire/regex_syntax.h"

enum { TRANSLATED_MAX = 1 << 20 };

struct regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

/* Nothing is given back but with the arena. */
static void *take_memory(size_t n, void *arena)
{
    return arena_try(arena, n);
}

static void keep_memory(void *memory, void *arena)
{
}

static enum err too_large(struct bytes pattern, struct why *why)
{
    return why_set(why, ERR_TOO_BIG, "error parsing regexp: expression too large: `%.*s`",
                   (int)pattern.n, (const char *)pattern.p);
}

static pcre2_code *compile(struct bytes translated, pcre2_general_context *general)
{
    static const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
                                    PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_UCP |
                                    PCRE2_NEVER_BACKSLASH_C;
    int error;
    size_t offset;
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    if (context == NULL)
        return NULL;
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    PCRE2_SPTR text = translated.n == 0 ? (PCRE2_SPTR) "" : translated.p; /* it refuses a NULL */
    return pcre2_compile(text, translated.n, options, &error, &offset, context);
}

static enum err build(struct bytes translated, struct arena *arena, struct regex **ret)
{
    pcre2_general_context *general = pcre2_general_context_create(take_memory, keep_memory, arena);
    if (general == NULL)
        return ERR_TOO_BIG;
    struct regex *regex = arena_zalloc(arena, 1, sizeof *regex);
    regex->code = compile(translated, general);
    regex->data = pcre2_match_data_create(1, general);
    regex->context = pcre2_match_context_create(general);
    if (regex->code == NULL || regex->data == NULL || regex->context == NULL)
        return ERR_TOO_BIG;
    pcre2_set_match_limit(regex->context, REGEX_STEPS_MAX);
    pcre2_set_heap_limit(regex->context, REGEX_HEAP_MAX_KIB);
    *ret = regex;
    return OK;
}

static enum err make(struct bytes pattern, bool captures, struct arena *arena, struct regex **ret,
                     struct why *why)
{
    struct buf translated;
    buf_init(&translated, TRANSLATED_MAX);
    enum err e = regex_translate(pattern, captures, &translated, why);
    if (e == OK && (buf_err(&translated) != OK || build(buf_bytes(&translated), arena, ret) != OK))
        e = too_large(pattern, why); /* what is left to fail once the syntax is right */
    buf_fini(&translated);
    return e;
}

enum err regex_compile(struct bytes pattern, struct arena *arena, struct regex **ret,
                       struct why *why)
{
    return make(pattern, false, arena, ret, why);
}

enum err regex_compile_groups(struct bytes pattern, struct arena *arena, struct regex **ret,
                              struct why *why)
{
    return make(pattern, true, arena, ret, why);
}

enum err regex_match(struct regex *regex, struct bytes subject, bool *ret)
{
    const uint8_t *text = subject.n == 0 ? (const uint8_t *)"" : subject.p;
    int n = pcre2_match(regex->code, text, subject.n, 0, 0, regex->data, regex->context);
    if (n < 0 && n != PCRE2_ERROR_NOMATCH)
        return ERR_TOO_BIG;
    *ret = n >= 0;
    return OK;
}

static struct bytes group_at(struct bytes subject, const PCRE2_SIZE *places, size_t i)
{
    size_t from = places[2 * i], to = places[2 * i + 1];
    if (from == PCRE2_UNSET || to < from)
        return (struct bytes){ 0 };
    return bytes_of(subject.p + from, to - from);
}

enum err regex_groups(struct regex *regex, struct bytes subject, struct arena *arena,
                      struct bytes *ret, size_t max, size_t *ret_n)
{
    uint32_t groups = 0;
    const uint8_t *text = subject.n == 0 ? (const uint8_t *)"" : subject.p;
    pcre2_general_context *general = pcre2_general_context_create(take_memory, keep_memory, arena);
    pcre2_match_data *data =
        general == NULL ? NULL : pcre2_match_data_create_from_pattern(regex->code, general);
    if (data == NULL || pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &groups) != 0)
        return ERR_TOO_BIG;
    int n = pcre2_match(regex->code, text, subject.n, 0, 0, data, regex->context);
    if (n < 0 && n != PCRE2_ERROR_NOMATCH)
        return ERR_TOO_BIG;
    *ret_n = 0;
    for (size_t i = 0; n >= 0 && i < max && i <= groups; i++)
        ret[(*ret_n)++] =
            i < (size_t)n ? group_at(bytes_of(text, subject.n), pcre2_get_ovector_pointer(data), i)
                          : (struct bytes){ 0 };
    return OK;
}
