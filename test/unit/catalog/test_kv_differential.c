/* Pairs, locks and sessions against the model, on random commands.
 *
 * MUSTER_SEED runs one seed alone, MUSTER_OPS sets how many steps are run in all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>

#include "base/compiler.h"
#include "test/lib/dice.h"
#include "test/unit/catalog/kv/model.h"

enum { STEPS_A_SEED = 2000, STEPS = 10000, STEPS_A_COMMAND = 6, VALUES = 5 };

struct play {
    uint64_t seed;
    bool removals; /* of ranges */
    struct dice dice;
    struct rig rig;
    struct model model;
    struct bytes checks[STEPS_A_COMMAND][3]; /* of sessions being created */
    struct step steps[STEPS_A_COMMAND];
    size_t step_n;
    struct bytes kept_ids[MODEL_SESSIONS][2][3]; /* checks of the model's sessions */
};

#define CLAIM(p, what)                                                               \
    do {                                                                             \
        if (!(what))                                                                 \
            fail_msg("MUSTER_SEED=%" PRIu64 " entry %" PRIu64 ": " #what, (p)->seed, \
                     (p)->rig.stand->index);                                         \
    } while (0)

/* -- chance ----------------------------------------------------------------------------------- */

static struct bytes some_value(struct dice *d)
{
    static uint8_t rooms[VALUES][3000];
    static const size_t sizes[VALUES] = { 0, 1, 20, 2999, 3000 };
    size_t i = dice_below(d, VALUES);
    memset(rooms[i], 'v', sizes[i]);
    return bytes_of(rooms[i], sizes[i]);
}

static struct uuid some_session(struct dice *d)
{
    static const struct uuid none, unknown = { { 1 } };
    size_t i = dice_below(d, MODEL_SESSIONS + 2);
    if (i < MODEL_SESSIONS)
        return model_session(i);
    return i == MODEL_SESSIONS ? none : unknown;
}

static struct bytes some_key(struct dice *d)
{
    return dice_percent(d, 2) ? bytes_str("") : model_key(dice_below(d, MODEL_KEYS));
}

/* Mostly what stands there. */
static uint64_t some_index(struct play *p, struct bytes key)
{
    struct kv_entry e;
    if (dice_percent(&p->dice, 70))
        return rig_get(&p->rig, key, &e) ? e.modify : 0;
    return dice_below(&p->dice, 3) * p->model.revision / 2;
}

static struct step some_kv(struct play *p)
{
    static const unsigned weights[KV_VERBS] = {
        [KV_SET] = 6,           [KV_CAS] = 6,
        [KV_LOCK] = 12,         [KV_UNLOCK] = 5,
        [KV_GET] = 2,           [KV_GET_OR_EMPTY] = 2,
        [KV_GET_TREE] = 2,      [KV_CHECK_INDEX] = 2,
        [KV_CHECK_SESSION] = 2, [KV_CHECK_NOT_EXISTS] = 1,
        [KV_DELETE] = 2,        [KV_DELETE_TREE] = 1,
        [KV_DELETE_CAS] = 2,
    };
    struct dice *d = &p->dice;
    struct step s = { .kind = STEP_KV };
    s.kv.verb = (enum kv_verb)dice_weighted(d, weights, KV_VERBS);
    s.kv.key = some_key(d);
    s.kv.value = some_value(d);
    s.kv.flags = dice_below(d, 2);
    s.kv.session = some_session(d);
    s.kv.index = some_index(p, s.kv.key);
    return s;
}

static struct bytes some_check(struct dice *d)
{
    return dice_percent(d, 10) ? bytes_str(CHECK_OF_MEMBERS)
                               : model_check(dice_below(d, MODEL_CHECKS));
}

