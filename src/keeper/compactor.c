/* Revisions are sampled into a ring at a tenth of the period; a compaction goes to the sample that
 * is one retention old. In revision mode only revisions that touched ETCD count, so that another
 * face's traffic does not shorten etcd's history: their numbers are kept in a ring of samples, too.
 */
#include "keeper/compactor.h"

#include "base/mem.h"
#include "store/view.h"

enum {
    SAMPLES = 128,
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    REVISION_EVERY_MS = 5 * 60 * 1000,
    QUOTA_EVERY_MS = 1000,
    QUOTA_AGAIN_MS = 5000 /* what was asked for has been swept, or is being swept, by then */
};

struct sample {
    uint64_t age_ms;
    uint64_t revision;       /* the common counter then */
    uint64_t etcd_revisions; /* how many had touched ETCD */
};

/* One policy: what is kept of one set of spaces. */
struct policy {
    uint64_t retention_ms; /* 0 = off */
    uint64_t sample_every_ms, run_every_ms, next_sample_ms, next_run_ms;
    struct sample ring[SAMPLES];
    size_t first, n;
};

struct compactor {
    struct store *store;
    struct keeper_options options;
    void (*propose)(void *ctx, enum space space, uint64_t revision);
    void *ctx;
    uint64_t revision, etcd_revisions;
    uint64_t compacted[SPACES];
    struct policy etcd, others;
    uint64_t next_quota_ms, next_halving_ms;
    uint64_t etcd_bytes; /* at the last look */
};

static void policy_init(struct policy *p, uint64_t retention_ms, uint64_t age_ms)
{
    uint64_t period = retention_ms < HOUR_MS ? retention_ms : HOUR_MS;
    *p = (struct policy){ .retention_ms = retention_ms, .run_every_ms = period };
    /* Never more samples than the ring holds. */
    p->sample_every_ms = period / 10;
    if (p->sample_every_ms < retention_ms / (SAMPLES - 8))
        p->sample_every_ms = retention_ms / (SAMPLES - 8);
    if (p->sample_every_ms == 0)
        p->sample_every_ms = 1;
    p->next_sample_ms = age_ms;
    p->next_run_ms = age_ms + retention_ms;
}

static void take_sample(struct policy *p, struct sample sample)
{
    if (p->n == SAMPLES) {
        p->first = (p->first + 1) % SAMPLES;
        p->n--;
    }
    p->ring[(p->first + p->n++) % SAMPLES] = sample;
}

/* The newest sample at or before AGE_MS; NULL if all are younger. */
static const struct sample *sample_at(const struct policy *p, uint64_t age_ms)
{
    const struct sample *found = NULL;
    for (size_t i = 0; i < p->n; i++) {
        const struct sample *s = &p->ring[(p->first + i) % SAMPLES];
        if (s->age_ms <= age_ms)
            found = s;
    }
    return found;
}

enum err compactor_new(struct store *store, const struct keeper_options *options,
                       void (*propose)(void *ctx, enum space space, uint64_t revision), void *ctx,
                       struct compactor **ret)
{
    struct view *view;
    enum err e = view_open(store, &view);
    if (e != OK)
        return e;
    struct compactor *c = mem_zalloc(1, sizeof *c);
    *c = (struct compactor){
        .store = store,
        .options = *options,
        .propose = propose,
        .ctx = ctx,
        .revision = view_revision(view),
    };
    for (size_t i = 0; i < SPACES; i++)
        c->compacted[i] = view_compacted(view, (enum space)i);
    uint64_t age_ms = view_age_ms(view);
    view_close(view);

    uint64_t etcd_ms = options->mode == AUTO_COMPACTION_PERIODIC  ? options->retention_ms
                       : options->mode == AUTO_COMPACTION_DEFAULT ? DAY_MS
                                                                  : 0;
    policy_init(&c->etcd, etcd_ms, age_ms);
    policy_init(&c->others, DAY_MS, age_ms);
    if (options->mode == AUTO_COMPACTION_REVISION) {
        c->etcd.sample_every_ms = REVISION_EVERY_MS / 16;
        c->etcd.run_every_ms = REVISION_EVERY_MS;
        c->etcd.next_run_ms = age_ms + REVISION_EVERY_MS;
    }
    *ret = c;
    return OK;
}

void compactor_free(struct compactor *c)
{
    mem_free(c);
}

