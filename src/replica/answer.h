/* replica/answer.h -- what becomes of a proposal, and of the process when nothing may be
 * acknowledged. */
#ifndef REPLICA_ANSWER_H
#define REPLICA_ANSWER_H

#include "base/why.h"
#include "replica/replica.h"

/* Sends P back to its asker. */
void proposal_answer(struct proposal *p, enum err e);
/* Says why on the log and ends the process: an error after which nothing may be acknowledged. */
NORETURN void replica_fatal(const char *what, const struct why *why, enum err e);

#endif
