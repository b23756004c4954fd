/* test/lib/caller.h -- a loop and a dialer on it, for tests of what calls others. */
#ifndef TEST_LIB_CALLER_H
#define TEST_LIB_CALLER_H

#include "net/dial.h"

struct caller_rig {
    struct loop *loop;
    struct dialer *dialer;
};

/* CA_FILE as for dialer_new; ends the process if it cannot. */
void caller_start(struct caller_rig *r, const char *ca_file);
/* Runs turns until no connection is left; false at the deadline. */
MUST_CHECK bool caller_wait_gone(struct caller_rig *r);
/* Hangs up, waits for the end, frees. False: a connection stays. */
MUST_CHECK bool caller_stop(struct caller_rig *r);

#endif
