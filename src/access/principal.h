/* access/principal.h -- who asks, what he may do and until when.
 *
 * Made from a token, a user and password, or a certificate, by whoever resolves those; the gate
 * takes every operation of a request to principal_check. Time is an argument. */
#ifndef ACCESS_PRINCIPAL_H
#define ACCESS_PRINCIPAL_H

#include "access/policy_set.h"

struct principal {
    struct bytes name;              /* as logs and refusals call him; empty: nobody in particular */
    const struct policy_set *rules; /* his to unref: principal_fini */
    uint64_t expires_ms;            /* wall clock; 0: never */
};

enum { TOKEN_TTL_LEAST_MS = 60 * 1000, TOKEN_TTL_MOST_MS = 24 * 60 * 60 * 1000 };

/* Takes the reference to RULES. */
void principal_init(struct principal *p, struct bytes name, const struct policy_set *take_rules,
                    uint64_t expires_ms);
void principal_fini(struct principal *p);
bool principal_has_expired(const struct principal *p, uint64_t now_ms);

/* What was refused, and by what. */
struct access_refusal {
    size_t question; /* its index */
    struct access_answer answer;
};

/* OK if he may do all of it. ERR_UNAUTHENTICATED once he has expired; ERR_DENIED, with the first
 * refusal in RET (which may be NULL). */
MUST_CHECK enum err principal_check(const struct principal *p,
                                    const struct access_question *questions, size_t n,
                                    uint64_t now_ms, struct access_refusal *ret);

/* When what is made at NOW_MS and lives for TTL_MS ends. ERR_INVALID unless TTL_MS is between
 * TOKEN_TTL_LEAST_MS and TOKEN_TTL_MOST_MS. */
MUST_CHECK enum err token_expiry(uint64_t ttl_ms, uint64_t now_ms, uint64_t *ret);

#endif
