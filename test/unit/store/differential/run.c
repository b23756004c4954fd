/* The run: one model, two stores.
 *
 * The first store is asked everything. The second, its twin, is fed the same entries in other
 * steps, sweeps at other times and is only held to the same hash. Now and then the first is closed
 * and opened again, dumped into a third, or an old view of it is looked at again. */
#include "test/unit/store/differential/run.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/dump.h"
#include "test/lib/entries.h"
#include "test/lib/tempdir.h"
#include "test/unit/store/differential/batch.h"
#include "test/unit/store/differential/compare.h"
#include "test/unit/store/differential/leftover.h"
#include "test/unit/store/differential/look.h"
#include "test/unit/store/differential/translate.h"
#include "test/unit/store/differential/upper.h"

enum { STEPS_MAX = 1000000, TERM = 3 };

struct subject { /* a store under test */
    char dir[512];
    struct store *store;
    struct view *view;
};

struct pinned { /* a view of an older state, and the model as it was then */
    struct view *view;
    struct model *model;
};

struct run {
    const struct script *script;
    const struct run_plan *plan;
    struct report *report;
    struct model *model;
    struct subject main, twin;
    struct pinned pinned;
    struct entries entries;
    struct upper upper;
    struct batch_expected expected;
    char *dir;
    size_t entry; /* from 0 */
    struct dice dice, twin_dice;
};

/* The number of the entry under way: stays the same when others are left out of the script. */
static size_t number_of(const struct run *run)
{
    if (run->entry >= run->script->entry_n)
        return 0;
    return run->script->entries[run->entry].number;
}

/* -- opening and closing ---------------------------------------------------------------------- */

static bool want_everything(struct run *run, struct store *store)
{
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        store_want_events(store, (enum space)s, true);
        run->expected.wanted[s] = true;
    }
    return true;
}

static bool subject_open(struct run *run, struct subject *s)
{
    struct why why = { .text = "" };
    struct store_options options = {
        .dir = s->dir,
        .map_bytes = 1U << 30,
        .write_map = run->plan->write_map,
        .batch_max_bytes = run->plan->batch_max_bytes,
        .kinds = upper_kinds,
        .kind_n = 1,
        .kinds_ctx = &run->upper,
    };
    enum err e = store_open(&options, &why, &s->store);
    if (e != OK)
        return report_differs(run->report, "cannot open: %s: %s", err_text(e), why.text);
    return report_same_err(run->report, "view_open", OK, view_open(s->store, &s->view));
}

static void subject_close(struct subject *s)
{
    if (s->view != NULL)
        view_close(s->view);
    if (s->store != NULL)
        store_close(s->store);
    s->view = NULL;
    s->store = NULL;
}

static bool subject_make(struct run *run, struct subject *s, const char *name)
{
    *s = (struct subject){ 0 };
    snprintf(s->dir, sizeof s->dir, "%s/%s", run->dir, name);
    int made = mkdir(s->dir, 0700);
    assert(made == 0);
    return subject_open(run, s);
}

static void unpin(struct run *run)
{
    if (run->pinned.view != NULL)
        view_close(run->pinned.view);
    model_free(run->pinned.model);
    run->pinned = (struct pinned){ 0 };
}

static bool reopen(struct run *run)
{
    report_at(run->report, "opening again after entry %zu", number_of(run));
    unpin(run);
    subject_close(&run->main);
    return subject_open(run, &run->main) && want_everything(run, run->main.store);
}

/* -- applying --------------------------------------------------------------------------------- */

/* In steps of few rows, sometimes given up half way and begun anew. */
static bool apply_in_steps(struct run *run, struct store *store, struct dice *d,
                           struct bytes payload, struct effects **ret)
{
    struct apply *apply;
    bool give_up = dice_percent(d, 10);
    uint64_t most = dice_percent(d, 50) ? 5 : 50;
    enum err e = store_apply_begin(store, run->model->index, TERM, payload, &apply);
    if (!report_same_err(run->report, "begin", OK, e))
        return false;
    for (size_t step = 0; step < STEPS_MAX; step++) {
        if (give_up && dice_percent(d, 30)) {
            store_apply_abort(apply);
            return apply_in_steps(run, store, d, payload, ret);
        }
        e = store_apply_step(apply, dice_between(d, 1, most), ret);
        if (!report_same_err(run->report, "step", OK, e))
            return false;
        if (*ret != NULL)
            return true;
    }
    store_apply_abort(apply);
    return report_differs(run->report, "apply does not end");
}

