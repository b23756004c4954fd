/* access/password_cache.h -- passwords that were verified a while ago.
 *
 * bcrypt is slow so that guessing is; a client that sends its password with every request should
 * not pay for that each time. Kept are HMAC-SHA-256 values under a key of this process, never
 * passwords; the stored hash is part of what is hashed, so that a changed password is a different
 * entry and nothing needs to be dropped. In memory only, of one thread. */
#ifndef ACCESS_PASSWORD_CACHE_H
#define ACCESS_PASSWORD_CACHE_H

#include "base/bytes.h"

enum { PASSWORD_CACHE_KEY_BYTES = 32 };

struct password_cache;

/* Room for ENTRIES (rounded up to whole sets of 4); KEY is random, drawn by the caller. */
struct password_cache *password_cache_new(size_t entries,
                                          const uint8_t key[PASSWORD_CACHE_KEY_BYTES]);
void password_cache_free(struct password_cache *c);

/* True if just this user, password and stored hash were added and not displaced since. */
bool password_cache_holds(struct password_cache *c, struct bytes user, struct bytes password,
                          struct bytes hash);
/* To be called when password_verify has said OK. The least recently used of its set gives way. */
void password_cache_add(struct password_cache *c, struct bytes user, struct bytes password,
                        struct bytes hash);

#endif
