/* hub/projection_start.h -- whether keys of etcd and instances follow each other, as an operator
 * gave it on the command line: the rules that say so are a row, changed at the start if they say
 * otherwise. The task's argument is a bool; rules that are there stay when it is true. */
#ifndef HUB_PROJECTION_START_H
#define HUB_PROJECTION_START_H

#include "hub/startup.h"

extern const struct startup_task projection_start;

#endif
