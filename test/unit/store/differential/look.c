/* Questions about rows: ranges, keys, transactions, counters. */
#include "test/unit/store/differential/look.h"

#include <inttypes.h>

#include "base/compiler.h"
#include "store/txn_read.h"
#include "test/unit/store/differential/compare.h"
#include "test/unit/store/differential/look_parts.h"
#include "test/unit/store/differential/random.h"
#include "test/unit/store/differential/translate.h"

struct random_source look_source(struct look *l, struct arena *arena)
{
    return (struct random_source){
        .dice = l->dice,
        .keys = l->script->keys,
        .key_n = l->script->key_n,
        .model = l->model,
        .arena = arena,
    };
}

bool look_counters(struct look *l)
{
    struct report *r = l->report;
    report_at(r, "counters");
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        if (!report_same_u64(r, "compacted", l->model->spaces[s].compacted,
                             view_compacted(l->view, (enum space)s)))
            return false;
    return report_same_u64(r, "revision", l->model->revision, view_revision(l->view)) &&
           report_same_u64(r, "system revision", l->model->system_revision,
                           view_system_revision(l->view)) &&
           report_same_u64(r, "index", l->model->index, view_applied_index(l->view)) &&
           report_same_u64(r, "term", l->model->term, view_applied_term(l->view)) &&
           report_same_u64(r, "age", l->model->age_ms, view_age_ms(l->view)) &&
           report_same_u64(r, "wall", l->model->wall_ms, view_wall_ms(l->view));
}

/* -- ranges ----------------------------------------------------------------------------------- */

static uint64_t row_bytes(const struct model_range *range, const struct model_event *row)
{
    return row->key.n + (range->keys_only ? 0 : row->value.n);
}

/* One answer within BUDGET: it must hold WANT's rows from AT on, as many as fit. */
static bool piece_agrees(struct look *l, const struct model_range *range,
                         const struct model_rows *want, size_t at, uint64_t budget,
                         const struct range_result *got)
{
    uint64_t bytes = 0;
    if (got->kv_n > want->row_n - at)
        return report_differs(l->report, "budget: more rows than there are");
    for (size_t i = 0; i < got->kv_n; i++) {
        if (!compare_kv(l->report, want->rows[at + i], &got->kvs[i], range->keys_only, l->view))
            return false;
        bytes += row_bytes(range, want->rows[at + i]);
    }
    bool at_end = at + got->kv_n == want->row_n;
    if (got->kv_n > 1 && bytes > budget)
        return report_differs(l->report, "budget: %" PRIu64 " bytes above it", bytes - budget);
    if (got->over_budget && got->kv_n == 0)
        return report_differs(l->report, "budget: over it without a row");
    if (at_end)
        return true;
    uint64_t next = row_bytes(range, want->rows[at + got->kv_n]);
    return report_same_u64(l->report, "budget: over", true, got->over_budget) &&
           (bytes + next > budget || report_differs(l->report, "budget: the next row would fit"));
}

/* The whole answer in pieces of BUDGET bytes. */
static bool pieces_agree(struct look *l, struct model_range range, const struct model_rows *want,
                         struct arena *arena)
{
    uint64_t budget = dice_between(l->dice, 1, 3000);
    struct bytes key = range.key;
    size_t at = 0;
    for (;;) {
        struct range_query query = translate_range(&range);
        struct range_result got;
        query.key = key;
        query.budget_bytes = budget;
        enum err e = range_read(l->view, &query, arena, &got);
        if (!report_same_err(l->report, "budget", OK, e) ||
            !piece_agrees(l, &range, want, at, budget, &got))
            return false;
        at += got.kv_n;
        if (!got.over_budget)
            return report_same_u64(l->report, "rows in budgets", want->row_n, at);
        struct bytes last = want->rows[at - 1]->key;
        uint8_t *next = arena_alloc(arena, last.n + 1);
        if (last.n > 0)
            memcpy(next, last.p, last.n);
        next[last.n] = 0;
        key = bytes_of(next, last.n + 1);
    }
}

