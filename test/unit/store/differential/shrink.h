/* differential/shrink.h -- leaves out of a failing script what is not needed to make it fail. */
#ifndef DIFFERENTIAL_SHRINK_H
#define DIFFERENTIAL_SHRINK_H

#include "test/unit/store/differential/run.h"

/* SCRIPT fails under PLAN; both are changed to something smaller that still does. Each trial runs
 * in a child process, so that aborts and sanitizer reports count as failures too. */
void shrink_script(struct script *script, struct run_plan *plan);

#endif
