#include "test/unit/catalog/kv/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/key.h"
#include "catalog/node.h"
#include "store/side.h"

enum { COMMAND_STEPS = COMMAND_KIND_UPPER, KEY_MAX = 64 * 1024 };

static const struct bytes ns = { (const uint8_t *)"ns", 2 };

bool answer_is_refusal(const struct step *step, const struct answer *answer)
{
    return (step->kind == STEP_KV && answer->kv.refusal != KV_DONE) ||
           (step->kind == STEP_CREATE && answer->session.refusal != SESSION_DONE);
}

/* -- nodes and checks, as far as sessions see them -------------------------------------------- */

static enum err put_node(struct draft *d, const struct step *step)
{
    struct node n = { .name = step->node, .address = bytes_str("a") };
    struct buf key, row;
    buf_init(&key, KEY_MAX);
    buf_init(&row, KEY_MAX);
    node_key(ns, step->node, &key);
    node_write(&n, &row);
    draft_put(d, SPACE_CATALOG, buf_bytes(&key), buf_bytes(&row), 0);
    buf_fini(&key);
    buf_fini(&row);
    return OK;
}

static void write_check_key(const struct step *step, struct buf *key)
{
    struct check_id id = { ns, step->node, bytes_str(""), step->check };
    buf_init(key, KEY_MAX);
    check_key(&id, key);
}

static enum err put_check(struct draft *d, const struct step *step, uint64_t age_ms)
{
    struct check c = { .status = step->status, .id = step->check };
    struct buf key, row;
    write_check_key(step, &key);
    buf_init(&row, KEY_MAX);
    check_write(&c, &row);
    draft_put(d, SPACE_CATALOG, buf_bytes(&key), buf_bytes(&row), 0);
    buf_fini(&key);
    buf_fini(&row);
    bool critical = step->status == STATUS_DOWN;
    return critical ? sessions_invalidate_for(d, ns, step->node, step->check, age_ms) : OK;
}

static enum err remove_check(struct draft *d, const struct step *step, uint64_t age_ms)
{
    struct buf key;
    write_check_key(step, &key);
    draft_remove(d, SPACE_CATALOG, buf_bytes(&key));
    buf_fini(&key);
    return sessions_invalidate_for(d, ns, step->node, step->check, age_ms);
}

static enum err remove_node(struct draft *d, const struct step *step, uint64_t age_ms)
{
    struct buf key;
    buf_init(&key, KEY_MAX);
    node_key(ns, step->node, &key);
    draft_remove(d, SPACE_CATALOG, buf_bytes(&key));
    buf_fini(&key);
    return sessions_invalidate_for(d, ns, step->node, bytes_str(""), age_ms);
}

/* -- the kind --------------------------------------------------------------------------------- */

static enum err do_step(struct draft *d, struct apply_context *apply, const struct step *step,
                        struct answer *ret)
{
    uint64_t age_ms = apply_age_ms(apply);
    switch (step->kind) {
    case STEP_KV:
        return kv_plan(d, ns, age_ms, &step->kv, apply_result_arena(apply), &ret->kv);
    case STEP_CREATE:
        return session_plan_create(d, ns, &step->create, &ret->session);
    case STEP_END:
        return session_plan_end(d, ns, &step->session, age_ms);
    case STEP_NODE:
        return put_node(d, step);
    case STEP_NODE_GONE:
        return remove_node(d, step, age_ms);
    case STEP_CHECK:
        return put_check(d, step, age_ms);
    case STEP_CHECK_GONE:
        return remove_check(d, step, age_ms);
    }
    return ERR_INVALID;
}

static enum err check(void *ctx, struct apply_context *apply, struct bytes body, struct arena *a,
                      void **ret_plan)
{
    const struct rig *r = ctx;
    struct draft *d = draft_new(apply_view(apply), a);
    struct answer *answers = arena_zalloc(apply_result_arena(apply), r->step_n, sizeof *answers);
    bool refused = false;
    for (size_t i = 0; i < r->step_n; i++) {
        enum err e = do_step(d, apply, &r->steps[i], &answers[i]);
        if (e != OK)
            return e;
        refused |= answer_is_refusal(&r->steps[i], &answers[i]);
    }
    apply_give_result(apply, answers);
    *ret_plan = d;
    return refused ? ERR_INVALID : OK;
}

static enum err run(void *ctx, struct apply_context *apply, void *plan, uint64_t *rows,
                    bool *ret_done)
{
    return draft_write(plan, apply, rows, ret_done);
}

static const struct command_kind_row kinds[] = {
    { .kind = (enum command_kind)COMMAND_STEPS, .name = "steps", .check = check, .run = run },
};

void rig_init(struct rig *r)
{
    void *stand;
    stand_set_up(&stand);
    *r = (struct rig){ .stand = stand };
    r->stand->options.kinds = kinds;
    r->stand->options.kind_n = 1;
    r->stand->options.kinds_ctx = r;
    stand_reopen(r->stand);
}

void rig_fini(struct rig *r)
{
    void *stand = r->stand;
    stand_tear_down(&stand);
}

/* -- asking ----------------------------------------------------------------------------------- */

enum err rig_apply(struct rig *r, const struct step *steps, size_t n, const struct answer **ret)
{
    r->steps = steps;
    r->step_n = n;
    entries_command(&r->stand->entries, (enum command_kind)COMMAND_STEPS, bytes_str(""));
    const struct command_result *result = stand_apply(r->stand);
    *ret = result->upper;
    return result->err;
}

uint64_t rig_age_ms(const struct rig *r)
{
    return r->stand->index * 1000;
}

bool rig_get(struct rig *r, struct bytes key, struct kv_entry *ret)
{
    struct draft *d = draft_new(r->stand->view, &r->stand->arena);
    struct draft_row row;
    enum err e = draft_get(d, SPACE_CONSUL_KV, key, &row);
    if (e == ERR_NOT_FOUND)
        return false;
    assert_int_equal(e, OK);
    *ret = (struct kv_entry){ .key = key, .create = row.create, .modify = row.mod };
    assert_int_equal(kv_pair_read(row.value, &ret->pair), OK);
    return true;
}

bool rig_has_session(struct rig *r, const struct uuid *id)
{
    struct kv kv;
    struct buf key;
    buf_init(&key, KEY_MAX);
    session_key(ns, id, &key);
    enum err e =
        range_get(r->stand->view, SPACE_CATALOG, buf_bytes(&key), 0, &r->stand->arena, &kv);
    buf_fini(&key);
    assert_true(e == OK || e == ERR_KEY_NOT_FOUND);
    return e == OK;
}

static bool count_row(void *ctx, struct bytes key, struct bytes value)
{
    ++*(size_t *)ctx;
    return true;
}

size_t rig_side_rows(struct rig *r, const char *letter)
{
    size_t n = 0;
    assert_int_equal(side_each(r->stand->view, bytes_str(letter), count_row, &n), OK);
    return n;
}
