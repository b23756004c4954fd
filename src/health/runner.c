/* A table of checks by id.
 *
 * SET -> due (timer) -> [WAITING: too many are under way] -> under way -> told -> due ... A check
 * owns its definition: whatever is under way lends from it, so a replacement gives it up first. */
#include "health/runner.h"

#include <inttypes.h>
#include <uthash.h>

#include "base/mem.h"
#include "base/metric.h"
#include "base/siphash.h"
#include "health/report.h"
#include "health/schedule.h"
#include "health/threshold.h"

struct item {
    UT_hash_handle hh;
    struct runner *runner;
    struct list waiting; /* in the runner's WAITING */
    struct arena arena;  /* id, definition */
    struct bytes id, bytes;
    struct check_definition d;
    struct timer due;
    uint64_t due_ms; /* the run that is waited for, or under way */
    struct probe *probe;
    struct threshold threshold;
    struct report report;
    struct buf last; /* the output of a TTL check */
};

struct runner {
    struct runner_options options;
    struct siphash_key key; /* of ITEMS: clients choose ids */
    struct item *items;
    struct list waiting;
    struct runner_counts counts;
    struct metric *checks, *probes_total, *skipped_total; /* or NULL */
};

static void count(struct metric *total)
{
    if (total != NULL)
        metric_add(total, 1);
}

static void count_checks(struct runner *r, int n)
{
    r->counts.checks += (size_t)n;
    if (r->checks != NULL)
        metric_set(r->checks, (int64_t)r->counts.checks);
}

/* -- results ----------------------------------------------------------------------------------- */

/* May free ITEM, by way of the sink. */
static void tell(struct item *item, enum status status, struct bytes output)
{
    struct runner *r = item->runner;
    uint64_t now = loop_now_ms(r->options.loop);
    if (report_is_due(&item->report, status, output, now))
        r->options.sink(r->options.ctx, item->id, status, output);
}

static void run(struct item *item);

static void run_waiting(struct runner *r)
{
    while (r->counts.under_way < r->options.at_once && !list_is_empty(&r->waiting)) {
        struct item *item = CONTAINER_OF(r->waiting.next, struct item, waiting);
        list_remove(&item->waiting);
        r->counts.waiting--;
        run(item);
    }
}

static void on_done(void *ctx, enum status result, struct bytes output)
{
    struct item *item = ctx;
    struct runner *r = item->runner;
    enum status status;
    item->probe = NULL;
    r->counts.under_way--;
    if (threshold_note(&item->threshold, &item->d, result, &status))
        tell(item, status, output);
    run_waiting(r);
}

/* -- runs -------------------------------------------------------------------------------------- */

static void run(struct item *item)
{
    struct runner *r = item->runner;
    uint64_t now = loop_now_ms(r->options.loop);
    uint64_t late = now > item->due_ms ? now - item->due_ms : 0;
    if (late > r->counts.late_ms)
        r->counts.late_ms = late;
    r->counts.runs++;
    count(r->probes_total);
    r->counts.under_way++;
    item->probe = probe_start(r->options.prober, &item->d, on_done, item);
}

static void wait_until(struct item *item, uint64_t due_ms)
{
    uint64_t now = loop_now_ms(item->runner->options.loop);
    item->due_ms = due_ms;
    timer_start(&item->due, due_ms > now ? due_ms - now : 0);
}

static void on_due(struct timer *timer)
{
    struct item *item = CONTAINER_OF(timer, struct item, due);
    struct runner *r = item->runner;
    uint64_t now = loop_now_ms(r->options.loop);
    uint64_t next = schedule_next(item->due_ms, item->d.interval_ms, now);
    if (item->probe != NULL || list_is_linked(&item->waiting)) {
        r->counts.skipped++;
        count(r->skipped_total);
    } else if (r->counts.under_way >= r->options.at_once) {
        list_append(&r->waiting, &item->waiting);
        r->counts.waiting++;
    } else {
        run(item);
    }
    wait_until(item, next);
}

/* A TTL check has had nothing for its whole time. */
static void on_expired(struct timer *timer)
{
    struct item *item = CONTAINER_OF(timer, struct item, due);
    struct buf text;
    buf_init(&text, CHECK_OUTPUT_MAX + 128);
    buf_put_str(&text, "TTL expired");
    if (item->last.n > 0) {
        buf_put_str(&text, " (last output before timeout follows): ");
        buf_put_bytes(&text, buf_bytes(&item->last));
    }
    tell(item, STATUS_DOWN, buf_bytes(&text));
    buf_fini(&text);
}

