#include "health/threshold.h"

void threshold_init(struct threshold *t, const struct check_definition *d)
{
    t->success_n = d->success_before_passing;
    t->failure_n = d->failures_before_critical;
}

bool threshold_note(struct threshold *t, const struct check_definition *d, enum status result,
                    enum status *ret_status)
{
    if (result != STATUS_DOWN) {
        t->success_n++;
        t->failure_n = 0;
        *ret_status = result;
        return t->success_n >= d->success_before_passing;
    }
    t->failure_n++;
    t->success_n = 0;
    *ret_status = t->failure_n >= d->failures_before_critical ? STATUS_DOWN : STATUS_SUSPECT;
    return t->failure_n >= d->failures_before_warning;
}
