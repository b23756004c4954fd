/* access/secret.h -- bytes that timing and memory must not give away. */
#ifndef ACCESS_SECRET_H
#define ACCESS_SECRET_H

#include "base/bytes.h"

/* The time it takes depends on the lengths alone. */
bool secret_eq(struct bytes a, struct bytes b);
enum { SECRET_DIGEST_BYTES = 32 };
/* SHA-256: finds a secret again without keeping it. */
void secret_digest(struct bytes secret, uint8_t ret[SECRET_DIGEST_BYTES]);
/* Overwrites in a way that the compiler does not leave out. */
void secret_wipe(void *p, size_t n);

#endif
