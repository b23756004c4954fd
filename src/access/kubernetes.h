/* access/kubernetes.h -- an auth method of type "kubernetes": a pod's service account logs in.
 *
 * Who it is says the cluster, in two questions: whose token it is (TokenReview), then whether the
 * account bears another name for Consul. What is asked and answered is here, asking is the face's.
 */
#ifndef ACCESS_KUBERNETES_H
#define ACCESS_KUBERNETES_H

#include "access/acl_bind.h"
#include "base/arena.h"

enum { KUBERNETES_ANSWER_MAX = 256 * 1024 };

struct kubernetes_config { /* in the arena it was read into */
    struct bytes host;     /* "https://10.0.0.1:6443" */
    struct bytes ca;       /* PEM */
    struct bytes token;    /* of the account that may review others' */
};

/* ERR_INVALID, ERR_MALFORMED, ERR_TOO_BIG with the sentence in WHY. */
MUST_CHECK enum err kubernetes_read(struct bytes config, struct arena *arena,
                                    struct kubernetes_config *ret, struct why *why);

struct kubernetes_account { /* in an arena */
    struct bytes namespace, name, uid;
};

/* The body that asks whose BEARER is, and the URL it is posted to. */
void kubernetes_ask_review(struct bytes bearer, struct buf *out);
struct bytes kubernetes_review_url(const struct kubernetes_config *c, struct arena *arena);
/* ERR_UNAUTHENTICATED: the cluster does not know it, or it is no service account's; ERR_MALFORMED;
 * with the sentence in WHY. */
MUST_CHECK enum err kubernetes_read_review(int status, struct bytes answer, struct arena *arena,
                                           struct kubernetes_account *ret, struct why *why);

/* The account's own row, and the name it bears for Consul if it has one. */
struct bytes kubernetes_account_url(const struct kubernetes_config *c,
                                    const struct kubernetes_account *a, struct arena *arena);
MUST_CHECK enum err kubernetes_read_account(int status, struct bytes answer, struct arena *arena,
                                            struct kubernetes_account *account, struct why *why);

/* As rules select by and expand. Lent by A. */
void kubernetes_claims(const struct kubernetes_account *a, struct acl_claims *ret);

#endif
