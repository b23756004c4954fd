#include "access/principal.h"

void principal_init(struct principal *p, struct bytes name, const struct policy_set *take_rules,
                    uint64_t expires_ms)
{
    *p = (struct principal){ .name = name, .rules = take_rules, .expires_ms = expires_ms };
}

void principal_fini(struct principal *p)
{
    policy_set_unref(p->rules);
    *p = (struct principal){ 0 };
}

bool principal_has_expired(const struct principal *p, uint64_t now_ms)
{
    return p->expires_ms != 0 && now_ms >= p->expires_ms;
}

enum err principal_check(const struct principal *p, const struct access_question *questions,
                         size_t n, uint64_t now_ms, struct access_refusal *ret)
{
    if (principal_has_expired(p, now_ms))
        return ERR_UNAUTHENTICATED;
    for (size_t i = 0; i < n; i++) {
        struct access_answer answer = policy_set_check(p->rules, &questions[i]);
        if (answer.is_allowed)
            continue;
        if (ret != NULL)
            *ret = (struct access_refusal){ .question = i, .answer = answer };
        return ERR_DENIED;
    }
    return OK;
}

enum err token_expiry(uint64_t ttl_ms, uint64_t now_ms, uint64_t *ret)
{
    if (ttl_ms < TOKEN_TTL_LEAST_MS || ttl_ms > TOKEN_TTL_MOST_MS)
        return ERR_INVALID;
    if (now_ms > UINT64_MAX - ttl_ms)
        return ERR_INVALID;
    *ret = now_ms + ttl_ms;
    return OK;
}
