/* What all parts of a node's checks ask of it. */
#include "health/local_core.h"

struct bytes local_ns(const struct local_checks *l)
{
    return bytes_str(l->options.ns);
}

struct bytes local_node(const struct local_checks *l)
{
    return bytes_str(l->options.node);
}

struct loop *local_loop(const struct local_checks *l)
{
    return hub_loop(l->options.hub);
}

uint64_t local_now_ms(const struct local_checks *l)
{
    return l->options.now_ms != NULL ? l->options.now_ms(l->options.ctx)
                                     : loop_now_ms(local_loop(l));
}

struct local_check *local_find(struct local_checks *l, struct bytes key)
{
    struct local_check *c;
    HASH_FIND_BYHASHVALUE(hh, l->checks, key.p, key.n, (unsigned)siphash(&l->key, key), c);
    return c;
}
