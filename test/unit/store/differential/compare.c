/* Comparisons of answers, field by field. */
#include "test/unit/store/differential/compare.h"

#include "test/unit/store/differential/upper.h"

static bool same_value(struct report *r, struct bytes want, const struct value *got,
                       const struct view *view)
{
    if (got->n == 0 || got->p != NULL)
        return report_same_bytes(r, "value", want, bytes_of(got->p, got->n));
    if (view == NULL)
        return report_differs(r, "the value is in pieces where it must be flat");
    struct buf whole;
    buf_init(&whole, got->n);
    enum err e = value_append(view, got, &whole);
    bool same = report_same_err(r, "reading the value's pieces", OK, e) &&
                report_same_bytes(r, "value in pieces", want, buf_bytes(&whole));
    buf_fini(&whole);
    return same;
}

bool compare_kv(struct report *r, const struct model_event *want, const struct kv *got,
                bool without_value, const struct view *view)
{
    struct bytes value = without_value ? (struct bytes){ 0 } : want->value;
    return report_same_bytes(r, "key", want->key, got->key) &&
           report_same_u64(r, "mod", want->mod, got->mod) &&
           report_same_u64(r, "create", want->create, got->create) &&
           report_same_u64(r, "version", want->version, got->version) &&
           report_same_i64(r, "lease", want->lease, got->lease) &&
           same_value(r, value, &got->value, view);
}

bool compare_rows(struct report *r, const struct model_range *range, const struct model_rows *want,
                  const struct range_result *got, const struct view *view)
{
    if (!report_same_u64(r, "count", want->count, got->count) ||
        !report_same_u64(r, "number of rows", want->row_n, got->kv_n) ||
        !report_same_u64(r, "more", want->more, got->more) ||
        !report_same_u64(r, "over_budget", false, got->over_budget))
        return false;
    for (size_t i = 0; i < want->row_n; i++)
        if (!compare_kv(r, want->rows[i], &got->kvs[i], range->keys_only, view))
            return false;
    return true;
}

/* -- transactions ----------------------------------------------------------------------------- */

static bool same_put(struct report *r, const struct model_put *put, const struct model_answer *want,
                     const struct op_result *got, const struct view *view)
{
    const struct model_event *prev = put->want_prev ? want->prev : NULL;
    if (!report_same_u64(r, "put has prev", prev != NULL, got->prev != NULL))
        return false;
    if (prev == NULL || got->prev == NULL)
        return true;
    return compare_kv(r, prev, got->prev, false, view);
}

static bool same_remove(struct report *r, const struct model_remove *remove,
                        const struct model_answer *want, const struct op_result *got,
                        const struct view *view)
{
    if (!report_same_u64(r, "removed", want->removed.row_n, got->removed.n))
        return false;
    if (!remove->want_prev)
        return got->removed.prevs == NULL || report_differs(r, "prevs that nobody asked for");
    for (size_t i = 0; i < want->removed.row_n; i++)
        if (!compare_kv(r, want->removed.rows[i], &got->removed.prevs[i], false, view))
            return false;
    return true;
}

static bool same_op(struct report *r, const struct model_op *op, const struct model_answer *want,
                    const struct op_result *got, const struct view *view)
{
    if (!report_same_u64(r, "kind of operation", want->kind, got->kind) ||
        !report_same_u64(r, "revision of operation", want->revision, got->revision))
        return false;
    switch (op->kind) {
    case MODEL_OP_RANGE:
        return compare_rows(r, &op->range, &want->range, &got->range, view);
    case MODEL_OP_PUT:
        return same_put(r, &op->put, want, got, view);
    case MODEL_OP_REMOVE:
        return same_remove(r, &op->remove, want, got, view);
    case MODEL_OP_TXN:
        return compare_txn(r, op->txn, want->txn, got->txn, view);
    }
    return false;
}

bool compare_txn(struct report *r, const struct model_txn *txn, const struct model_txn_answer *want,
                 const struct txn_result *got, const struct view *view)
{
    if (!report_same_u64(r, "succeeded", want->succeeded, got->succeeded) ||
        !report_same_u64(r, "revision of txn", want->revision, got->revision) ||
        !report_same_u64(r, "number of operations", want->answer_n, got->op_n))
        return false;
    const struct model_op *ops = want->succeeded ? txn->then_ops : txn->else_ops;
    for (size_t i = 0; i < want->answer_n; i++)
        if (!same_op(r, &ops[i], &want->answers[i], &got->ops[i], view))
            return false;
    return true;
}

bool compare_outcome(struct report *r, const struct model_command *command,
                     const struct model_outcome *want, const struct command_result *got)
{
    if (!report_same_err(r, "result", want->err, got->err) ||
        !report_same_u64(r, "revision", want->revision, got->revision) ||
        !report_same_u64(r, "system revision", want->system_revision, got->system_revision))
        return false;
    if (want->err != OK)
        return true;
    switch (command->kind) {
    case MODEL_COMMAND_TXN:
        return compare_txn(r, command->txn, want->txn, got->txn, NULL);
    case MODEL_COMMAND_REVOKE:
    case MODEL_COMMAND_MOVE:
        return report_same_u64(r, "keys removed", want->removed, got->removed);
    case MODEL_COMMAND_WRITES:
        return upper_agrees(r, want->removed, want->revision, got->upper);
    case MODEL_COMMAND_GRANT:
    case MODEL_COMMAND_CHECKPOINT:
    case MODEL_COMMAND_COMPACT:
        break;
    }
    return true;
}

/* -- events and leases ------------------------------------------------------------------------ */

bool compare_event(struct report *r, const struct model_event *want, const struct event *got,
                   const struct view *view)
{
    enum event_kind kind = want->is_delete ? EVENT_DELETE : EVENT_PUT;
    if (!report_same_bytes(r, "event's key", want->key, got->kv.key) ||
        !report_same_u64(r, "event's mod", want->mod, got->kv.mod) ||
        !report_same_u64(r, "event's kind", kind, got->kind) ||
        !report_same_u64(r, "event's sub", want->sub, got->sub) ||
        !report_same_u64(r, "event's prev_mod", want->prev_mod, got->prev_mod))
        return false;
    if (!want->is_delete)
        return compare_kv(r, want, &got->kv, false, view);
    return report_same_u64(r, "a delete's create", 0, got->kv.create) &&
           report_same_u64(r, "a delete's version", 0, got->kv.version) &&
           report_same_i64(r, "a delete's lease", 0, got->kv.lease) &&
           report_same_u64(r, "a delete's value", 0, got->kv.value.n);
}

bool compare_lease(struct report *r, const struct model_lease *want, const struct lease *got)
{
    return report_same_i64(r, "lease id", want->grant.id, got->grant.id) &&
           report_same_u64(r, "lease ttl", want->grant.ttl_ms, got->grant.ttl_ms) &&
           report_same_u64(r, "lease suspect", want->grant.suspect_ms, got->grant.suspect_ms) &&
           report_same_u64(r, "lease down", want->grant.down_ms, got->grant.down_ms) &&
           report_same_u64(r, "lease remove", want->grant.remove_ms, got->grant.remove_ms) &&
           report_same_i64(r, "lease face", want->grant.face, (int)got->grant.face) &&
           report_same_u64(r, "lease stage", want->stage, got->stage) &&
           report_same_u64(r, "lease granted at", want->granted_age_ms, got->granted_age_ms) &&
           report_same_u64(r, "lease remaining", want->remaining_ms, got->remaining_ms) &&
           report_same_u64(r, "lease key_set_version", want->key_set_version, got->key_set_version);
}
