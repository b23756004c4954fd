/* Exact names come before wildcards; the first that matches decides, and no other is asked. */
#include "traffic/intention.h"

#include <stdlib.h>

static bool is_wild(struct bytes name)
{
    return bytes_is(name, "*");
}

int intention_precedence(struct bytes source, struct bytes destination)
{
    return (is_wild(destination) ? 6 : 9) - (is_wild(source) ? 1 : 0);
}

void intention_sort(struct entry_source *all, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct entry_source one = all[i];
        size_t at = i;
        while (at > 0 && all[at - 1].precedence < one.precedence) {
            all[at] = all[at - 1];
            at--;
        }
        all[at] = one;
    }
}

void intention_upper(struct json_texts *texts, struct arena *arena)
{
    for (size_t i = 0; i < texts->n; i++) {
        struct bytes text = texts->all[i];
        uint8_t *out = arena_alloc(arena, text.n + 1);
        for (size_t k = 0; k < text.n; k++)
            out[k] =
                text.p[k] >= 'a' && text.p[k] <= 'z' ? (uint8_t)(text.p[k] - 'a' + 'A') : text.p[k];
        texts->all[i] = bytes_of(out, text.n);
    }
}

bool intention_matches(const struct intention *one, enum intention_side side, struct bytes name)
{
    struct bytes own = side == INTENTION_BY_SOURCE ? one->source->name : one->destination;
    return is_wild(own) || bytes_eq(own, name);
}

static int compare(const void *left, const void *right)
{
    const struct intention *a = left, *b = right;
    if (a->source->precedence != b->source->precedence)
        return a->source->precedence > b->source->precedence ? -1 : 1;
    int order = bytes_cmp(a->destination, b->destination);
    return order != 0 ? order : bytes_cmp(a->source->name, b->source->name);
}

void intentions_sort(struct intentions *all)
{
    if (all->n > 1)
        qsort(all->all, all->n, sizeof *all->all, compare);
}

enum intention_verdict intentions_decide(const struct intentions *all, struct bytes source,
                                         struct bytes destination, const struct intention **ret)
{
    *ret = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const struct intention *one = &all->all[i];
        if (one->source->peer.n > 0 || !intention_matches(one, INTENTION_BY_SOURCE, source) ||
            !intention_matches(one, INTENTION_BY_DESTINATION, destination))
            continue;
        *ret = one;
        if (one->source->permissions.n > 0)
            return INTENTION_BY_REQUEST;
        return bytes_is(one->source->action, "allow") ? INTENTION_ALLOW : INTENTION_DENY;
    }
    return INTENTION_NONE;
}
