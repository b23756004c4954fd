#include "access/secret.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

bool secret_eq(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void secret_digest(struct bytes secret, uint8_t ret[SECRET_DIGEST_BYTES])
{
    unsigned n = 0;
    int made = EVP_Digest(secret.n == 0 ? "" : (const void *)secret.p, secret.n, ret, &n,
                          EVP_sha256(), NULL);
    assert(made == 1 && n == SECRET_DIGEST_BYTES);
}

void secret_wipe(void *p, size_t n)
{
    OPENSSL_cleanse(p, n);
}
