/* The chores, on core's thread: a tick every 50 ms while leases live, otherwise every second.
 *
 * Renewals come in by mail, many to a mail, and are answered in the same turn unless a stage move
 * of that lease is under way: then they wait for what is applied. Stage moves are proposed in
 * batches as background commands and checked again at apply. */
#include "keeper/keeper.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/mem.h"
#include "keeper/compactor.h"
#include "keeper/lease_clock.h"
#include "replica/lease_port.h"

enum {
    TICK_MS = 50,
    MOVES_A_TICK = 500,
    CHECKPOINTS_A_TICK = 1000,
    MOVES_UNDER_WAY_MAX = 5000,
    BODY_MAX = 64 * 1024
};

struct chore { /* a command of the keeper's own on its way */
    struct keeper *keeper;
    struct proposal proposal;
    struct buf body;
    int64_t lease; /* whose stage it moves, or 0 */
    bool removes;  /* to the last one */
};

struct parked { /* questions that wait for a move */
    struct list link;
    struct lease_questions *questions;
};

struct keeper {
    struct replica *replica;
    struct lease_clock *clock;
    struct compactor *compactor;
    struct timer tick;
    uint64_t turned_ns;
    bool rounds_asked;
    size_t moves_under_way;
    struct list parked;
    struct metric *granted, *renewed, *revoked, *expired, *held;
    struct histogram *ttls;
};

/* Longer TTLs are counted as this, for nanoseconds must hold them: 100 years. */
#define TTL_SEEN_MS UINT64_C(3155760000000)

static const struct origin keeper_origin = { .face = FACE_KEEPER };

/* -- proposing -------------------------------------------------------------------------------- */

static void chore_done(struct proposal *p)
{
    struct chore *chore = CONTAINER_OF(p, struct chore, proposal);
    struct keeper *k = chore->keeper;
    if (chore->lease != 0) {
        k->moves_under_way--;
        if (p->err != OK || p->result->err != OK)
            lease_clock_move_failed(k->clock, chore->lease);
        else if (chore->removes)
            metric_add(k->expired, 1);
    }
    if (p->effects != NULL)
        effects_unref(p->effects);
    buf_fini(&chore->body);
    mem_free(chore);
}

static struct chore *chore_new(struct keeper *k, enum command_kind kind)
{
    struct chore *chore = mem_zalloc(1, sizeof *chore);
    chore->keeper = k;
    buf_init(&chore->body, BODY_MAX);
    chore->proposal = (struct proposal){
        .command = { .kind = kind, .origin = &keeper_origin },
        .reply_to = replica_mailbox(k->replica),
        .done = chore_done,
        .background = true,
    };
    return chore;
}

static void chore_propose(struct chore *chore)
{
    chore->proposal.command.body = buf_bytes(&chore->body);
    replica_propose(chore->keeper->replica, &chore->proposal);
}

static void propose_compaction(void *ctx, enum space space, uint64_t revision)
{
    struct compact compact = { .space = space, .revision = revision };
    struct chore *chore = chore_new(ctx, COMMAND_COMPACT);
    compact_encode(&compact, &chore->body);
    chore_propose(chore);
}

/* -- leases ----------------------------------------------------------------------------------- */

static void propose_moves(struct keeper *k)
{
    struct lease_move moves[MOVES_A_TICK];
    if (k->moves_under_way >= MOVES_UNDER_WAY_MAX)
        return;
    size_t n = lease_clock_due(k->clock, moves, MOVES_A_TICK);
    for (size_t i = 0; i < n; i++) {
        struct chore *chore = chore_new(k, COMMAND_LEASE_STAGE);
        chore->lease = moves[i].id;
        chore->removes = moves[i].to == LEASE_REMOVED;
        lease_move_encode(&moves[i], &chore->body);
        k->moves_under_way++;
        chore_propose(chore);
    }
}

static void propose_checkpoints(struct keeper *k)
{
    struct lease_remaining leases[CHECKPOINTS_A_TICK];
    size_t n = lease_clock_checkpoint(k->clock, leases, CHECKPOINTS_A_TICK);
    if (n == 0)
        return;
    struct chore *chore = chore_new(k, COMMAND_LEASE_CHECKPOINT);
    lease_checkpoint_encode(leases, n, &chore->body);
    chore_propose(chore);
}

/* Answers what can be answered; false if one of them waits for a move. */
static bool answer(struct keeper *k, struct lease_questions *q)
{
    while (q->answered_n < q->n) {
        struct lease_question *one = &q->questions[q->answered_n];
        enum renewal renewal = RENEWAL_DONE;
        bool known = true;
        if (one->renew)
            renewal = lease_clock_renew(k->clock, one->face, one->id, &one->ttl_ms);
        if (renewal == RENEWAL_WAIT)
            return false;
        if (renewal == RENEWAL_DONE)
            known = lease_clock_remaining(k->clock, one->face, one->id, &one->remaining_ms,
                                          &one->ttl_ms);
        one->answer = renewal == RENEWAL_DONE && known ? LEASE_ANSWER_OK : LEASE_ANSWER_GONE;
        if (one->renew && one->answer == LEASE_ANSWER_OK)
            metric_add(k->renewed, 1);
        q->answered_n++;
    }
    return true;
}

static void serve(void *ctx, struct lease_questions *q)
{
    struct keeper *k = ctx;
    if (answer(k, q)) {
        lease_port_answer(q);
        return;
    }
    struct parked *p = mem_zalloc(1, sizeof *p);
    p->questions = q;
    list_append(&k->parked, &p->link);
}

static void serve_parked(struct keeper *k)
{
    LIST_FOR_EACH(link, &k->parked)
    {
        struct parked *p = CONTAINER_OF(link, struct parked, link);
        if (!answer(k, p->questions))
            continue;
        list_remove(link);
        lease_port_answer(p->questions);
        mem_free(p);
    }
}

