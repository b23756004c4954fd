#include "health/alias.h"

/* The first critical check, or else the last that warns, replaces *WORST. */
static void find_worst(const struct checks *checks, const struct check **worst)
{
    for (size_t i = 0; i < checks->n; i++) {
        const struct check *c = &checks->all[i];
        bool is_down = *worst != NULL && (*worst)->status == STATUS_DOWN;
        if (!is_down && (c->status == STATUS_DOWN || c->status == STATUS_SUSPECT))
            *worst = c;
    }
}

enum status alias_judge(const struct alias_target *t, struct buf *out)
{
    const struct check *worst = NULL;
    if (!t->is_there) {
        buf_printf(out, "Service %.*s could not be found on node %.*s", (int)t->service.n,
                   (const char *)t->service.p, (int)t->node.n, (const char *)t->node.p);
        return STATUS_DOWN;
    }
    find_worst(t->of_node, &worst);
    find_worst(t->of_service, &worst);
    if (worst != NULL)
        buf_printf(out, "Aliased check \"%.*s\" failing: %.*s", (int)worst->name.n,
                   (const char *)worst->name.p, (int)worst->output.n,
                   (const char *)worst->output.p);
    else
        buf_put_str(out, t->of_node->n + t->of_service->n > 0 ? "All checks passing."
                                                              : "No checks found.");
    return worst != NULL ? worst->status : STATUS_UP;
}