static bool apply_somehow(struct run *run, struct store *store, struct dice *d,
                          struct bytes payload, struct effects **ret)
{
    *ret = NULL;
    report_at(run->report, "applying entry %zu", number_of(run));
    if (dice_percent(d, 60))
        return apply_in_steps(run, store, d, payload, ret);
    enum err e = store_apply(store, run->model->index, TERM, payload, ret);
    return report_same_err(run->report, "apply", OK, e);
}

static bool sweep(struct run *run, struct store *store, struct dice *d, unsigned percent)
{
    bool done = false;
    while (!done && dice_percent(d, percent)) {
        enum err e = store_sweep(store, dice_between(d, 1, dice_percent(d, 50) ? 5 : 200), &done);
        report_at(run->report, "sweeping after entry %zu", number_of(run));
        if (!report_same_err(run->report, "sweep", OK, e))
            return false;
    }
    return true;
}

/* -- comparing -------------------------------------------------------------------------------- */

static struct look look_at(struct run *run, const struct view *view, struct model *model)
{
    return (struct look){
        .report = run->report,
        .view = view,
        .model = model,
        .dice = &run->dice,
        .script = run->script,
    };
}

static bool effects_agree(struct run *run, const struct model_outcome *outcomes,
                          const struct effects *got)
{
    struct report *r = run->report;
    const struct script_entry *entry = &run->script->entries[run->entry];
    report_at(r, "entry %zu", number_of(run));
    if (!report_same_u64(r, "index", run->model->index, got->index) ||
        !report_same_u64(r, "term", TERM, got->term) ||
        !report_same_u64(r, "results", entry->n, got->result_n))
        return false;
    for (size_t i = 0; i < entry->n; i++) {
        report_at(r, "entry %zu, command %zu", number_of(run), i + 1);
        if (!compare_outcome(r, &entry->commands[i], &outcomes[i], &got->results[i]))
            return false;
    }
    report_at(r, "entry %zu", number_of(run));
    return batch_agrees(r, &run->expected, run->model, got->batch) &&
           lease_changes_agree(r, entry, outcomes, got);
}

static bool hash_of(struct run *run, const struct view *view, uint64_t *ret)
{
    return report_same_err(run->report, "store_hash", OK, store_hash(view, ret));
}

static bool space_hashes_agree(struct run *run, const struct view *a, const struct view *b)
{
    uint32_t hash_a = 0, hash_b = 0;
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        uint64_t newest = model_newest(run->model, s);
        uint64_t at = dice_between(&run->dice, run->model->spaces[s].compacted, newest);
        if (!report_same_err(run->report, "store_hash_space", OK,
                             store_hash_space(a, (enum space)s, at, &hash_a)) ||
            !report_same_err(run->report, "store_hash_space", OK,
                             store_hash_space(b, (enum space)s, at, &hash_b)) ||
            !report_same_u64(run->report, "hash of a space", hash_a, hash_b))
            return false;
    }
    return true;
}

static bool hashes_agree(struct run *run, const char *what, const struct view *a,
                         const struct view *b)
{
    uint64_t hash_a = 0, hash_b = 0;
    report_at(run->report, "%s after entry %zu", what, number_of(run));
    return hash_of(run, a, &hash_a) && hash_of(run, b, &hash_b) &&
           report_same_u64(run->report, "store_hash", hash_a, hash_b) &&
           space_hashes_agree(run, a, b);
}

/* -- dump and load ---------------------------------------------------------------------------- */

static bool copy_rows(struct run *run, struct dump *dump, struct load *load)
{
    struct buf rows;
    struct why why = { .text = "" };
    bool end = false;
    enum err e = OK;
    buf_init(&rows, 1U << 30);
    while (!end && e == OK) {
        buf_clear(&rows, 1U << 20);
        e = dump_next(dump, dice_between(&run->dice, 1, 20000), &rows, &end);
        if (e == OK)
            e = load_rows(load, buf_bytes(&rows), &why);
    }
    buf_fini(&rows);
    if (e == OK)
        return true;
    return report_differs(run->report, "%s: %s", err_text(e), why.text);
}

