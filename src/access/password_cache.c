/* Sets of four entries; the first bytes of the HMAC choose the set. Within a set the most recently
 * used stands first. */
#include "access/password_cache.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "access/secret.h"
#include "base/buf.h"
#include "base/mem.h"

enum { WAYS = 4, MAC_BYTES = 32 };

struct entry {
    bool is_used;
    uint8_t mac[MAC_BYTES];
};

struct set {
    struct entry entries[WAYS]; /* most recently used first */
};

struct password_cache {
    uint8_t key[PASSWORD_CACHE_KEY_BYTES];
    size_t set_n;
    struct set sets[];
};

struct password_cache *password_cache_new(size_t entries,
                                          const uint8_t key[PASSWORD_CACHE_KEY_BYTES])
{
    size_t set_n = entries == 0 ? 1 : (entries - 1) / WAYS + 1;
    struct password_cache *c = mem_zalloc(1, sizeof *c + set_n * sizeof c->sets[0]);
    memcpy(c->key, key, sizeof c->key);
    c->set_n = set_n;
    return c;
}

void password_cache_free(struct password_cache *c)
{
    if (c == NULL)
        return;
    secret_wipe(c, sizeof *c + c->set_n * sizeof c->sets[0]);
    mem_free(c);
}

/* Each part with its length before it, so that nothing can move from one to the next. */
static void sign(const struct password_cache *c, struct bytes user, struct bytes password,
                 struct bytes hash, uint8_t mac[MAC_BYTES])
{
    struct buf text;
    unsigned n = MAC_BYTES;
    buf_init(&text, SIZE_MAX / 2);
    IGNORE(buf_reserve(&text, user.n + password.n + hash.n + 12)); /* so that no copy is left */
    buf_put_run(&text, user);
    buf_put_run(&text, password);
    buf_put_run(&text, hash);
    const uint8_t *made = HMAC(EVP_sha256(), c->key, sizeof c->key, text.p, text.n, mac, &n);
    assert(made != NULL && n == MAC_BYTES);
    secret_wipe(text.p, text.n);
    buf_fini(&text);
}

static struct set *set_of(struct password_cache *c, const uint8_t mac[MAC_BYTES])
{
    uint64_t place;
    memcpy(&place, mac, sizeof place);
    return &c->sets[place % c->set_n];
}

/* MAC becomes the first entry of its set; those before WAY move one back, over it. */
static void move_to_front(struct set *set, size_t way, const uint8_t mac[MAC_BYTES])
{
    memmove(&set->entries[1], &set->entries[0], way * sizeof set->entries[0]);
    set->entries[0].is_used = true;
    memcpy(set->entries[0].mac, mac, MAC_BYTES);
}

/* The way that holds MAC; WAYS if none does. */
static size_t find(const struct set *set, const uint8_t mac[MAC_BYTES])
{
    for (size_t way = 0; way < WAYS; way++)
        if (set->entries[way].is_used &&
            secret_eq(bytes_of(set->entries[way].mac, MAC_BYTES), bytes_of(mac, MAC_BYTES)))
            return way;
    return WAYS;
}

bool password_cache_holds(struct password_cache *c, struct bytes user, struct bytes password,
                          struct bytes hash)
{
    uint8_t mac[MAC_BYTES];
    sign(c, user, password, hash, mac);
    struct set *set = set_of(c, mac);
    size_t way = find(set, mac);
    if (way < WAYS)
        move_to_front(set, way, mac);
    return way < WAYS;
}

void password_cache_add(struct password_cache *c, struct bytes user, struct bytes password,
                        struct bytes hash)
{
    uint8_t mac[MAC_BYTES];
    sign(c, user, password, hash, mac);
    struct set *set = set_of(c, mac);
    size_t way = find(set, mac);
    move_to_front(set, way < WAYS ? way : WAYS - 1, mac);
}
