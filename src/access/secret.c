#include "access/secret.h"

#include <openssl/crypto.h>

bool secret_eq(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void secret_wipe(void *p, size_t n)
{
    OPENSSL_cleanse(p, n);
}
