/* A splitter that leads to another one takes over its legs, with weights multiplied. */
#include "traffic/chain_flatten.h"

/* -- circles ------------------------------------------------------------------------------------
 */

enum { ON_PATH = 1, IS_CLEAR = 2 };

static enum err refuse_circle(struct compiler *c, struct chain_node *const *path, size_t n,
                              const struct chain_node *again)
{
    struct buf out;
    buf_init(&out, 400);
    for (size_t i = 0; i < n; i++) {
        buf_put_bytes(&out, path[i]->key);
        buf_put_str(&out, " -> ");
    }
    buf_put_bytes(&out, again->key);
    enum err e = why_set(c->why, ERR_INVALID, "detected circular reference: [%.*s]", (int)out.n,
                         (const char *)out.p);
    buf_fini(&out);
    return e;
}

/* As deep as splitters go, which chain.c bounds, and a router and a resolver. */
static enum err walk(struct compiler *c, struct chain_node *node, struct chain_node **path,
                     size_t n)
{
    if (node->seen == IS_CLEAR)
        return OK;
    if (node->seen == ON_PATH)
        return refuse_circle(c, path, n, node);
    node->seen = ON_PATH;
    path[n] = node;
    for (size_t i = 0; i < node->leg_n; i++) {
        enum err e = walk(c, node->legs[i].next, path, n + 1);
        if (e != OK)
            return e;
    }
    node->seen = IS_CLEAR;
    return OK;
}

enum err chain_check_circles(struct compiler *c, struct chain_node *start)
{
    struct chain_node *path[CHAIN_DEPTH_MAX + 3];
    return walk(c, start, path, 0);
}

/* -- headers ------------------------------------------------------------------------------------
 */

/* BASE and what OVER says instead or besides. */
static struct json_pairs merge_pairs(struct compiler *c, const struct json_pairs *base,
                                     const struct json_pairs *over)
{
    struct json_pairs all = { .n = base->n };
    all.all = arena_zalloc(c->arena, base->n + over->n + 1, sizeof *all.all);
    if (base->n > 0)
        memcpy(all.all, base->all, base->n * sizeof *all.all);
    for (size_t i = 0; i < over->n; i++) {
        size_t at = 0;
        while (at < base->n && !bytes_eq(all.all[at].name, over->all[i].name))
            at++;
        all.all[at < base->n ? at : all.n++] = over->all[i];
    }
    return all;
}

static struct entry_headers *merge_headers(struct compiler *c, struct entry_headers *base,
                                           struct entry_headers *over)
{
    if (base == NULL || over == NULL)
        return base == NULL ? over : base;
    struct entry_headers *both = arena_zalloc(c->arena, 1, sizeof *both);
    both->add = merge_pairs(c, &base->add, &over->add);
    both->set = merge_pairs(c, &base->set, &over->set);
    both->remove.n = base->remove.n + over->remove.n;
    both->remove.all = arena_zalloc(c->arena, both->remove.n + 1, sizeof *both->remove.all);
    for (size_t i = 0; i < both->remove.n; i++)
        both->remove.all[i] =
            i < base->remove.n ? base->remove.all[i] : over->remove.all[i - base->remove.n];
    return both;
}

/* -- legs ---------------------------------------------------------------------------------------
 */

static double weight_of(double outer, double inner)
{
    float product = (float)outer * (float)inner / 100.0F;
    return (double)((float)(int)(product * 100.0F + 0.5F) / 100.0F);
}

static void take_over(struct compiler *c, const struct chain_leg *outer,
                      const struct chain_leg *inner, struct chain_leg *to)
{
    *to = *inner;
    to->weight = weight_of(outer->weight, inner->weight);
    to->split.request_headers =
        merge_headers(c, outer->split.request_headers, inner->split.request_headers);
    to->split.response_headers =
        merge_headers(c, inner->split.response_headers, outer->split.response_headers);
}

static size_t legs_behind(const struct chain_leg *leg)
{
    return leg->next->kind == CHAIN_SPLITTER ? leg->next->leg_n : 1;
}

static enum err join_splitters(struct compiler *c, struct chain_node *node)
{
    size_t all = 0, at = 0;
    for (size_t i = 0; i < node->leg_n; i++)
        all += legs_behind(&node->legs[i]);
    enum err e = all == node->leg_n ? OK : chain_count_legs(c, all - node->leg_n);
    if (e != OK)
        return e;
    struct chain_leg *legs = arena_zalloc(c->arena, all + 1, sizeof *legs);
    for (size_t i = 0; i < node->leg_n; i++) {
        const struct chain_leg *leg = &node->legs[i];
        if (leg->next->kind != CHAIN_SPLITTER)
            legs[at++] = *leg;
        else
            for (size_t k = 0; k < leg->next->leg_n; k++)
                take_over(c, leg, &leg->next->legs[k], &legs[at++]);
    }
    node->legs = legs;
    node->leg_n = all;
    return OK;
}

enum err chain_flatten(struct compiler *c, struct chain_node *node)
{
    if (node->is_flat)
        return OK;
    node->is_flat = true;
    for (size_t i = 0; i < node->leg_n; i++) {
        enum err e = chain_flatten(c, node->legs[i].next);
        if (e != OK)
            return e;
    }
    return node->kind == CHAIN_SPLITTER ? join_splitters(c, node) : OK;
}
