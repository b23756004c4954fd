/* access/sha256.h -- SHA-256 of what comes in pieces. */
#ifndef ACCESS_SHA256_H
#define ACCESS_SHA256_H

#include "base/bytes.h"

struct sha256;

enum { SHA256_TEXT = 65 };

struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, struct bytes piece);
/* In hexadecimal; gives up S. */
void sha256_end(struct sha256 *s, char ret[SHA256_TEXT]);
void sha256_free(struct sha256 *s);
/* The same of the whole at once. */
void sha256_of(struct bytes whole, char ret[SHA256_TEXT]);

#endif
