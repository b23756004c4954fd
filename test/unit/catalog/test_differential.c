/* The registry against the model, on random commands: registrations of agents and of owners with
 * leases, deregistrations, checks, overlays, leases that move and end, entries of one command and
 * of many, entries cut in steps, and stores that are opened again. Two stores that are fed the same
 * have the same hash.
 *
 * MUSTER_SEED runs one seed alone, MUSTER_OPS sets how many commands are run in all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "test/unit/catalog/model/random.h"
#include "test/unit/catalog/model/translate.h"
#include "test/unit/catalog/registry.h"

enum { COMMANDS = 20000, COMMANDS_A_SEED = 1000, COMMANDS_AN_ENTRY = 6, TEXT_BYTES = 1 << 20 };

struct play {
    uint64_t seed;
    struct dice dice;
    struct stand *a, *b; /* B is fed the same in steps, and opened again now and then */
    struct model model;
    struct command_script commands[COMMANDS_AN_ENTRY];
    struct m_result results[COMMANDS_AN_ENTRY];
    size_t command_n, entry;
};

#define CLAIM(p, what)                                                                    \
    do {                                                                                  \
        if (!(what))                                                                      \
            fail_msg("MUSTER_SEED=%" PRIu64 " entry %zu: " #what, (p)->seed, (p)->entry); \
    } while (0)

/* -- applying --------------------------------------------------------------------------------- */

static void make_entry(struct play *p)
{
    struct arena arena;
    arena_init(&arena, 0);
    p->command_n = dice_percent(&p->dice, 60) ? 1 : dice_between(&p->dice, 1, COMMANDS_AN_ENTRY);
    for (size_t i = 0; i < p->command_n; i++) {
        p->commands[i] = random_command(&p->dice, &p->model);
        translate_command(&p->a->entries, &p->commands[i], &arena);
        translate_command(&p->b->entries, &p->commands[i], &arena);
        p->results[i] = model_apply(&p->model, &p->commands[i]);
    }
    arena_fini(&arena);
}

static void apply_in_steps(struct play *p)
{
    struct stand *s = p->b;
    struct effects *effects = NULL;
    struct apply *apply;
    struct entry_time time = { .wall_ms = 1700000000000 + s->index * 1000,
                               .age_ms = s->index * 1000 };
    struct bytes payload = entries_finish(&s->entries, time);
    assert_int_equal(store_apply_begin(s->store, ++s->index, 2, payload, &apply), OK);
    while (effects == NULL)
        assert_int_equal(store_apply_step(apply, dice_between(&p->dice, 1, 5), &effects), OK);
    effects_unref(effects);
    assert_int_equal(view_renew(s->view), OK);
    if (dice_percent(&p->dice, 1))
        stand_reopen(s);
}

/* -- comparing -------------------------------------------------------------------------------- */

static enum change_refusal refusal_of(enum m_refusal refusal)
{
    static const enum change_refusal refusals[] = { [M_DONE] = CHANGE_DONE,
                                                    [M_ABSENT] = CHANGE_ABSENT,
                                                    [M_STALE] = CHANGE_STALE,
                                                    [M_NO_NODE] = CHANGE_NO_NODE,
                                                    [M_NO_SERVICE] = CHANGE_NO_SERVICE,
                                                    [M_NO_LEASE] = CHANGE_NO_LEASE };
    return refusals[refusal];
}

static void compare_result(struct play *p, size_t at)
{
    const struct m_result *want = &p->results[at];
    const struct command_result *got = &p->a->effects->results[at];
    const struct change_results *results = got->upper;
    if (p->commands[at].what != C_CHANGE) {
        CLAIM(p, (got->err == OK) == (want->refusal == M_DONE));
        return;
    }
    CLAIM(p, got->err == (want->refusal == M_DONE ? OK : ERR_REFUSED));
    CLAIM(p, results->n >= want->op_n); /* the model stops at the first that is refused */
    CLAIM(p, results->all[want->op_n - 1].refusal == refusal_of(want->refusal));
    for (size_t i = 0; i < results->n && got->err == OK; i++) {
        CLAIM(p, results->all[i].create == want->create[i]);
        CLAIM(p, results->all[i].modify == want->modify[i]);
    }
}

static int cmp_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of TEXT, which are cut apart, in order; how many. */
static size_t sort_lines(char *text, char **lines, size_t max)
{
    size_t n = 0;
    for (char *line = strtok(text, "\n"); line != NULL && n < max; line = strtok(NULL, "\n"))
        lines[n++] = line;
    qsort(lines, n, sizeof *lines, cmp_lines);
    return n;
}

static void compare_rows(struct play *p)
{
    enum { LINES = 1000 };
    char *want_lines[LINES], *got_lines[LINES];
    struct buf want, got;
    struct arena arena;
    arena_init(&arena, 0);
    buf_init(&want, TEXT_BYTES);
    buf_init(&got, TEXT_BYTES);
    model_print(&p->model, &want);
    translate_store(p->a->view, &arena, &got);
    size_t n = sort_lines(arena_str(&arena, buf_bytes(&want)), want_lines, LINES);
    size_t got_n = sort_lines(arena_str(&arena, buf_bytes(&got)), got_lines, LINES);
    for (size_t i = 0; i < n || i < got_n; i++) {
        const char *w = i < n ? want_lines[i] : "(nothing)";
        const char *g = i < got_n ? got_lines[i] : "(nothing)";
        if (strcmp(w, g) != 0)
            fail_msg("MUSTER_SEED=%" PRIu64 " entry %zu:\nmodel %s\nstore %s", p->seed, p->entry, w,
                     g);
    }
    buf_fini(&want);
    buf_fini(&got);
    arena_fini(&arena);
}

/* -- seeds ------------------------------------------------------------------------------------ */

static struct stand *open_stand(void)
{
    void *state;
    registry_set_up(&state);
    registry_set_rules(state, &(struct projection_rules){ .n = 0 });
    return state;
}

static void close_stand(struct stand *s)
{
    void *state = s;
    stand_tear_down(&state);
}

static void play_seed(uint64_t seed, size_t commands)
{
    struct play *p = mem_zalloc(1, sizeof *p);
    uint64_t a, b;
    p->seed = seed;
    p->dice = dice_of(seed, 0);
    p->a = open_stand();
    p->b = open_stand();
    model_init(&p->model);
    for (size_t done = 0; done < commands; done += p->command_n) {
        p->entry++;
        make_entry(p);
        stand_apply(p->a);
        apply_in_steps(p);
        for (size_t i = 0; i < p->command_n; i++)
            compare_result(p, i);
        CLAIM(p, view_revision(p->a->view) == p->model.revision);
        compare_rows(p);
    }
    assert_int_equal(store_hash(p->a->view, &a), OK);
    assert_int_equal(store_hash(p->b->view, &b), OK);
    CLAIM(p, a == b);
    close_stand(p->a);
    close_stand(p->b);
    mem_free(p);
}

static void registry_does_as_the_model(void **state)
{
    uint64_t one = dice_env("MUSTER_SEED", 0), all = dice_env("MUSTER_OPS", COMMANDS);
    if (one != 0) {
        play_seed(one, COMMANDS_A_SEED);
        return;
    }
    for (uint64_t seed = 1; seed <= (all + COMMANDS_A_SEED - 1) / COMMANDS_A_SEED; seed++)
        play_seed(seed, COMMANDS_A_SEED);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(registry_does_as_the_model) };
    return cmocka_run_group_tests_name("catalog differential", tests, NULL, NULL);
}
