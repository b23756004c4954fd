#include "test/lib/caller.h"

#include <stdio.h>
#include <stdlib.h>

#include "test/lib/loops.h"

void caller_start(struct caller_rig *r, const char *ca_file)
{
    struct why why = { "" };
    if (loop_new("test", &r->loop) == OK && dialer_new(r->loop, ca_file, &r->dialer, &why) == OK)
        return;
    fprintf(stderr, "test caller: %s\n", why.text);
    abort();
}

static bool are_gone(void *ctx)
{
    return dialer_count(ctx) == 0;
}

bool caller_wait_gone(struct caller_rig *r)
{
    return loops_run_until(r->loop, are_gone, r->dialer, LOOPS_DEADLINE_MS);
}

bool caller_stop(struct caller_rig *r)
{
    dialer_hang_up(r->dialer);
    if (!caller_wait_gone(r))
        return false;
    dialer_free(r->dialer);
    loop_free(r->loop);
    return true;
}
