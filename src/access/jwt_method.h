/* access/jwt_method.h -- an auth method of type "jwt": who may log in with which token.
 *
 * Its configuration is JSON, as Consul's clients write it. Keys stand in it, or it says where they
 * are; whoever can fetch (the face) hands them in. Immutable. */
#ifndef ACCESS_JWT_METHOD_H
#define ACCESS_JWT_METHOD_H

#include "access/acl_bind.h"
#include "access/jwk.h"
#include "access/jwt.h"

enum { JWT_METHOD_KEYS_MAX = 16, JWT_METHOD_LIST_MAX = 64 };

struct jwt_method;

/* ERR_INVALID, ERR_MALFORMED, ERR_TOO_BIG with the sentence in WHY. */
MUST_CHECK enum err jwt_method_new(struct bytes config, struct jwt_method **ret, struct why *why);
void jwt_method_free(struct jwt_method *m);

enum jwt_keys {
    JWT_KEYS_GIVEN,     /* in the configuration */
    JWT_KEYS_AT_URL,    /* as JSON Web Keys */
    JWT_KEYS_OF_ISSUER, /* where the issuer at the URL says (jwk_discovery_read) */
};

struct jwt_source { /* lent by the method */
    enum jwt_keys kind;
    struct bytes url;
    struct bytes ca; /* authorities in PEM that vouch for who answers there; empty: the system's */
};
const struct jwt_source *jwt_method_source(const struct jwt_method *m);

/* OK and what the token says by the method's mappings, in ARENA; ERR_UNAUTHENTICATED with the
 * reason in WHY; ERR_NOT_FOUND if none of the keys has signed it: newer ones may have. FETCHED: the
 * keys of a source that is not JWT_KEYS_GIVEN, else NULL. */
MUST_CHECK enum err jwt_method_login(const struct jwt_method *m, const struct jwk_set *fetched,
                                     struct bytes token, uint64_t now_ms, struct arena *arena,
                                     struct acl_claims *ret, struct why *why);

#endif
