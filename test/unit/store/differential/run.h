/* differential/run.h -- runs a script on the model and on stores, comparing as it goes. */
#ifndef DIFFERENTIAL_RUN_H
#define DIFFERENTIAL_RUN_H

#include "test/unit/store/differential/report.h"
#include "test/unit/store/differential/script.h"

/* How a script is run. Each entry's chances come from the seed and the entry's number alone, so
 * that leaving commands out changes nothing else. */
struct run_plan {
    uint64_t seed;
    bool write_map;
    uint64_t batch_max_bytes;
    unsigned questions; /* asked after each entry */
    bool thorough;      /* everything is looked at after each entry */
};

/* True if model and stores agree all the way; else R holds the first difference. */
bool run_script(const struct script *script, const struct run_plan *plan, struct report *r);

#endif
