/* wire/json_plain.h -- what stands for itself in a string of JSON. */
#ifndef WIRE_JSON_PLAIN_H
#define WIRE_JSON_PLAIN_H

#include "base/bytes.h"

/* How many bytes at the front of TEXT need no look at: ASCII but quotes, backslashes and controls.
 */
static inline size_t json_plain(struct bytes text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] >= 0x20 && text.p[n] < 0x7f && text.p[n] != '"' &&
           text.p[n] != '\\')
        n++;
    return n;
}

#endif
