/* server/process.h -- metrics of the process itself, by the names that dashboards read. */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include "base/metric.h"

struct process_metrics;

struct process_metrics *process_metrics_new(struct metrics *m);
/* After the last rendering. */
void process_metrics_free(struct process_metrics *p);

#endif
