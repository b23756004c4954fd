/* access/permission.h -- etcd's permissions of ranges of keys, as rules and questions.
 *
 * A role's permissions only ever add up; a range is allowed if they cover it together. */
#ifndef ACCESS_PERMISSION_H
#define ACCESS_PERMISSION_H

#include "access/policy_set.h"

/* etcd's numbers */
enum permission_type { PERMISSION_READ, PERMISSION_WRITE, PERMISSION_READWRITE };

/* KEY and END as etcd means them: no END: the one key; a single zero byte: everything from KEY on.
 */
struct permission {
    enum permission_type type;
    struct bytes key, end;
};

/* The rule for P, of ROLE; lends from both. ERR_INVALID if KEY is empty or END not behind it. */
MUST_CHECK enum err permission_rule(const struct permission *p, struct bytes role,
                                    struct access_rule *ret);
/* May VERB be done to the keys from KEY to END (as above)? Lends from both. */
struct access_question permission_question(enum access_verb verb, struct bytes key,
                                           struct bytes end);

#endif
