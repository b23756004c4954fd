/* store/policy.h -- the policy revision: SYSTEM's revision at which what somebody may do changed
 * last.
 *
 * Whoever changes or removes a principal, a role or a policy puts POLICY_KEY in the same
 * transaction; its version is the policy revision. A command names the one it was checked at, and
 * is refused with ERR_CHECK_AGAIN if it has moved since. */
#ifndef STORE_POLICY_H
#define STORE_POLICY_H

#include "store/view.h"

#define POLICY_KEY "policy" /* in SPACE_SYSTEM; never removed */

/* 0: nothing was changed yet. */
MUST_CHECK enum err policy_revision(const struct view *view, uint64_t *ret);

/* What a command carries: 0 for one that nobody had to be asked about, else the revision plus one.
 */
static inline uint64_t policy_mark(uint64_t revision)
{
    return revision + 1;
}

#endif
