#include "access/permission.h"

static bool is_endless(struct bytes end)
{
    return end.n == 1 && end.p[0] == 0;
}

enum err permission_rule(const struct permission *p, struct bytes role, struct access_rule *ret)
{
    static const unsigned grants[] = {
        [PERMISSION_READ] = ACCESS_GRANT_LIST,
        [PERMISSION_WRITE] = ACCESS_GRANT_PUT,
        [PERMISSION_READWRITE] = ACCESS_GRANT_LIST | ACCESS_GRANT_PUT,
    };
    bool is_one = p->end.n == 0;
    if (p->key.n == 0 || (!is_one && !is_endless(p->end) && bytes_cmp(p->end, p->key) <= 0) ||
        (unsigned)p->type >= ARRAY_LEN(grants))
        return ERR_INVALID;
    *ret = (struct access_rule){ .kind = ACCESS_ETCD_KEY,
                                 .match = is_one ? ACCESS_EXACT : ACCESS_SPAN,
                                 .name = p->key,
                                 .end = is_endless(p->end) ? (struct bytes){ 0 } : p->end,
                                 .grants = grants[p->type],
                                 .source = role };
    return OK;
}

struct access_question permission_question(enum access_verb verb, struct bytes key,
                                           struct bytes end)
{
    struct access_question q = { .verb = verb, .kind = ACCESS_ETCD_KEY, .name = key, .end = end };
    if (end.n > 0)
        q.extent = is_endless(end) ? ACCESS_FROM : ACCESS_RANGE;
    return q;
}