static bool fill(struct run *run, struct store *copy)
{
    struct dump *dump;
    struct load *load;
    if (!report_same_err(run->report, "dump_open", OK, dump_open(run->main.store, &dump)))
        return false;
    bool good =
        report_same_u64(run->report, "dump_index", run->model->index, dump_index(dump)) &&
        report_same_u64(run->report, "dump_term", run->model->term, dump_term(dump)) &&
        report_same_u64(run->report, "dump_revision", run->model->revision, dump_revision(dump)) &&
        report_same_err(run->report, "load_open", OK, load_open(copy, &load));
    if (good && copy_rows(run, dump, load))
        good = report_same_err(run->report, "load_finish", OK, load_finish(load, 0));
    else if (good) {
        load_abort(load);
        good = false;
    }
    dump_close(dump);
    return good;
}

static bool dump_agrees(struct run *run)
{
    struct subject copy;
    report_at(run->report, "dump and load after entry %zu", number_of(run));
    bool agrees = subject_make(run, &copy, "copy") && fill(run, copy.store) &&
                  report_same_err(run->report, "view_renew", OK, view_renew(copy.view)) &&
                  hashes_agree(run, "dump and load", run->main.view, copy.view);
    struct look look = look_at(run, copy.view, run->model);
    agrees = agrees && look_everywhere(&look);
    subject_close(&copy);
    tempdir_empty(copy.dir);
    remove(copy.dir);
    return agrees;
}

/* -- one entry -------------------------------------------------------------------------------- */

static struct bytes make_payload(struct run *run)
{
    const struct script_entry *entry = &run->script->entries[run->entry];
    if (entry->n == 0 && dice_percent(&run->dice, 50))
        return (struct bytes){ 0 }; /* a new leader's; carries no time */
    struct entry_time time = {
        .wall_ms = 1700000000000 + number_of(run) * 7,
        .age_ms = number_of(run) * 5,
    };
    run->upper.time = time;
    model_entry(run->model, run->model->index, TERM, time.wall_ms, time.age_ms);
    for (size_t i = 0; i < entry->n; i++) {
        translate_command(&entry->commands[i], &run->entries);
    }
    return entries_finish(&run->entries, time);
}

static bool apply_to_main(struct run *run, struct bytes payload)
{
    const struct script_entry *entry = &run->script->entries[run->entry];
    struct arena arena;
    struct effects *effects;
    arena_init(&arena, 0);
    batch_expect(&run->expected, run->model);
    struct model_outcome *outcomes = arena_zalloc(&arena, entry->n + 1, sizeof *outcomes);
    for (size_t i = 0; i < entry->n; i++) {
        run->model->face = translate_origin(entry->commands[i].origin).face;
        model_run(run->model, &entry->commands[i], &arena, &outcomes[i]);
    }
    bool agrees = apply_somehow(run, run->main.store, &run->dice, payload, &effects) &&
                  effects_agree(run, outcomes, effects);
    if (effects != NULL)
        effects_unref(effects);
    arena_fini(&arena);
    return agrees;
}

static bool apply_to_twin(struct run *run, struct bytes payload)
{
    struct effects *effects;
    bool good = apply_somehow(run, run->twin.store, &run->twin_dice, payload, &effects);
    if (effects != NULL)
        effects_unref(effects);
    return good && sweep(run, run->twin.store, &run->twin_dice, 20);
}

static bool look_at_pinned(struct run *run)
{
    struct look look = look_at(run, run->pinned.view, run->pinned.model);
    if (!look_counters(&look) || !look_somewhere(&look) || !look_somewhere(&look))
        return false;
    if (dice_percent(&run->dice, 70))
        return true;
    bool agrees = dice_percent(&run->dice, 80) || look_everywhere(&look);
    unpin(run);
    return agrees;
}

static bool pin_or_look(struct run *run)
{
    if (run->pinned.view != NULL)
        return look_at_pinned(run);
    if (!dice_percent(&run->dice, 10))
        return true;
    run->pinned.model = model_clone(run->model);
    return report_same_err(run->report, "view_open", OK,
                           view_open(run->main.store, &run->pinned.view));
}

