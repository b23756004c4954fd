/* catalog/kv_lock.h -- which keys a session holds, and which nobody can take for a while.
 *
 * That a key is held stands in its pair. Beside the spaces each session has its keys in a list, so
 * that they are found when it ends; a key in it whose pair says otherwise (it was removed in a
 * range) does not count. A key that was torn from a session cannot be taken before its lock-delay
 * is over; delays that are over are swept a few at a time, when others begin. */
#ifndef CATALOG_KV_LOCK_H
#define CATALOG_KV_LOCK_H

#include "catalog/draft.h"
#include "catalog/session.h"

enum { SESSION_LOCKS_MAX = 4096 };

/* Notes that SESSION has taken KEY. ERR_TOO_BIG above SESSION_LOCKS_MAX. */
MUST_CHECK enum err kv_lock_note(struct draft *d, const struct uuid *session, struct bytes key);
/* SESSION does not hold KEY any more; harmless if it never did. */
MUST_CHECK enum err kv_lock_forget(struct draft *d, const struct uuid *session, struct bytes key);

/* Lets go of all that SESSION holds, or removes it, as S says, and begins its lock-delay. */
MUST_CHECK enum err kv_lock_tear(struct draft *d, const struct uuid *session,
                                 const struct session *s, uint64_t age_ms);

/* Whether KEY cannot be taken yet. */
MUST_CHECK enum err kv_lock_is_delayed(const struct draft *d, struct bytes key, uint64_t age_ms,
                                       bool *ret);

#endif
