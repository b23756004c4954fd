/* One pass over the text, a word at a time.
 *
 * A string's end is found before it is decoded: `${...}` in it is kept as it stands, quotes and
 * line ends included, for HCL leaves it to whoever evaluates. What an escape makes is never longer
 * than the escape, so a decoded string fits in the room of its source. */
#include "wire/hcl_token.h"

#include <assert.h>

#include "base/text.h"
#include "wire/hcl_string.h"

/* -- places --------------------------------------------------------------------------------------
 */

static enum err fail_at(const struct hcl_scanner *s, size_t at, const char *what)
{
    why_set(s->why, ERR_MALFORMED, "At %u:%zu: %s", s->line, at - s->line_start + 1, what);
    return ERR_MALFORMED;
}

static int peek(const struct hcl_scanner *s, size_t ahead)
{
    return ahead < s->text.n - s->at ? s->text.p[s->at + ahead] : -1;
}

static void step(struct hcl_scanner *s)
{
    if (s->text.p[s->at++] == '\n') {
        s->line++;
        s->line_start = s->at;
    }
}

static void step_to(struct hcl_scanner *s, size_t at)
{
    while (s->at < at)
        step(s);
}

/* Bytes of the character at the head of TEXT; 0 if that is none that a text may hold. */
static size_t character_length(struct bytes text)
{
    uint32_t rune = 0;
    size_t n = text_rune(text, &rune);
    return rune == 0 ? 0 : n;
}

static enum err check_characters(struct hcl_scanner *s)
{
    if (text_is_utf8(s->text) && (s->text.n == 0 || memchr(s->text.p, 0, s->text.n) == NULL))
        return OK;
    for (size_t n; (n = character_length(bytes_skip(s->text, s->at))) != 0;)
        step_to(s, s->at + n);
    assert(s->at < s->text.n); /* else all of it were characters */
    return fail_at(s, s->at, s->text.p[s->at] == 0 ? "a NUL" : "this is not UTF-8");
}

/* -- between words -------------------------------------------------------------------------------
 */

static void skip_line(struct hcl_scanner *s)
{
    while (peek(s, 0) >= 0 && peek(s, 0) != '\n')
        step(s);
}

static enum err skip_block_comment(struct hcl_scanner *s)
{
    struct hcl_scanner begin = *s;
    step_to(s, s->at + 2);
    while (peek(s, 0) != '*' || peek(s, 1) != '/') {
        if (peek(s, 0) < 0)
            return fail_at(&begin, begin.at, "a comment that does not end");
        step(s);
    }
    step_to(s, s->at + 2);
    return OK;
}

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum err skip_to_word(struct hcl_scanner *s)
{
    for (;;) {
        int c = peek(s, 0);
        if (is_space(c)) {
            step(s);
        } else if (!s->is_json && (c == '#' || (c == '/' && peek(s, 1) == '/'))) {
            skip_line(s);
        } else if (!s->is_json && c == '/' && peek(s, 1) == '*') {
            enum err e = skip_block_comment(s);
            if (e != OK)
                return e;
        } else {
            return OK;
        }
    }
}

enum err hcl_scanner_init(struct hcl_scanner *s, struct bytes text, struct arena *arena,
                          struct why *why)
{
    *s = (struct hcl_scanner){ .text = text, .line = 1, .arena = arena, .why = why };
    enum err e = check_characters(s);
    if (e != OK)
        return e;
    if (bytes_starts(text, bytes_str("\xef\xbb\xbf")))
        s->at = s->line_start = 3;
    for (size_t ahead = 0; is_space(peek(s, ahead)) || peek(s, ahead) == '{'; ahead++)
        if (peek(s, ahead) == '{') {
            s->is_json = true;
            break;
        }
    return OK;
}

