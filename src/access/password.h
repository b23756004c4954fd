/* access/password.h -- passwords as bcrypt hashes, over libxcrypt.
 *
 * Both functions take as long as their cost says (10: about 50 ms): they belong on the helper
 * thread or a worker, never on a loop. They have no state and run anywhere. */
#ifndef ACCESS_PASSWORD_H
#define ACCESS_PASSWORD_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/err.h"

enum {
    PASSWORD_BYTES_MAX = 72, /* bcrypt reads no more */
    PASSWORD_COST_LEAST = 4,
    PASSWORD_COST_MOST = 14,  /* about 1 s; each one more doubles it */
    PASSWORD_COST_USUAL = 10, /* etcd's */
    PASSWORD_SALT_BYTES = 16,
    PASSWORD_HASH_BYTES = 60, /* "$2a$10$", salt and hash */
};

/* RET becomes the hash, NUL-terminated. SALT is random, drawn by the caller. ERR_INVALID: cost out
 * of bounds, or a NUL in the password; ERR_TOO_BIG: longer than bcrypt reads. The empty password is
 * one like any other. */
MUST_CHECK enum err password_hash(struct bytes password, unsigned cost,
                                  const uint8_t salt[PASSWORD_SALT_BYTES],
                                  char ret[PASSWORD_HASH_BYTES + 1]);
/* OK if HASH is that of PASSWORD, ERR_UNAUTHENTICATED if not (or if PASSWORD could have none);
 * ERR_INVALID if HASH is no bcrypt hash, or one whose cost is out of bounds. */
MUST_CHECK enum err password_verify(struct bytes password, struct bytes hash);

#endif
