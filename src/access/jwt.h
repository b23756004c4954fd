/* access/jwt.h -- JSON Web Tokens in their compact form: the signature and the times are checked,
 * the claims handed out.
 *
 * Which algorithms are taken, and whose keys, is the caller's to say (access/jwt_key.h). */
#ifndef ACCESS_JWT_H
#define ACCESS_JWT_H

#include "access/jwt_key.h"
#include "base/arena.h"
#include "base/why.h"
#include "wire/hcl.h"

enum { JWT_BYTES_MAX = 16 * 1024 };

struct jwt_terms {
    const struct jwt_key *const *keys; /* any of them may have signed */
    const struct bytes *kids;          /* their names, some empty; NULL: they have none */
    size_t key_n;
    unsigned algorithms;       /* bits: which are taken */
    uint64_t now_ms;           /* wall clock */
    uint64_t leeway_ms;        /* by how much other clocks may be off */
    uint64_t without_end_ms;   /* how long one without "exp" lives from its "nbf" or "iat" */
    uint64_t without_begin_ms; /* how long before its "exp" one without those is good */
};

/* OK and the claims, an object that lives in ARENA. ERR_TOO_BIG, ERR_MALFORMED: this is no token;
 * ERR_NOT_FOUND: no key here has signed it; ERR_UNAUTHENTICATED: it is over, has not begun, or says
 * neither; its algorithm is not taken. */
MUST_CHECK enum err jwt_verify(const struct jwt_terms *terms, struct bytes token,
                               struct arena *arena, const struct hcl_node **ret_claims,
                               struct why *why);

/* The member NAME of a claims object, by its exact name; NULL if there is none. */
const struct hcl_node *jwt_claim(const struct hcl_node *claims, const char *name);
/* True if "aud" is AUDIENCE or a list that has it. */
bool jwt_is_for(const struct hcl_node *claims, struct bytes audience);

#endif
