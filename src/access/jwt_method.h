/* access/jwt_method.h -- an auth method of type "jwt": who may log in with which token.
 *
 * Its configuration is JSON, as Consul's clients write it. Keys stand in it; those that would have
 * to be fetched (JWKSURL, OIDCDiscoveryURL) are refused with a sentence. Immutable. */
#ifndef ACCESS_JWT_METHOD_H
#define ACCESS_JWT_METHOD_H

#include "access/acl_bind.h"
#include "access/jwt.h"

enum { JWT_METHOD_KEYS_MAX = 16, JWT_METHOD_LIST_MAX = 64 };

struct jwt_method;

/* ERR_INVALID, ERR_MALFORMED, ERR_TOO_BIG with the sentence in WHY. */
MUST_CHECK enum err jwt_method_new(struct bytes config, struct jwt_method **ret, struct why *why);
void jwt_method_free(struct jwt_method *m);

/* OK and what the token says by the method's mappings, in ARENA; ERR_UNAUTHENTICATED with the
 * reason in WHY. */
MUST_CHECK enum err jwt_method_login(const struct jwt_method *m, struct bytes token,
                                     uint64_t now_ms, struct arena *arena, struct acl_claims *ret,
                                     struct why *why);

#endif