static bool figures_agree(struct run *run)
{
    struct store_space space;
    store_space(run->main.store, &space);
    report_at(run->report, "store_space after entry %zu", number_of(run));
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        if (!report_same_u64(run->report, "living keys", model_living(run->model, s),
                             space.keys[s]))
            return false;
    bool never = run->model->spaces[0].event_n == 0, lives = model_living(run->model, 0) > 0;
    if (space.used_bytes > space.file_bytes || space.etcd_bytes > space.used_bytes ||
        (never && space.etcd_bytes > 0) || (lives && space.etcd_bytes == 0))
        return report_differs(run->report,
                              "pages of ETCD %" PRIu64 ", used %" PRIu64 ", of the file %" PRIu64,
                              space.etcd_bytes, space.used_bytes, space.file_bytes);
    return true;
}

static bool ask_questions(struct run *run)
{
    report_at(run->report, "view after entry %zu", number_of(run));
    if (!report_same_err(run->report, "view_renew", OK, view_renew(run->main.view)))
        return false;
    struct look look = look_at(run, run->main.view, run->model);
    if (!look_counters(&look) || !figures_agree(run))
        return false;
    for (unsigned i = 0; i < run->plan->questions; i++)
        if (!look_somewhere(&look))
            return false;
    if (run->plan->thorough || dice_percent(&run->dice, 3))
        return look_everywhere(&look);
    return true;
}

static bool compare_twins(struct run *run)
{
    return report_same_err(run->report, "view_renew", OK, view_renew(run->twin.view)) &&
           report_same_err(run->report, "view_renew", OK, view_renew(run->main.view)) &&
           hashes_agree(run, "twins", run->main.view, run->twin.view);
}

static void toggle_watching(struct run *run)
{
    unsigned s = (unsigned)dice_below(&run->dice, MODEL_SPACES);
    run->expected.wanted[s] = !run->expected.wanted[s];
    store_want_events(run->main.store, (enum space)s, run->expected.wanted[s]);
}

static bool run_entry(struct run *run)
{
    run->dice = dice_of(run->plan->seed, number_of(run) * 2);
    run->twin_dice = dice_of(run->plan->seed, number_of(run) * 2 + 1);
    run->model->index++;
    run->model->term = TERM;
    if (dice_percent(&run->dice, 5))
        toggle_watching(run);
    struct bytes payload = make_payload(run);
    return apply_to_main(run, payload) && apply_to_twin(run, payload) && ask_questions(run) &&
           sweep(run, run->main.store, &run->dice, 50) && pin_or_look(run) &&
           (!dice_percent(&run->dice, 10) || ask_questions(run)) &&
           (!dice_percent(&run->dice, 15) || compare_twins(run)) &&
           (!dice_percent(&run->dice, 3) || dump_agrees(run)) &&
           (!dice_percent(&run->dice, 4) || reopen(run));
}

static bool run_end(struct run *run)
{
    bool agrees = compare_twins(run) && sweep(run, run->main.store, &run->dice, 100) &&
                  compare_twins(run) && ask_questions(run) && dump_agrees(run);
    unpin(run);
    subject_close(&run->main);
    return agrees && leftover_agrees(run->report, run->model, run->main.dir);
}

bool run_script(const struct script *script, const struct run_plan *plan, struct report *r)
{
    struct run run = {
        .script = script,
        .plan = plan,
        .report = r,
        .model = model_new(),
        .dir = tempdir_new(),
        .expected.max_bytes = plan->batch_max_bytes == 0 ? 4U << 20 : plan->batch_max_bytes,
    };
    entries_init(&run.entries);
    report_at(r, "opening");
    bool agrees = subject_make(&run, &run.main, "main") && subject_make(&run, &run.twin, "twin") &&
                  want_everything(&run, run.main.store);
    for (; agrees && run.entry < script->entry_n; run.entry++)
        agrees = run_entry(&run);
    agrees = agrees && run_end(&run);
    unpin(&run);
    subject_close(&run.main);
    subject_close(&run.twin);
    entries_fini(&run.entries);
    model_free(run.model);
    tempdir_free(run.dir);
    return agrees;
}
