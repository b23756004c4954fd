/* hub/projection_start.h -- whether keys of etcd and instances follow each other, as an operator
 * gave it on the command line: the rules that say so are a row, changed at the start if they say
 * otherwise.
 *
 * One io thread does it, as often as it takes; all members of a cluster may. */
#ifndef HUB_PROJECTION_START_H
#define HUB_PROJECTION_START_H

#include "hub/hub.h"

struct projection_start;

/* Keeps HUB. Before the hub's loop is started. Rules that are there stay when it is ON. */
struct projection_start *projection_start_new(struct hub *h, bool on);
/* After it ended. */
void projection_start_free(struct projection_start *s);

#endif
