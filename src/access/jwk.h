/* access/jwk.h -- JSON Web Keys: a set of public keys as it is fetched from who signs tokens, and
 * where it is to be fetched from.
 *
 * Keys that are not for signatures, or of kinds that are not known here, are left out. */
#ifndef ACCESS_JWK_H
#define ACCESS_JWK_H

#include "access/jwt_key.h"
#include "base/arena.h"

enum { JWK_SET_MAX = 64, JWK_BYTES_MAX = 256 * 1024 };

struct jwk_set;

/* {"keys":[...]}. ERR_TOO_BIG, ERR_MALFORMED, ERR_INVALID (no key that can be used) with a sentence
 * in WHY. Immutable. */
MUST_CHECK enum err jwk_set_new(struct bytes json, struct jwk_set **ret, struct why *why);
void jwk_set_free(struct jwk_set *set);
size_t jwk_set_count(const struct jwk_set *set);
/* Lent; names may be empty. */
const struct jwt_key *const *jwk_set_keys(const struct jwk_set *set);
const struct bytes *jwk_set_names(const struct jwk_set *set);

/* What an issuer says of itself at /.well-known/openid-configuration: where its keys are, in ARENA.
 * It must be ISSUER (a '/' at its end does not count). ERR_MALFORMED, ERR_INVALID with a sentence.
 */
MUST_CHECK enum err jwk_discovery_read(struct bytes json, struct bytes issuer, struct arena *arena,
                                       struct bytes *ret_url, struct why *why);

#endif
