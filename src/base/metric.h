/* base/metric.h -- counters, gauges and histograms in Prometheus' sense.
 *
 * A family is declared once with its help text; its series are made at start and then touched by
 * any thread with relaxed atomics. Families belong to one `struct metrics`, which is made by the
 * server and handed down; making a family or series is for start-up (it takes a lock). */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct metrics;
struct metric_family;

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric { /* one series of a counter or gauge */
    _Atomic int64_t value;
};

struct histogram; /* one series of a histogram */

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* Keeps NAME and HELP. A family asked for twice is the same one. */
struct metric_family *metric_family(struct metrics *m, enum metric_kind kind, const char *name,
                                    const char *help);
/* A series; LABELS is the text between the braces, such as `type="unary",code="OK"`, or "".
 * Lives as long as M. Asked for twice it is the same one. */
struct metric *metric_series(struct metric_family *family, const char *labels);
/* BOUNDS: upper bounds in seconds, rising, kept. Histograms observe nanoseconds. */
struct histogram *metric_histogram(struct metric_family *family, const char *labels,
                                   const double *bounds, size_t bound_n);

/* The common case in one call: family with a single series. */
struct metric *metric_counter(struct metrics *m, const char *name, const char *help);
struct metric *metric_gauge(struct metrics *m, const char *name, const char *help);
/* A gauge or counter that is asked when it is shown; READ runs on the thread that renders. */
void metric_callback(struct metrics *m, enum metric_kind kind, const char *name, const char *help,
                     double (*read)(void *ctx), void *ctx);

static inline void metric_add(struct metric *metric, int64_t n)
{
    atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

static inline void metric_set(struct metric *metric, int64_t v)
{
    atomic_store_explicit(&metric->value, v, memory_order_relaxed);
}

static inline int64_t metric_get(const struct metric *metric)
{
    return atomic_load_explicit(&((struct metric *)(uintptr_t)metric)->value, memory_order_relaxed);
}

void histogram_observe_ns(struct histogram *h, uint64_t ns);

/* All families in text format 0.0.4, sorted by name. */
void metrics_render(struct metrics *m, struct buf *out);

#endif
