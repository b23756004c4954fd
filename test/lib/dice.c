/* splitmix64: small, and good enough to reach every corner. */
#include "test/lib/dice.h"

#include <assert.h>
#include <stdlib.h>

struct dice dice_of(uint64_t seed, uint64_t part)
{
    struct dice d = { .state = seed };
    d.state = dice_u64(&d) + part;
    d.state = dice_u64(&d);
    return d;
}

uint64_t dice_u64(struct dice *d)
{
    d->state += 0x9e3779b97f4a7c15U;
    uint64_t z = d->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

size_t dice_below(struct dice *d, size_t n)
{
    assert(n != 0);
    return (size_t)(dice_u64(d) % n);
}

size_t dice_between(struct dice *d, size_t from, size_t to)
{
    return from + dice_below(d, to - from + 1);
}

bool dice_percent(struct dice *d, unsigned percent)
{
    return dice_below(d, 100) < percent;
}

size_t dice_weighted(struct dice *d, const unsigned *weights, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    size_t at = dice_below(d, sum);
    for (size_t i = 0; i < n; i++) {
        if (at < weights[i])
            return i;
        at -= weights[i];
    }
    return n - 1;
}

uint64_t dice_env(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    return text == NULL || text[0] == 0 ? fallback : strtoull(text, NULL, 0);
}