static void begin(struct item *item, enum status status)
{
    struct runner *r = item->runner;
    uint64_t now = loop_now_ms(r->options.loop);
    if (check_has_interval(item->d.kind)) {
        timer_init(&item->due, r->options.loop, on_due);
        wait_until(item, schedule_first(item->id, r->options.seed, item->d.interval_ms, now));
        return;
    }
    timer_init(&item->due, r->options.loop, on_expired);
    if (item->d.kind == CHECK_TTL && status != STATUS_DOWN)
        timer_start(&item->due, item->d.ttl_ms);
}

/* -- the table --------------------------------------------------------------------------------- */

static struct item *find(struct runner *r, struct bytes id)
{
    struct item *item;
    HASH_FIND_BYHASHVALUE(hh, r->items, id.p, id.n, (unsigned)siphash(&r->key, id), item);
    return item;
}

static void drop(struct item *item)
{
    struct runner *r = item->runner;
    HASH_DEL(r->items, item);
    count_checks(r, -1);
    timer_stop(&item->due);
    if (list_is_linked(&item->waiting)) {
        list_remove(&item->waiting);
        r->counts.waiting--;
    }
    if (item->probe != NULL) {
        r->counts.under_way--;
        probe_cancel(item->probe);
    }
    arena_fini(&item->arena);
    buf_fini(&item->last);
    mem_free(item);
}

void runner_set(struct runner *r, struct bytes id, const struct check_definition *definition,
                enum status status, struct bytes output)
{
    struct buf bytes;
    struct item *item = find(r, id);
    buf_init(&bytes, CHECK_DEFINITION_MAX);
    check_definition_write(definition, &bytes);
    bool stays = item != NULL && bytes_eq(item->bytes, buf_bytes(&bytes));
    if (item != NULL && !stays)
        drop(item);
    if (stays || definition->is_external) {
        buf_fini(&bytes);
        return;
    }
    item = mem_zalloc(1, sizeof(*item));
    item->runner = r;
    arena_init(&item->arena, 0);
    buf_init(&item->last, CHECK_OUTPUT_MAX);
    item->id = arena_dup(&item->arena, id);
    item->bytes = arena_dup(&item->arena, buf_bytes(&bytes));
    buf_fini(&bytes);
    enum err e = check_definition_read(item->bytes, &item->arena, &item->d);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, r->items, item->id.p, item->id.n,
                                (unsigned)siphash(&r->key, item->id), item);
    count_checks(r, 1);
    if (e != OK) { /* it has not been settled */
        drop(item);
        return;
    }
    threshold_init(&item->threshold, &item->d);
    report_init(&item->report, status, output, loop_now_ms(r->options.loop));
    if (item->d.kind == CHECK_TTL)
        buf_put_bytes(&item->last, output);
    begin(item, status);
    run_waiting(r);
}

void runner_remove(struct runner *r, struct bytes id)
{
    struct item *item = find(r, id);
    if (item == NULL)
        return;
    drop(item);
    run_waiting(r);
}

enum err runner_note(struct runner *r, struct bytes id, enum status status, struct bytes output)
{
    struct item *item = find(r, id);
    if (item == NULL)
        return ERR_NOT_FOUND;
    if (check_has_interval(item->d.kind))
        return ERR_INVALID;
    struct buf text;
    buf_init(&text, (size_t)item->d.output_max + 256);
    report_output(output, output.n, item->d.output_max, &text);
    if (item->d.kind == CHECK_TTL) {
        timer_start(&item->due, item->d.ttl_ms);
        buf_clear(&item->last, 0);
        buf_put_bytes(&item->last, buf_bytes(&text));
    }
    tell(item, status, buf_bytes(&text));
    buf_fini(&text);
    return OK;
}

/* -- life -------------------------------------------------------------------------------------- */

struct runner *runner_new(const struct runner_options *options)
{
    struct runner *r = mem_zalloc(1, sizeof(*r));
    r->options = *options;
    r->key = (struct siphash_key){ { options->seed, ~options->seed } };
    if (r->options.at_once == 0)
        r->options.at_once = RUNNER_AT_ONCE;
    list_init(&r->waiting);
    struct metrics *m = options->metrics;
    if (m != NULL) {
        r->checks = metric_gauge(m, "muster_checks", "Checks that this server runs");
        r->probes_total =
            metric_counter(m, "muster_check_probes_total", "Runs of checks that were started");
        r->skipped_total = metric_counter(m, "muster_check_skipped_total",
                                          "Runs of checks left out, since the one before had not "
                                          "ended");
    }
    return r;
}

void runner_stop(struct runner *r)
{
    struct item *item, *next;
    HASH_ITER(hh, r->items, item, next)
    {
        drop(item);
    }
}

void runner_free(struct runner *r)
{
    if (r == NULL)
        return;
    runner_stop(r);
    mem_free(r);
}

void runner_counts(const struct runner *r, struct runner_counts *ret)
{
    *ret = r->counts;
}
