/* store/origin.h -- who made a change: interned, so that a change row holds a number. */
#ifndef STORE_ORIGIN_H
#define STORE_ORIGIN_H

#include "base/arena.h"
#include "store/command.h"
#include "store/view.h"

/* The origin behind the change at (REVISION, SUB), with the reason given for the revision; in
 * ARENA. ERR_NOT_FOUND if the change has been compacted away. The address is without its port: the
 * log has it whole. */
MUST_CHECK enum err origin_of(const struct view *view, enum space space, uint64_t revision,
                              uint32_t sub, struct arena *arena, struct origin *ret);

#endif
