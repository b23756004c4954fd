/* Sentences for people. */
#include "base/why.h"

#include <stdarg.h>
#include <stdio.h>

enum err why_set(struct why *why, enum err e, const char *format, ...)
{
    if (why == NULL)
        return e;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return e;
}
