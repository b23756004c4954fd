/* wire/hcl_token.h -- the words of HCL version 1, and of JSON, with where they stand.
 *
 * Only wire/hcl.c reads words; everybody else reads its tree. */
#ifndef WIRE_HCL_TOKEN_H
#define WIRE_HCL_TOKEN_H

#include "base/arena.h"
#include "base/why.h"

enum hcl_token_kind {
    HCL_TOKEN_END,
    HCL_TOKEN_NAME, /* true, false and null are names too */
    HCL_TOKEN_STRING,
    HCL_TOKEN_NUMBER,
    HCL_TOKEN_OPEN_BRACE,
    HCL_TOKEN_CLOSE_BRACE,
    HCL_TOKEN_OPEN_BRACKET,
    HCL_TOKEN_CLOSE_BRACKET,
    HCL_TOKEN_ASSIGN,
    HCL_TOKEN_COLON, /* JSON's only */
    HCL_TOKEN_COMMA
};

struct hcl_token {
    enum hcl_token_kind kind;
    struct bytes text;     /* name, string without quotes and escapes, number as written */
    uint32_t line, column; /* of its first byte, from 1; columns count bytes */
};

struct hcl_scanner {
    struct bytes text;
    size_t at, line_start; /* where the next word is looked for, and where its line begins */
    uint32_t line;
    bool is_json;        /* no comments, no heredocs, JSON's strings and numbers */
    struct arena *arena; /* for strings that cannot lend from TEXT */
    struct why *why;
};

/* Keeps TEXT, ARENA and WHY. JSON is what begins with '{', which no HCL does. ERR_MALFORMED if TEXT
 * is no UTF-8 or has a NUL. */
MUST_CHECK enum err hcl_scanner_init(struct hcl_scanner *s, struct bytes text, struct arena *arena,
                                     struct why *why);
/* The next word. A string lends from TEXT or the arena. ERR_MALFORMED with the place in WHY. */
MUST_CHECK enum err hcl_scanner_next(struct hcl_scanner *s, struct hcl_token *ret);
/* What a word is called in a sentence: "a string", "'{'", "the end". */
const char *hcl_token_name(enum hcl_token_kind kind);

#endif
