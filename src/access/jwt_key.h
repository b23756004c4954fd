/* access/jwt_key.h -- keys and signatures of JSON Web Tokens, over OpenSSL.
 *
 * A key is for one family of algorithms, so a public key never serves as a secret, and "none" is no
 * algorithm. Keys are immutable. */
#ifndef ACCESS_JWT_KEY_H
#define ACCESS_JWT_KEY_H

#include "base/bytes.h"
#include "base/why.h"

enum jwt_algorithm {
    JWT_HS256,
    JWT_HS384,
    JWT_HS512,
    JWT_RS256,
    JWT_RS384,
    JWT_RS512,
    JWT_PS256,
    JWT_PS384,
    JWT_PS512,
    JWT_ES256,
    JWT_ES384,
    JWT_ES512,
    JWT_EDDSA,
    JWT_ALGORITHMS
};

enum { JWT_RSA_BITS_LEAST = 2048 };

struct jwt_key;

/* The number of "RS256" and so on; false if there is none of that name. */
bool jwt_algorithm_find(struct bytes name, enum jwt_algorithm *ret);

/* For HMAC. ERR_INVALID if SECRET is empty. */
MUST_CHECK enum err jwt_key_new_secret(struct bytes secret, struct jwt_key **ret);
/* A public key in PEM: RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519. ERR_MALFORMED,
 * ERR_INVALID with a sentence. */
MUST_CHECK enum err jwt_key_new_public(struct bytes pem, struct jwt_key **ret, struct why *why);
/* The same from a key's numbers, as JSON Web Keys have them: big-endian. */
MUST_CHECK enum err jwt_key_new_rsa(struct bytes modulus, struct bytes exponent,
                                    struct jwt_key **ret, struct why *why);
/* CURVE: "P-256", "P-384", "P-521". */
MUST_CHECK enum err jwt_key_new_curve(struct bytes curve, struct bytes x, struct bytes y,
                                      struct jwt_key **ret, struct why *why);
MUST_CHECK enum err jwt_key_new_ed25519(struct bytes x, struct jwt_key **ret, struct why *why);
void jwt_key_free(struct jwt_key *key);

/* True if KEY is of the algorithm's family and SIGNATURE is one of TEXT by it. */
bool jwt_key_has_signed(const struct jwt_key *key, enum jwt_algorithm algorithm, struct bytes text,
                        struct bytes signature);

#endif
