/* hub/gate_core.h -- who is behind a token, remembered: gate.c and the turn only. One io thread's.
 */
#ifndef HUB_GATE_CORE_H
#define HUB_GATE_CORE_H

#include "access/acl.h"
#include "access/principal.h"
#include "base/uuid.h"
#include "replica/replica.h"
#include "store/view.h"

struct gate;
struct gate_options; /* hub/gate.h */

enum { GATE_KNOWN_MAX = 1024 };

/* Whoever stands behind a token. */
struct known {
    struct principal principal;
    struct uuid accessor;
    bool is_anonymous;
};

/* Keeps REPLICA and OPTIONS' texts. OPTIONS NULL: off. */
MUST_CHECK enum err gate_new(struct replica *replica, const struct gate_options *options,
                             struct gate **ret);
void gate_free(struct gate *g);
const struct gate_options *gate_options(const struct gate *g);
/* Once a turn: lets go of what was lent in the last one and takes a newer view. */
void gate_turn(struct gate *g);
/* Never 0. */
uint64_t gate_turn_number(const struct gate *g);
/* The newest policy that anybody can know of: it is looked for in a view of its own, so that a
 * token that was acknowledged elsewhere is known here. */
uint64_t gate_policy_mark(struct gate *g);
/* ERR_NOT_FOUND; else lent until the next turn. */
MUST_CHECK enum err gate_find(struct gate *g, struct bytes token, const struct known **ret);
/* Empty: none is set. Lent until the next turn. */
struct bytes gate_own_token(struct gate *g, enum acl_own own);
bool gate_is_bootstrapped(struct gate *g);

#endif