static void count_change(struct keeper *k, const struct lease_change *change)
{
    if (change->kind == LEASE_CHANGE_GRANTED) {
        metric_add(k->granted, 1);
        histogram_observe_ns(k->ttls, change->grant.ttl_ms > TTL_SEEN_MS
                                          ? TTL_SEEN_MS * 1000000
                                          : change->grant.ttl_ms * 1000000);
    } else if (change->kind == LEASE_CHANGE_REMOVED)
        metric_add(k->revoked, 1);
}

/* -- hooks ------------------------------------------------------------------------------------ */

static void applied(void *ctx, const struct effects *e)
{
    struct keeper *k = ctx;
    for (size_t i = 0; i < e->lease_change_n; i++) {
        lease_clock_apply(k->clock, &e->lease_changes[i]);
        count_change(k, &e->lease_changes[i]);
    }
    if (e->lease_change_n > 0) {
        metric_set(k->held, (int64_t)lease_clock_count(k->clock));
        serve_parked(k);
    }
    compactor_applied(k->compactor, e->batch);
}

/* The clock moves once a turn, when core's mailbox has just been emptied: every renewal that had
 * come in is counted before anything is found to be due. */
static void turned(void *ctx)
{
    struct keeper *k = ctx;
    uint64_t now = loop_now_ns(replica_loop(k->replica));
    uint64_t elapsed_ms = (now - k->turned_ns) / 1000000;
    if (elapsed_ms == 0)
        return;
    k->turned_ns += elapsed_ms * 1000000;
    if (lease_clock_turn(k->clock, elapsed_ms)) {
        log_warn("keeper: was held up, leases get the time back ms=%" PRIu64, elapsed_ms);
        if (!k->rounds_asked)
            lease_port_rounds_begin(k->replica);
        k->rounds_asked = true;
    }
    if (k->rounds_asked && lease_port_rounds_done(k->replica)) {
        k->rounds_asked = false;
        lease_clock_settled(k->clock);
    }
    if (!k->rounds_asked)
        propose_moves(k);
}

static uint64_t age_ms(void *ctx)
{
    struct keeper *k = ctx;
    return lease_clock_age_ms(k->clock);
}

static void ring_tick(struct timer *t)
{
    struct keeper *k = CONTAINER_OF(t, struct keeper, tick);
    propose_checkpoints(k);
    compactor_tick(k->compactor, lease_clock_age_ms(k->clock));
    timer_start(t, TICK_MS);
}

/* -- life ------------------------------------------------------------------------------------- */

static bool load_lease(void *ctx, const struct lease *lease)
{
    struct keeper *k = ctx;
    lease_clock_load(k->clock, lease);
    return true;
}

static enum err load_leases(struct keeper *k)
{
    struct view *view;
    enum err e = view_open(replica_store(k->replica), &view);
    if (e != OK)
        return e;
    struct siphash_key key;
    entropy_fill(&key, sizeof key);
    k->clock = lease_clock_new(view_age_ms(view), &key);
    bool all;
    e = lease_each(view, INT64_MIN, load_lease, k, &all);
    view_close(view);
    return e;
}

static void make_metrics(struct keeper *k, struct metrics *m)
{
    static const double ttls[] = {
        1,    2,    4,     8,     16,    32,     64,     128,    256,     512,     1024,    2048,
        4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576, 2097152, 4194304, 8388608
    };
    k->ttls = metric_histogram(metric_family(m, METRIC_HISTOGRAM, "etcd_debugging_lease_ttl_total",
                                             "TTLs of the leases granted, in seconds."),
                               "", ttls, ARRAY_LEN(ttls));
    k->granted = metric_counter(m, "etcd_debugging_lease_granted_total", "Leases granted.");
    k->renewed = metric_counter(m, "etcd_debugging_lease_renewed_total", "Leases renewed.");
    k->revoked = metric_counter(m, "etcd_debugging_lease_revoked_total", "Leases removed.");
    k->expired = metric_counter(m, "etcd_debugging_server_lease_expired_total",
                                "Leases whose time ran out.");
    k->held = metric_gauge(m, "muster_leases", "Leases held now.");
}

enum err keeper_new(struct replica *replica, const struct keeper_options *options,
                    struct metrics *metrics, struct keeper **ret)
{
    struct keeper *k = mem_zalloc(1, sizeof *k);
    k->replica = replica;
    list_init(&k->parked);
    make_metrics(k, metrics);
    enum err e = load_leases(k);
    if (e == OK)
        e = compactor_new(replica_store(replica), options, propose_compaction, k, &k->compactor);
    if (e != OK) {
        keeper_free(k);
        return e;
    }
    metric_set(k->held, (int64_t)lease_clock_count(k->clock));
    k->turned_ns = clock_now_ns();
    struct core_hooks hooks = { .ctx = k, .applied = applied, .turned = turned, .age_ms = age_ms };
    replica_hook(replica, &hooks);
    lease_port_serve(replica, serve, k);
    timer_init(&k->tick, replica_loop(replica), ring_tick);
    timer_start(&k->tick, TICK_MS);
    *ret = k;
    return OK;
}

void keeper_free(struct keeper *k)
{
    if (k == NULL)
        return;
    if (k->tick.loop != NULL)
        timer_stop(&k->tick);
    LIST_FOR_EACH(link, &k->parked)
    {
        struct parked *p = CONTAINER_OF(link, struct parked, link);
        mem_free(p->questions->questions);
        mem_free(p->questions);
        mem_free(p);
    }
    compactor_free(k->compactor);
    lease_clock_free(k->clock);
    mem_free(k);
}