static bool range_agrees(struct look *l, const struct model_range *range, struct arena *arena)
{
    struct model_rows want;
    struct range_result got;
    struct range_query query = translate_range(range);
    enum err want_err = model_read(l->model, range, arena, &want);
    enum err got_err = range_read(l->view, &query, arena, &got);
    report_at(l->report,
              "range in space %u, key of %zu, end of %zu, revision %" PRId64 ", limit %" PRId64
              ", order %d, target %d%s%s",
              range->space, range->key.n, range->end.n, range->revision, range->limit,
              (int)range->order, (int)range->target, range->keys_only ? ", keys_only" : "",
              range->count_only ? ", count_only" : "");
    if (!report_same_err(l->report, "result", want_err, got_err))
        return false;
    if (want_err != OK)
        return true;
    if (!compare_rows(l->report, range, &want, &got, l->view) || !look_walk(l, range, &want))
        return false;
    bool in_key_order = range->target == MODEL_BY_KEY && range->order != MODEL_DESCEND;
    if (!in_key_order || range->count_only || range->limit > 0)
        return true;
    return pieces_agree(l, *range, &want, arena);
}

bool look_range(struct look *l)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct random_source source = look_source(l, &arena);
    struct model_range range = random_range(&source);
    bool agrees = range_agrees(l, &range, &arena);
    arena_fini(&arena);
    return agrees;
}

/* -- keys and transactions -------------------------------------------------------------------- */

static bool key_agrees(struct look *l, unsigned space, struct bytes key, uint64_t revision)
{
    struct arena arena;
    struct kv got;
    arena_init(&arena, 0);
    const struct model_event *want = model_get(l->model, space, key, revision);
    enum err want_err = OK;
    if (revision > model_newest(l->model, space))
        want_err = ERR_FUTURE;
    else if (revision != 0 && revision < l->model->spaces[space].compacted)
        want_err = ERR_COMPACTED;
    else if (want == NULL)
        want_err = ERR_KEY_NOT_FOUND;
    report_at(l->report, "key of %zu bytes in space %u at revision %" PRIu64, key.n, space,
              revision);
    enum err got_err = range_get(l->view, (enum space)space, key, revision, &arena, &got);
    bool agrees = report_same_err(l->report, "get", want_err, got_err) &&
                  (want_err != OK || compare_kv(l->report, want, &got, false, l->view));
    arena_fini(&arena);
    return agrees;
}

bool look_key(struct look *l)
{
    unsigned space = random_space(l->dice);
    uint64_t newest = model_newest(l->model, space);
    uint64_t revision = dice_percent(l->dice, 30) ? 0 : dice_below(l->dice, newest + 2);
    struct bytes key = l->script->keys[dice_below(l->dice, l->script->key_n)];
    return key_agrees(l, space, key, revision);
}

bool look_txn(struct look *l)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct random_source source = look_source(l, &arena);
    struct model_txn *txn = random_txn(&source, true, false);
    struct txn *asked = translate_txn(txn, &arena);
    struct model_txn_answer *want;
    struct txn_result *got;
    enum err want_err = model_read_txn(l->model, txn, &arena, &want);
    enum err got_err = txn_read(l->view, asked, &arena, &got);
    report_at(l->report, "reading transaction");
    bool agrees = report_same_u64(l->report, "is read only", true, txn_is_read_only(asked)) &&
                  report_same_err(l->report, "result", want_err, got_err) &&
                  (want_err != OK || compare_txn(l->report, txn, want, got, l->view));
    arena_fini(&arena);
    return agrees;
}

/* -- anything, and everything ----------------------------------------------------------------- */

bool look_somewhere(struct look *l)
{
    static const unsigned weights[] = { 8, 4, 3, 4, 1 };
    switch (dice_weighted(l->dice, weights, ARRAY_LEN(weights))) {
    case 0:
        return look_range(l);
    case 1:
        return look_key(l);
    case 2:
        return look_txn(l);
    case 3:
        return look_history(l);
    }
    return look_leases(l);
}

static bool all_rows_agree(struct look *l, unsigned space, uint64_t revision)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct model_range all = { .space = space,
                               .end = bytes_of("", 1),
                               .revision = (int64_t)revision };
    bool agree = range_agrees(l, &all, &arena);
    arena_fini(&arena);
    return agree;
}

static bool space_agrees(struct look *l, unsigned space)
{
    uint64_t newest = model_newest(l->model, space);
    uint64_t oldest = l->model->spaces[space].compacted;
    for (size_t i = 0; i < l->script->key_n; i++)
        if (!key_agrees(l, space, l->script->keys[i], 0) ||
            !key_agrees(l, space, l->script->keys[i], oldest))
            return false;
    return all_rows_agree(l, space, 0) && all_rows_agree(l, space, oldest) &&
           all_rows_agree(l, space, oldest + (newest - oldest) / 2) && look_whole_history(l, space);
}

bool look_everywhere(struct look *l)
{
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        if (!space_agrees(l, s))
            return false;
    return look_counters(l) && look_leases(l);
}
