/* A table of fixed size: networks share a bucket when their hashes do, under a key of our own. A
 * flood of made-up senders can empty the buckets of others, who then come by TCP; it can fill none.
 */
#include "faces/dns/limit.h"

#include <string.h>

#include "base/mem.h"
#include "base/siphash.h"
#include "loop/loop.h"

enum { BUCKETS = 16384, V4_PREFIX = 3, V6_PREFIX = 7, MS_PER_S = 1000 };

struct bucket {
    uint64_t at_ms;       /* 0: never used, that is full */
    uint64_t thousandths; /* of tokens */
};

struct dns_limit {
    struct siphash_key key;
    uint64_t rate;
    struct bucket buckets[BUCKETS];
};

struct dns_limit *dns_limit_new(uint64_t rate)
{
    struct dns_limit *l = mem_zalloc(1, sizeof *l);
    l->rate = rate;
    entropy_fill(&l->key, sizeof l->key);
    return l;
}

void dns_limit_free(struct dns_limit *l)
{
    mem_free(l);
}

/* The last byte is the family's. */
static void network_of(const struct sockaddr *from, uint8_t network[V6_PREFIX + 1])
{
    struct sockaddr_in6 in6;
    struct sockaddr_in in;
    memset(network, 0, V6_PREFIX + 1);
    if (from->sa_family == AF_INET) {
        memcpy(&in, from, sizeof in);
        memcpy(network, &in.sin_addr, V4_PREFIX);
        network[V6_PREFIX] = 4;
        return;
    }
    memcpy(&in6, from, sizeof in6);
    bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
    if (is_mapped)
        memcpy(network, in6.sin6_addr.s6_addr + 12, V4_PREFIX);
    else
        memcpy(network, in6.sin6_addr.s6_addr, V6_PREFIX);
    network[V6_PREFIX] = is_mapped ? 4 : 6;
}

bool dns_limit_take(struct dns_limit *l, const struct sockaddr *from, uint64_t now_ms)
{
    uint8_t network[V6_PREFIX + 1];
    network_of(from, network);
    struct bucket *b = &l->buckets[siphash(&l->key, bytes_of(network, sizeof network)) % BUCKETS];
    uint64_t most = l->rate * MS_PER_S;
    uint64_t passed = now_ms - b->at_ms;
    b->thousandths = passed > MS_PER_S ? most : b->thousandths + passed * l->rate;
    if (b->thousandths > most)
        b->thousandths = most;
    b->at_ms = now_ms;
    if (b->thousandths < MS_PER_S)
        return false;
    b->thousandths -= MS_PER_S;
    return true;
}
