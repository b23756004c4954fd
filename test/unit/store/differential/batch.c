/* The common spaces' events come in order of revision and sub, SYSTEM's in the order of its own;
 * how the two are mixed within an entry is not asked. */
#include "test/unit/store/differential/batch.h"

#include "test/unit/store/differential/compare.h"

void batch_expect(struct batch_expected *x, const struct model *m)
{
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        x->events_before[s] = m->spaces[s].event_n;
    x->revision_before = m->revision;
    x->system_revision_before = m->system_revision;
}

static unsigned changed_spaces(const struct batch_expected *x, const struct model *m)
{
    unsigned changed = 0;
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        if (m->spaces[s].event_n > x->events_before[s])
            changed |= BIT(s);
    return changed;
}

static unsigned wanted_spaces(const struct batch_expected *x)
{
    unsigned wanted = 0;
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        if (x->wanted[s])
            wanted |= BIT(s);
    return wanted;
}

static uint64_t size_of_changes(const struct batch_expected *x, const struct model *m)
{
    uint64_t bytes = 0;
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        for (size_t i = x->events_before[s]; i < m->spaces[s].event_n; i++)
            bytes += m->spaces[s].events[i]->key.n + m->spaces[s].events[i]->value.n;
    return bytes;
}

/* The next event of the common spaces, or of SYSTEM: the one with the lowest revision and sub. */
static const struct model_event *next_event(const struct model *m, size_t at[MODEL_SPACES],
                                            bool system, const bool wanted[MODEL_SPACES])
{
    const struct model_event *first = NULL;
    for (unsigned s = 0; s < MODEL_SPACES; s++) {
        if ((s == MODEL_SYSTEM) != system || !wanted[s] || at[s] == m->spaces[s].event_n)
            continue;
        const struct model_event *e = m->spaces[s].events[at[s]];
        if (first == NULL || e->mod < first->mod || (e->mod == first->mod && e->sub < first->sub))
            first = e;
    }
    if (first != NULL)
        at[first->space]++;
    return first;
}

static bool events_agree(struct report *r, const struct batch_expected *x, const struct model *m,
                         const struct batch *got)
{
    size_t at[MODEL_SPACES];
    memcpy(at, x->events_before, sizeof at);
    for (size_t i = 0; i < got->event_n; i++) {
        bool system = got->events[i].space == SPACE_SYSTEM;
        const struct model_event *want = next_event(m, at, system, x->wanted);
        if (want == NULL)
            return report_differs(r, "batch: an event too many");
        if (!report_same_u64(r, "batch: event's space", want->space, got->events[i].space) ||
            !compare_event(r, want, &got->events[i].event, NULL))
            return false;
    }
    bool rest =
        next_event(m, at, true, x->wanted) != NULL || next_event(m, at, false, x->wanted) != NULL;
    return !rest || report_differs(r, "batch: an event is missing");
}

bool batch_agrees(struct report *r, const struct batch_expected *x, const struct model *m,
                  const struct batch *got)
{
    unsigned changed = changed_spaces(x, m);
    for (unsigned s = 0; s < MODEL_SPACES; s++)
        if (!report_same_u64(r, "batch: compacted", m->spaces[s].compacted, got->compacted[s]))
            return false;
    if (!report_same_u64(r, "batch: first", x->revision_before + 1, got->first) ||
        !report_same_u64(r, "batch: last", m->revision, got->last) ||
        !report_same_u64(r, "batch: system first", x->system_revision_before + 1,
                         got->system_first) ||
        !report_same_u64(r, "batch: system last", m->system_revision, got->system_last) ||
        !report_same_u64(r, "batch: spaces", changed, got->spaces))
        return false;
    unsigned wanted = wanted_spaces(x);
    if ((got->left_out & changed) == (changed & ~wanted))
        return events_agree(r, x, m, got);
    if (size_of_changes(x, m) * 3 + 4096 < x->max_bytes)
        return report_differs(r, "batch: left out without need");
    return report_same_u64(r, "batch: spaces of one left out", changed, got->left_out & changed) &&
           report_same_u64(r, "batch: events of one left out", 0, got->event_n);
}

/* -- lease changes ---------------------------------------------------------------------------- */

struct changes { /* a walk over the lease changes an entry gave */
    struct report *report;
    const struct effects *got;
    size_t at;
};

static const struct lease_change *next_change(struct changes *c, enum lease_change_kind kind,
                                              int64_t id)
{
    if (c->at == c->got->lease_change_n) {
        report_differs(c->report, "a lease change is missing");
        return NULL;
    }
    const struct lease_change *change = &c->got->lease_changes[c->at++];
    return report_same_u64(c->report, "lease change", kind, change->kind) &&
                   report_same_i64(c->report, "lease change of", id, change->grant.id)
               ? change
               : NULL;
}

static bool granted(struct changes *c, const struct model_grant *g)
{
    const struct lease_change *change = next_change(c, LEASE_CHANGE_GRANTED, g->id);
    return change != NULL && report_same_u64(c->report, "ttl", g->ttl_ms, change->grant.ttl_ms) &&
           report_same_u64(c->report, "remove", g->remove_ms, change->grant.remove_ms) &&
           report_same_u64(c->report, "down", g->down_ms, change->grant.down_ms) &&
           report_same_u64(c->report, "suspect", g->suspect_ms, change->grant.suspect_ms) &&
           report_same_i64(c->report, "face", g->face, (int)change->grant.face);
}

static bool moved(struct changes *c, const struct model_command *command)
{
    if (command->move.to == MODEL_REMOVED)
        return next_change(c, LEASE_CHANGE_REMOVED, command->move.id) != NULL;
    const struct lease_change *change = next_change(c, LEASE_CHANGE_MOVED, command->move.id);
    return change != NULL && report_same_u64(c->report, "stage", command->move.to, change->stage);
}

static bool checkpointed(struct changes *c, const struct model_command *command,
                         const struct model_outcome *outcome)
{
    for (size_t i = 0; i < command->checkpoint.n; i++) {
        const struct model_remaining *want = &command->checkpoint.leases[i];
        if (!outcome->known[i])
            continue;
        const struct lease_change *change = next_change(c, LEASE_CHANGE_CHECKPOINT, want->id);
        if (change == NULL ||
            !report_same_u64(c->report, "remaining", want->remaining_ms, change->remaining_ms))
            return false;
    }
    return true;
}

static bool change_agrees(struct changes *c, const struct model_command *command,
                          const struct model_outcome *outcome)
{
    switch (command->kind) {
    case MODEL_COMMAND_GRANT:
        return granted(c, &command->grant);
    case MODEL_COMMAND_REVOKE:
        return next_change(c, LEASE_CHANGE_REMOVED, command->revoke.id) != NULL;
    case MODEL_COMMAND_MOVE:
        return moved(c, command);
    case MODEL_COMMAND_CHECKPOINT:
        return checkpointed(c, command, outcome);
    case MODEL_COMMAND_TXN:
    case MODEL_COMMAND_COMPACT:
    case MODEL_COMMAND_WRITES:
        break;
    }
    return true;
}

bool lease_changes_agree(struct report *r, const struct script_entry *entry,
                         const struct model_outcome *outcomes, const struct effects *got)
{
    struct changes c = { .report = r, .got = got };
    for (size_t i = 0; i < entry->n; i++)
        if (outcomes[i].err == OK && !change_agrees(&c, &entry->commands[i], &outcomes[i]))
            return false;
    return report_same_u64(r, "lease changes", c.at, got->lease_change_n);
}
