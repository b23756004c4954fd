/* Families in a list sorted by name, each with its series. Making one takes a lock (start-up only);
 * touching one is a relaxed atomic. */
#include "base/metric.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct histogram {
    const double *bounds; /* seconds */
    size_t bound_n;
    _Atomic uint64_t sum_ns;
    _Atomic uint64_t counts[]; /* bound_n + 1, not summed up */
};

struct series {
    struct series *next;
    char *labels;
    struct metric metric;
    struct histogram *histogram;
};

struct metric_family {
    struct metric_family *next;
    struct metrics *owner;
    enum metric_kind kind;
    const char *name, *help;
    struct series *series, **last;
    double (*read)(void *ctx);
    void *read_ctx;
};

struct metrics {
    atomic_flag lock;
    struct metric_family *families; /* sorted by name */
};

static void lock(struct metrics *m)
{
    while (atomic_flag_test_and_set_explicit(&m->lock, memory_order_acquire))
        ;
}

static void unlock(struct metrics *m)
{
    atomic_flag_clear_explicit(&m->lock, memory_order_release);
}

struct metrics *metrics_new(void)
{
    struct metrics *m = mem_zalloc(1, sizeof *m);
    atomic_flag_clear(&m->lock);
    return m;
}

static void free_family(struct metric_family *f)
{
    for (struct series *s = f->series; s != NULL;) {
        struct series *next = s->next;
        mem_free(s->histogram);
        mem_free(s->labels);
        mem_free(s);
        s = next;
    }
    mem_free(f);
}

void metrics_free(struct metrics *m)
{
    if (m == NULL)
        return;
    for (struct metric_family *f = m->families; f != NULL;) {
        struct metric_family *next = f->next;
        free_family(f);
        f = next;
    }
    mem_free(m);
}

struct metric_family *metric_family(struct metrics *m, enum metric_kind kind, const char *name,
                                    const char *help)
{
    lock(m);
    struct metric_family **at = &m->families;
    while (*at != NULL && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    struct metric_family *f = *at;
    if (f == NULL || strcmp(f->name, name) != 0) {
        f = mem_zalloc(1, sizeof *f);
        *f = (struct metric_family){
            .next = *at, .owner = m, .kind = kind, .name = name, .help = help
        };
        f->last = &f->series;
        *at = f;
    }
    unlock(m);
    return f;
}

static struct series *find_series(struct metric_family *f, const char *labels)
{
    struct series *s = f->series;
    while (s != NULL && strcmp(s->labels, labels) != 0)
        s = s->next;
    if (s != NULL)
        return s;
    s = mem_zalloc(1, sizeof *s);
    size_t n = strlen(labels) + 1;
    s->labels = mem_alloc(n);
    memcpy(s->labels, labels, n);
    *f->last = s;
    f->last = &s->next;
    return s;
}

struct metric *metric_series(struct metric_family *family, const char *labels)
{
    lock(family->owner);
    struct series *s = find_series(family, labels);
    unlock(family->owner);
    return &s->metric;
}

struct histogram *metric_histogram(struct metric_family *family, const char *labels,
                                   const double *bounds, size_t bound_n)
{
    lock(family->owner);
    struct series *s = find_series(family, labels);
    if (s->histogram == NULL) {
        struct histogram *h = mem_zalloc(1, sizeof *h + (bound_n + 1) * sizeof h->counts[0]);
        h->bounds = bounds;
        h->bound_n = bound_n;
        s->histogram = h;
    }
    unlock(family->owner);
    return s->histogram;
}

struct metric *metric_counter(struct metrics *m, const char *name, const char *help)
{
    return metric_series(metric_family(m, METRIC_COUNTER, name, help), "");
}

struct metric *metric_gauge(struct metrics *m, const char *name, const char *help)
{
    return metric_series(metric_family(m, METRIC_GAUGE, name, help), "");
}

void metric_callback(struct metrics *m, enum metric_kind kind, const char *name, const char *help,
                     double (*read)(void *ctx), void *ctx)
{
    struct metric_family *f = metric_family(m, kind, name, help);
    lock(m);
    f->read = read;
    f->read_ctx = ctx;
    unlock(m);
}

void histogram_observe_ns(struct histogram *h, uint64_t ns)
{
    double seconds = (double)ns / 1e9;
    size_t i = 0;
    while (i < h->bound_n && seconds > h->bounds[i])
        i++;
    atomic_fetch_add_explicit(&h->counts[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_ns, ns, memory_order_relaxed);
}

static void put_labelled(struct buf *out, const char *name, const char *suffix, const char *labels,
                         const char *le)
{
    bool any = labels[0] != 0 || le != NULL;
    buf_printf(out, "%s%s%s%s", name, suffix, any ? "{" : "", labels);
    if (le != NULL)
        buf_printf(out, "%sle=\"%s\"", labels[0] != 0 ? "," : "", le);
    buf_printf(out, "%s ", any ? "}" : "");
}

static void put_histogram(struct buf *out, const struct metric_family *f, struct series *s)
{
    struct histogram *h = s->histogram;
    uint64_t total = 0;
    for (size_t i = 0; i <= h->bound_n; i++) {
        char le[32] = "+Inf";
        if (i < h->bound_n)
            snprintf(le, sizeof le, "%.10g", h->bounds[i]);
        total += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
        put_labelled(out, f->name, "_bucket", s->labels, le);
        buf_printf(out, "%llu\n", (unsigned long long)total);
    }
    put_labelled(out, f->name, "_sum", s->labels, NULL);
    buf_printf(out, "%.9g\n", (double)atomic_load_explicit(&h->sum_ns, memory_order_relaxed) / 1e9);
    put_labelled(out, f->name, "_count", s->labels, NULL);
    buf_printf(out, "%llu\n", (unsigned long long)total);
}

static void put_family(struct buf *out, struct metric_family *f)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, kinds[f->kind]);
    if (f->read != NULL)
        buf_printf(out, "%s %.17g\n", f->name, f->read(f->read_ctx));
    for (struct series *s = f->series; s != NULL; s = s->next) {
        if (s->histogram != NULL) {
            put_histogram(out, f, s);
            continue;
        }
        put_labelled(out, f->name, "", s->labels, NULL);
        buf_printf(out, "%lld\n", (long long)metric_get(&s->metric));
    }
}

void metrics_render(struct metrics *m, struct buf *out)
{
    lock(m);
    for (struct metric_family *f = m->families; f != NULL; f = f->next)
        put_family(out, f);
    unlock(m);
}
