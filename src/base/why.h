/* base/why.h -- a sentence for a person: what was tried, on what, and what happened. */
#ifndef BASE_WHY_H
#define BASE_WHY_H

#include "base/compiler.h"
#include "base/err.h"

struct why {
    char text[512]; /* NUL-terminated; empty if nothing was said */
};

/* Writes the sentence (cut if it is too long) and returns E, so that a failure is one line:
 * return why_set(why, ERR_IO, "log: cannot read '%s': %s", path, text). WHY may be NULL. */
enum err why_set(struct why *why, enum err e, const char *format, ...) PRINTF_FMT(3, 4);

#endif