static struct step some_creation(struct play *p, struct bytes *checks)
{
    struct dice *d = &p->dice;
    struct step s = { .kind = STEP_CREATE };
    struct session *session = &s.create.session;
    for (size_t i = 0; i < 3; i++)
        checks[i] = some_check(d);
    s.create.id = model_session(dice_below(d, MODEL_SESSIONS));
    s.create.of_member = dice_percent(d, 30);
    session->behavior = dice_percent(d, 50) ? SESSION_DELETE : SESSION_RELEASE;
    session->lock_delay_ns = dice_below(d, 3) * 2500000000;
    session->node = dice_percent(d, 50) ? bytes_str("N") : model_node(dice_below(d, MODEL_NODES));
    session->node_checks = (struct session_checks){ checks, dice_below(d, 3) };
    session->service_checks = (struct session_checks){ checks + 2, dice_below(d, 2) };
    return s;
}

static struct step some_other(struct play *p)
{
    static const enum step_kind kinds[] = { STEP_END,   STEP_NODE,  STEP_NODE,  STEP_NODE_GONE,
                                            STEP_CHECK, STEP_CHECK, STEP_CHECK, STEP_CHECK_GONE };
    static const enum status statuses[] = { STATUS_UP, STATUS_UP, STATUS_SUSPECT, STATUS_DOWN };
    struct dice *d = &p->dice;
    return (struct step){ .kind = kinds[dice_below(d, ARRAY_LEN(kinds))],
                          .session = some_session(d),
                          .node = model_node(dice_below(d, MODEL_NODES)),
                          .check = model_check(dice_below(d, MODEL_CHECKS)),
                          .status = statuses[dice_below(d, ARRAY_LEN(statuses))] };
}

static void throw_steps(struct play *p)
{
    p->step_n = dice_percent(&p->dice, 60) ? 1 : dice_between(&p->dice, 1, STEPS_A_COMMAND);
    for (size_t i = 0; i < p->step_n; i++) {
        size_t dice = dice_below(&p->dice, 100);
        p->steps[i] = dice < 75   ? some_kv(p)
                      : dice < 87 ? some_creation(p, p->checks[i])
                                  : some_other(p);
    }
}

/* -- comparing -------------------------------------------------------------------------------- */

static bool is_same_entry(const struct kv_entry *a, const struct kv_entry *b)
{
    return bytes_eq(a->key, b->key) && kv_pair_eq(&a->pair, &b->pair) && a->create == b->create &&
           a->modify == b->modify;
}

static void compare_answers(struct play *p, const struct answer *real, const struct answer *want)
{
    for (size_t i = 0; i < p->step_n; i++) {
        CLAIM(p, real[i].kv.refusal == want[i].kv.refusal);
        CLAIM(p, real[i].kv.entry_n == want[i].kv.entry_n);
        CLAIM(p, is_same_entry(&real[i].kv.current, &want[i].kv.current));
        for (size_t j = 0; j < want[i].kv.entry_n; j++)
            CLAIM(p, is_same_entry(&real[i].kv.entries[j], &want[i].kv.entries[j]));
        CLAIM(p, real[i].session.refusal == want[i].session.refusal);
        CLAIM(p, bytes_eq(real[i].session.check, want[i].session.check));
    }
}

static size_t bound_rows(const struct session *s)
{
    bool c[MODEL_CHECKS + 1] = { false };
    const struct session_checks *const lists[] = { &s->node_checks, &s->service_checks };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (size_t j = 0; j < lists[i]->n; j++)
            c[bytes_is(lists[i]->ids[j], "c")    ? 0
              : bytes_is(lists[i]->ids[j], "c1") ? 1
                                                 : 2] = true;
    return 1 + c[0] + c[1] + c[2];
}

/* Rows of what sessions hold, with one for their number. */
static size_t held_rows(const struct model *m)
{
    size_t n = 0;
    for (size_t s = 0; s < MODEL_SESSIONS; s++) {
        struct uuid id = model_session(s);
        size_t held = 0;
        for (size_t i = 0; i < MODEL_KEYS; i++)
            held += m->pairs[i].there && uuid_eq(&m->pairs[i].entry.pair.session, &id);
        n += held > 0 ? held + 1 : 0;
    }
    return n;
}

/* What lies beside the spaces is what it says of the rows. A range that was removed leaves what
 * was held in it. */