/* -- names and numbers ---------------------------------------------------------------------------
 */

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* Any character beyond ASCII is taken for a letter. */
static bool begins_name(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool goes_on_in_name(int c)
{
    return begins_name(c) || is_digit(c) || c == '-' || c == '.';
}

static void take_name(struct hcl_scanner *s, struct hcl_token *t)
{
    size_t begin = s->at;
    while (goes_on_in_name(peek(s, 0)))
        s->at++;
    t->kind = HCL_TOKEN_NAME;
    t->text = bytes_of(s->text.p + begin, s->at - begin);
}

static bool is_hex(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t count_digits(const struct hcl_scanner *s, size_t ahead)
{
    size_t n = 0;
    while (is_digit(peek(s, ahead + n)))
        n++;
    return n;
}

/* Length of the number at the head; 0 if it is none. HCL may leave out the digits on one side of
 * the point, JSON may not, nor begin with a needless zero. */
static size_t number_length(const struct hcl_scanner *s)
{
    size_t n = peek(s, 0) == '-';
    size_t whole = count_digits(s, n), part = 0;
    if (s->is_json && (whole == 0 || (whole > 1 && peek(s, n) == '0')))
        return 0;
    n += whole;
    if (peek(s, n) == '.') {
        part = count_digits(s, n + 1);
        if (s->is_json && part == 0)
            return 0;
        n += 1 + part;
    }
    if (whole + part == 0)
        return 0;
    if (peek(s, n) == 'e' || peek(s, n) == 'E') {
        size_t sign = peek(s, n + 1) == '+' || peek(s, n + 1) == '-';
        size_t digits = count_digits(s, n + 1 + sign);
        n = digits == 0 ? 0 : n + 1 + sign + digits;
    }
    return n;
}

static size_t hex_length(const struct hcl_scanner *s)
{
    size_t sign = peek(s, 0) == '-', n = sign + 2;
    while (is_hex(peek(s, n)))
        n++;
    return n == sign + 2 ? 0 : n;
}

static bool is_broken_octal(struct bytes number)
{
    size_t i = number.p[0] == '-';
    if (number.n <= i + 1 || number.p[i] != '0')
        return false;
    bool has_high = false;
    for (; i < number.n && is_digit(number.p[i]); i++)
        has_high = has_high || number.p[i] >= '8';
    return has_high && i == number.n; /* a real number may begin with a zero */
}

static enum err take_number(struct hcl_scanner *s, struct hcl_token *t)
{
    size_t sign = peek(s, 0) == '-';
    bool has_x = peek(s, sign) == '0' && (peek(s, sign + 1) == 'x' || peek(s, sign + 1) == 'X');
    size_t n = has_x && !s->is_json ? hex_length(s) : number_length(s);
    t->kind = HCL_TOKEN_NUMBER;
    t->text = bytes_of(s->text.p + s->at, n);
    if (n == 0 || goes_on_in_name(peek(s, n)) || (!has_x && is_broken_octal(t->text)))
        return fail_at(s, s->at, "this is no number");
    s->at += n;
    return OK;
}

/* -- strings -------------------------------------------------------------------------------------
 */

static enum err take_string(struct hcl_scanner *s, struct hcl_token *t)
{
    struct bytes rest = bytes_skip(s->text, s->at + 1);
    size_t n, bad;
    t->kind = HCL_TOKEN_STRING;
    if (!hcl_string_length(rest, s->is_json, &n))
        return fail_at(s, s->at, "a string that does not end on its line");
    struct bytes inside = bytes_of(rest.p, n);
    t->text = inside;
    bool has_escapes = inside.p != NULL && memchr(inside.p, '\\', n) != NULL;
    if (has_escapes && !hcl_string_decode(inside, s->is_json, s->arena, &t->text, &bad)) {
        step_to(s, s->at + 1 + bad);
        return fail_at(s, s->at, "an escape that does not exist or makes no UTF-8");
    }
    step_to(s, s->at + n + 2);
    return OK;
}

/* `<<NAME`, then lines, then NAME on a line of its own. */
static enum err take_heredoc(struct hcl_scanner *s, struct hcl_token *t)
{
    size_t used;
    t->kind = HCL_TOKEN_STRING;
    if (peek(s, 1) != '<')
        return fail_at(s, s->at, "a lone '<'");
    if (!hcl_heredoc_decode(bytes_skip(s->text, s->at), s->arena, &t->text, &used))
        return fail_at(s, s->at, "a heredoc without its name, or without the line that ends it");
    step_to(s, s->at + used);
    return OK;
}

/* -- words ---------------------------------------------------------------------------------------
 */

static bool take_sign(struct hcl_scanner *s, struct hcl_token *t)
{
    static const struct {
        char c;
        enum hcl_token_kind kind;
    } signs[] = {
        { '{', HCL_TOKEN_OPEN_BRACE },   { '}', HCL_TOKEN_CLOSE_BRACE },
        { '[', HCL_TOKEN_OPEN_BRACKET }, { ']', HCL_TOKEN_CLOSE_BRACKET },
        { '=', HCL_TOKEN_ASSIGN },       { ':', HCL_TOKEN_COLON },
        { ',', HCL_TOKEN_COMMA },
    };
    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (peek(s, 0) == signs[i].c) {
            t->kind = signs[i].kind;
            s->at++;
            return true;
        }
    return false;
}

enum err hcl_scanner_next(struct hcl_scanner *s, struct hcl_token *ret)
{
    enum err e = skip_to_word(s);
    struct hcl_token t = { .line = s->line, .column = (uint32_t)(s->at - s->line_start + 1) };
    int c = e == OK ? peek(s, 0) : -1;
    if (e != OK || c < 0)
        t.kind = HCL_TOKEN_END;
    else if (begins_name(c))
        take_name(s, &t);
    else if (is_digit(c) || c == '-' || (c == '.' && !s->is_json))
        e = take_number(s, &t);
    else if (c == '"')
        e = take_string(s, &t);
    else if (c == '<' && !s->is_json)
        e = take_heredoc(s, &t);
    else if (!take_sign(s, &t))
        e = fail_at(s, s->at, "a character that begins no word");
    if (e == OK)
        *ret = t;
    return e;
}

const char *hcl_token_name(enum hcl_token_kind kind)
{
    static const char *const names[] = {
        [HCL_TOKEN_END] = "the end",      [HCL_TOKEN_NAME] = "a name",
        [HCL_TOKEN_STRING] = "a string",  [HCL_TOKEN_NUMBER] = "a number",
        [HCL_TOKEN_OPEN_BRACE] = "'{'",   [HCL_TOKEN_CLOSE_BRACE] = "'}'",
        [HCL_TOKEN_OPEN_BRACKET] = "'['", [HCL_TOKEN_CLOSE_BRACKET] = "']'",
        [HCL_TOKEN_ASSIGN] = "'='",       [HCL_TOKEN_COLON] = "':'",
        [HCL_TOKEN_COMMA] = "','",
    };
    return names[kind];
}