void compactor_applied(struct compactor *c, const struct batch *b)
{
    if (b->last >= b->first) {
        c->revision = b->last;
        if (b->spaces & BIT(SPACE_ETCD))
            c->etcd_revisions += b->last - b->first + 1;
    }
    for (size_t i = 0; i < SPACES; i++)
        c->compacted[i] = b->compacted[i];
}

static void compact_to(struct compactor *c, enum space space, uint64_t revision)
{
    if (revision > c->compacted[space] && revision <= c->revision)
        c->propose(c->ctx, space, revision);
}

/* The newest sample that leaves at least KEEP revisions of ETCD's behind it. */
static uint64_t revision_before(const struct compactor *c, uint64_t keep)
{
    uint64_t found = 0;
    for (size_t i = 0; i < c->etcd.n; i++) {
        const struct sample *s = &c->etcd.ring[(c->etcd.first + i) % SAMPLES];
        if (s->etcd_revisions + keep <= c->etcd_revisions)
            found = s->revision;
    }
    return found;
}

/* In revision mode samples are apart by revisions, not only by time: the ring has to reach back
 * over all that is kept, however slowly it came. */
static bool wants_sample(const struct compactor *c)
{
    const struct policy *p = &c->etcd;
    if (c->options.mode != AUTO_COMPACTION_REVISION || p->n == 0)
        return true;
    const struct sample *newest = &p->ring[(p->first + p->n - 1) % SAMPLES];
    return c->etcd_revisions - newest->etcd_revisions >=
           c->options.retention_revisions / (SAMPLES - 8);
}

static void run_etcd(struct compactor *c, uint64_t age_ms)
{
    if (c->options.mode == AUTO_COMPACTION_REVISION) {
        if (c->options.retention_revisions != 0)
            compact_to(c, SPACE_ETCD, revision_before(c, c->options.retention_revisions));
        return;
    }
    const struct sample *s = sample_at(&c->etcd, age_ms - c->etcd.retention_ms);
    if (s != NULL)
        compact_to(c, SPACE_ETCD, s->revision);
}

static void run_others(struct compactor *c, uint64_t age_ms)
{
    const struct sample *s = sample_at(&c->others, age_ms - c->others.retention_ms);
    for (size_t i = 0; s != NULL && i < SPACES; i++)
        if (i != SPACE_ETCD && i != SPACE_SYSTEM)
            compact_to(c, (enum space)i, s->revision);
}

/* Without a policy of the user's, history takes at most half of ETCD's limit: half of what is kept
 * goes when it does. While the tables shrink the last halving is still being swept: to ask again
 * would take nearly all of the history for it. */
static void keep_half_of_quota(struct compactor *c, uint64_t age_ms)
{
    struct store_space space;
    if (c->options.mode != AUTO_COMPACTION_DEFAULT || c->options.quota_bytes == 0)
        return;
    store_space(c->store, &space);
    bool shrinks = space.etcd_bytes < c->etcd_bytes;
    c->etcd_bytes = space.etcd_bytes;
    if (space.etcd_bytes <= c->options.quota_bytes / 2 || shrinks || age_ms < c->next_halving_ms)
        return;
    c->next_halving_ms = age_ms + QUOTA_AGAIN_MS;
    compact_to(c, SPACE_ETCD, c->compacted[SPACE_ETCD] / 2 + c->revision / 2);
}

static bool due(uint64_t *next_ms, uint64_t every_ms, uint64_t age_ms)
{
    if (age_ms < *next_ms)
        return false;
    *next_ms = age_ms + every_ms;
    return true;
}

void compactor_tick(struct compactor *c, uint64_t age_ms)
{
    struct sample now = { .age_ms = age_ms,
                          .revision = c->revision,
                          .etcd_revisions = c->etcd_revisions };
    bool etcd_on = c->etcd.retention_ms != 0 || c->options.mode == AUTO_COMPACTION_REVISION;
    if (etcd_on && due(&c->etcd.next_sample_ms, c->etcd.sample_every_ms, age_ms) && wants_sample(c))
        take_sample(&c->etcd, now);
    if (due(&c->others.next_sample_ms, c->others.sample_every_ms, age_ms))
        take_sample(&c->others, now);
    if (etcd_on && due(&c->etcd.next_run_ms, c->etcd.run_every_ms, age_ms))
        run_etcd(c, age_ms);
    if (due(&c->others.next_run_ms, c->others.run_every_ms, age_ms))
        run_others(c, age_ms);
    if (due(&c->next_quota_ms, QUOTA_EVERY_MS, age_ms))
        keep_half_of_quota(c, age_ms);
}
