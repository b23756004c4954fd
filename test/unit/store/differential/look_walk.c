/* Ranges in steps: whatever the sizes of steps and selections, the answer is that of one reading.
 */
#include "store/range_walk.h"
#include "test/unit/store/differential/compare.h"
#include "test/unit/store/differential/look.h"
#include "test/unit/store/differential/look_parts.h"
#include "test/unit/store/differential/translate.h"

/* One part of a walk: WANT's rows from AT on. */
static bool part_agrees(struct look *l, const struct model_range *range,
                        const struct model_rows *want, size_t at, const struct range_part *part)
{
    if (part->kv_n > want->row_n - at)
        return report_differs(l->report, "walk: more rows than there are");
    for (size_t i = 0; i < part->kv_n; i++)
        if (!compare_kv(l->report, want->rows[at + i], &part->kvs[i], range->keys_only, l->view))
            return false;
    return !part->done ||
           (report_same_u64(l->report, "walked rows", want->row_n, at + part->kv_n) &&
            report_same_u64(l->report, "walked count", want->count, part->count) &&
            report_same_u64(l->report, "walked more", want->more, part->more));
}

/* From row AT to the end, in steps and with selections of any size. */
static bool walk_on(struct look *l, const struct model_range *range, struct range_walk *walk,
                    const struct model_rows *want, size_t at, size_t *ret_mark)
{
    struct arena arena;
    struct range_part part = { 0 };
    bool agrees = true, marks = *ret_mark == SIZE_MAX;
    arena_init(&arena, 0);
    while (agrees && !part.done) {
        if (marks && dice_percent(l->dice, 30)) {
            range_walk_mark(walk);
            *ret_mark = at;
        }
        arena_clear(&arena);
        enum err e = range_walk_step(walk, l->view, dice_between(l->dice, 1, 30),
                                     dice_between(l->dice, 1, 3000), true, &arena, &part);
        agrees =
            report_same_err(l->report, "walk", OK, e) && part_agrees(l, range, want, at, &part);
        at += part.kv_n;
    }
    arena_fini(&arena);
    return agrees;
}

bool look_walk(struct look *l, const struct model_range *range, const struct model_rows *want)
{
    struct range_query query = translate_range(range);
    struct range_walk *walk = NULL;
    size_t mark = SIZE_MAX;
    enum err e = range_walk_new(l->view, &query, dice_between(l->dice, 1, 2000), &walk);
    bool agrees =
        report_same_err(l->report, "walk", OK, e) && walk_on(l, range, walk, want, 0, &mark);
    if (agrees && mark != SIZE_MAX) {
        range_walk_rewind(walk);
        agrees = walk_on(l, range, walk, want, mark, &mark);
    }
    range_walk_free(walk);
    return agrees;
}
