/* access/policy_set.h -- rules compiled into answers.
 *
 * A set holds all rules that one principal has, from all its policies, roles and identities. It is
 * immutable and counted: threads share it. A question takes time in the order of the name's length
 * and the logarithm of the number of rules (for a range: and of the rules within it), and allocates
 * nothing.
 */
#ifndef ACCESS_POLICY_SET_H
#define ACCESS_POLICY_SET_H

#include "access/rule.h"
#include "base/err.h"

enum { POLICY_SET_RULES_MAX = 100000 };

struct policy_set;

/* Which names a question is about. */
enum access_extent {
    ACCESS_ONE,   /* the name */
    ACCESS_UNDER, /* every name that begins with it, itself included */
    ACCESS_RANGE, /* from the name up to END, without it; at least the name */
    ACCESS_FROM,  /* the name and every one behind it */
};

struct access_question {
    enum access_verb verb;
    enum access_kind kind;
    enum access_extent extent;
    struct bytes name, end;
};

struct access_answer {
    bool is_allowed;
    const struct access_rule *rule; /* the one that decided: the set's; NULL: the default did */
};

/* Copies the rules. IS_OPEN: what no rule speaks of is allowed, where the kind leaves that to the
 * default. ERR_TOO_BIG above POLICY_SET_RULES_MAX rules. */
MUST_CHECK enum err policy_set_new(const struct access_rule *rules, size_t n, bool is_open,
                                   const struct policy_set **ret);
const struct policy_set *policy_set_ref(const struct policy_set *s);
void policy_set_unref(const struct policy_set *s);

/* Allowed only if every name that the question is about is; the rule is then the first name's, else
 * that of the first name that is refused. */
struct access_answer policy_set_check(const struct policy_set *s,
                                      const struct access_question *question);
/* True if VERB is allowed on some name of KIND. */
bool policy_set_allows_any(const struct policy_set *s, enum access_kind kind,
                           enum access_verb verb);

#endif