static void audit(struct play *p)
{
    size_t bound = 0, held = held_rows(&p->model), held_seen = rig_side_rows(&p->rig, "h");
    for (size_t i = 0; i < MODEL_SESSIONS; i++)
        if (p->model.sessions[i].there)
            bound += bound_rows(&p->model.sessions[i].create.session);
    CLAIM(p, rig_side_rows(&p->rig, "b") == bound);
    CLAIM(p, p->removals ? held_seen >= held : held_seen == held);
    CLAIM(p, rig_side_rows(&p->rig, "d") == rig_side_rows(&p->rig, "e"));
    CLAIM(p, rig_side_rows(&p->rig, "d") <= MODEL_KEYS);
}

static void compare_states(struct play *p)
{
    struct kv_entry e;
    CLAIM(p, view_revision(p->rig.stand->view) == p->model.revision);
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        bool there = rig_get(&p->rig, model_key(i), &e);
        CLAIM(p, there == p->model.pairs[i].there);
        if (there)
            CLAIM(p, is_same_entry(&e, &p->model.pairs[i].entry));
    }
    for (size_t i = 0; i < MODEL_SESSIONS; i++) {
        struct uuid id = model_session(i);
        CLAIM(p, rig_has_session(&p->rig, &id) == p->model.sessions[i].there);
    }
    audit(p);
}

/* -- playing ---------------------------------------------------------------------------------- */

/* The checks of sessions that the model has taken lie in steps, which are overwritten. */
static void keep_lists(struct play *p)
{
    for (size_t i = 0; i < MODEL_SESSIONS; i++) {
        struct session *s = &p->model.sessions[i].create.session;
        struct session_checks *lists[] = { &s->node_checks, &s->service_checks };
        for (size_t j = 0; j < ARRAY_LEN(lists); j++) {
            if (lists[j]->ids == p->kept_ids[i][j])
                continue;
            for (size_t k = 0; k < lists[j]->n; k++)
                p->kept_ids[i][j][k] = lists[j]->ids[k];
            lists[j]->ids = p->kept_ids[i][j];
        }
    }
}

static void play_command(struct play *p)
{
    struct answer want[STEPS_A_COMMAND];
    const struct answer *real;
    uint64_t age_ms = rig_age_ms(&p->rig);
    throw_steps(p);
    enum err expected =
        model_apply(&p->model, age_ms, p->steps, p->step_n, &p->rig.stand->arena, want);
    keep_lists(p);
    enum err e = rig_apply(&p->rig, p->steps, p->step_n, &real);
    CLAIM(p, e == expected);
    compare_answers(p, real, want);
}

static void play_removal(struct play *p)
{
    struct bytes prefix = model_key(dice_below(&p->dice, MODEL_KEYS));
    uint8_t end[1024];
    size_t end_n = prefix.n;
    memcpy(end, prefix.p, prefix.n);
    while (end[end_n - 1] == 0xff)
        end_n--;
    end[end_n - 1]++;
    model_remove_range(&p->model, prefix);
    entries_remove(&p->rig.stand->entries, SPACE_CONSUL_KV, prefix, bytes_of(end, end_n));
    CLAIM(p, stand_apply(p->rig.stand)->err == OK);
}

static size_t play_seed(uint64_t seed)
{
    struct play p = { .seed = seed, .removals = seed % 2 == 0, .dice = dice_of(seed, 0) };
    size_t steps = 0;
    rig_init(&p.rig);
    model_init(&p.model);
    while (steps < STEPS_A_SEED) {
        if (p.removals && dice_percent(&p.dice, 2))
            play_removal(&p);
        else
            play_command(&p);
        steps += p.step_n;
        compare_states(&p);
        arena_clear(&p.rig.stand->arena);
    }
    rig_fini(&p.rig);
    return steps;
}

static void pairs_and_sessions_agree_with_the_model(void **state)
{
    uint64_t seed = dice_env("MUSTER_SEED", 0);
    if (seed != 0) {
        play_seed(seed);
        return;
    }
    size_t total = dice_env("MUSTER_OPS", STEPS), done = 0;
    for (seed = 1; done < total; seed++)
        done += play_seed(seed);
    print_message("%zu steps, seeds 1 to %" PRIu64 "\n", done, seed - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_and_sessions_agree_with_the_model),
    };
    return cmocka_run_group_tests_name("kv_differential", tests, NULL, NULL);
}
