/* base/text.h -- numbers in text, and its characters. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/bytes.h"

/* The whole of TEXT as a decimal number: no sign, no space, no overflow; false otherwise. */
bool text_u64(struct bytes text, uint64_t *ret);
/* The same with an optional '-'. */
bool text_i64(struct bytes text, int64_t *ret);
/* Compares without the case of ASCII letters. */
bool text_eq_nocase(struct bytes a, struct bytes b);
/* True if TEXT is well-formed UTF-8 without surrogates; NUL is allowed. */
bool text_is_utf8(struct bytes text);
/* The character at the front of TEXT and how many bytes it has; 0 if none is well formed there. */
size_t text_rune(struct bytes text, uint32_t *ret);
/* RUNE, at most U+10FFFF, in UTF-8: how many bytes of OUT it takes. */
size_t text_put_rune(uint32_t rune, uint8_t out[4]);

#endif
