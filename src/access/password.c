/* crypt_rn wants 32 KiB of room to work in, which is wiped before it is given back. */
#include "access/password.h"

#include <crypt.h>

#include "access/secret.h"
#include "base/mem.h"

static bool is_hashable(struct bytes password)
{
    return password.n <= PASSWORD_BYTES_MAX &&
           (password.n == 0 || memchr(password.p, 0, password.n) == NULL);
}

/* bcrypt's own alphabet. */
static bool is_radix64(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '/';
}

/* "$2a$", "$2b$" or "$2y$", two digits of cost, '$', then 22 letters of salt and 31 of hash. */
static bool is_bcrypt(struct bytes hash)
{
    if (hash.n != PASSWORD_HASH_BYTES || memcmp(hash.p, "$2", 2) != 0 || hash.p[3] != '$' ||
        hash.p[6] != '$' || (hash.p[2] != 'a' && hash.p[2] != 'b' && hash.p[2] != 'y'))
        return false;
    for (size_t i = 4; i < 6; i++)
        if (hash.p[i] < '0' || hash.p[i] > '9')
            return false;
    for (size_t i = 7; i < PASSWORD_HASH_BYTES; i++)
        if (!is_radix64(hash.p[i]))
            return false;
    unsigned cost = (unsigned)(hash.p[4] - '0') * 10 + (unsigned)(hash.p[5] - '0');
    return cost >= PASSWORD_COST_LEAST && cost <= PASSWORD_COST_MOST;
}

/* RET: what PASSWORD, which is hashable, makes with SETTING. */
static enum err crypt_password(struct bytes password, const char *setting,
                               char ret[PASSWORD_HASH_BYTES + 1])
{
    char phrase[PASSWORD_BYTES_MAX + 1] = { 0 };
    struct crypt_data *room = mem_zalloc(1, sizeof *room);
    if (password.n > 0)
        memcpy(phrase, password.p, password.n);
    const char *made = crypt_rn(phrase, setting, room, (int)sizeof *room);
    bool is_made = made != NULL && strlen(made) == PASSWORD_HASH_BYTES;
    if (is_made)
        memcpy(ret, made, PASSWORD_HASH_BYTES + 1);
    secret_wipe(phrase, sizeof phrase);
    secret_wipe(room, sizeof *room);
    mem_free(room);
    return is_made ? OK : ERR_INVALID;
}

enum err password_hash(struct bytes password, unsigned cost,
                       const uint8_t salt[PASSWORD_SALT_BYTES], char ret[PASSWORD_HASH_BYTES + 1])
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (password.n > PASSWORD_BYTES_MAX)
        return ERR_TOO_BIG;
    if (!is_hashable(password) || cost < PASSWORD_COST_LEAST || cost > PASSWORD_COST_MOST)
        return ERR_INVALID;
    /* "$2a$" is what etcd writes, and every bcrypt reads. */
    if (crypt_gensalt_rn("$2a$", cost, (const char *)salt, PASSWORD_SALT_BYTES, setting,
                         (int)sizeof setting) == NULL)
        return ERR_INVALID;
    return crypt_password(password, setting, ret);
}

enum err password_verify(struct bytes password, struct bytes hash)
{
    char setting[PASSWORD_HASH_BYTES + 1] = { 0 }, made[PASSWORD_HASH_BYTES + 1];
    if (!is_bcrypt(hash))
        return ERR_INVALID;
    if (!is_hashable(password))
        return ERR_UNAUTHENTICATED;
    memcpy(setting, hash.p, PASSWORD_HASH_BYTES);
    enum err e = crypt_password(password, setting, made);
    if (e == OK && !secret_eq(bytes_of(made, PASSWORD_HASH_BYTES), hash))
        e = ERR_UNAUTHENTICATED;
    secret_wipe(made, sizeof made);
    return e;
}
