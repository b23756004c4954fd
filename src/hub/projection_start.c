#include "hub/projection_start.h"

#include "catalog/projection.h"

/* The defaults hold without a row, and a store in which nothing was written yet needs none. What
 * was written before there were rules is reached by setting them. */
static bool must_set(bool on, const struct view *view)
{
    struct arena arena;
    struct draft_row row;
    struct projection_rules rules;
    arena_init(&arena, 0);
    struct draft *d = draft_new(view, &arena);
    bool there = draft_get(d, SPACE_SYSTEM, bytes_str(PROJECTION_KEY), &row) == OK;
    bool known = there && projection_rules_read(row.value, &rules) == OK;
    bool must = known ? (rules.n > 0) != on : !on || view_revision(view) > 1;
    arena_fini(&arena);
    return must;
}

static bool plan(const void *arg, const struct view *view, struct buf *body)
{
    bool on = *(const bool *)arg;
    struct projection_rules rules = { .n = 0 };
    if (!must_set(on, view))
        return false;
    if (on)
        rules = projection_defaults();
    projection_rules_write(&rules, body);
    return true;
}

const struct startup_task projection_start = { .name = "projection: rules are set",
                                               .kind = COMMAND_PROJECTION,
                                               .plan = plan };
