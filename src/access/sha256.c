#include "access/sha256.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>

/* A context of OpenSSL's, by another name. */
static EVP_MD_CTX *context(struct sha256 *s)
{
    return (EVP_MD_CTX *)(void *)s;
}

struct sha256 *sha256_new(void)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    assert(c != NULL);
    int begun = EVP_DigestInit_ex(c, EVP_sha256(), NULL);
    assert(begun == 1);
    return (struct sha256 *)(void *)c;
}

void sha256_add(struct sha256 *s, struct bytes piece)
{
    int added = piece.n == 0 ? 1 : EVP_DigestUpdate(context(s), piece.p, piece.n);
    assert(added == 1);
}

void sha256_end(struct sha256 *s, char ret[SHA256_TEXT])
{
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    int ended = EVP_DigestFinal_ex(context(s), sum, &n);
    assert(ended == 1 && 2 * n + 1 == SHA256_TEXT);
    for (unsigned i = 0; i < n; i++)
        snprintf(ret + (size_t)2 * i, 3, "%02x", sum[i]);
    sha256_free(s);
}

void sha256_free(struct sha256 *s)
{
    EVP_MD_CTX_free(s == NULL ? NULL : context(s));
}

void sha256_of(struct bytes whole, char ret[SHA256_TEXT])
{
    struct sha256 *s = sha256_new();
    sha256_add(s, whole);
    sha256_end(s, ret);
}
