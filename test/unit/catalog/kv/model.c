#include "test/unit/catalog/kv/model.h"

#include "base/compiler.h"
#include "base/text.h"

/* -- names ------------------------------------------------------------------------------------ */

struct bytes model_key(size_t i)
{
    static const char *const keys[MODEL_KEYS - 1] = {
        "a", "a/", "a/b", "a/b/c", "ab", "b", "b\xff"
    };
    static uint8_t longest[700];
    if (i < MODEL_KEYS - 1)
        return bytes_str(keys[i]);
    memset(longest, 'c', sizeof longest);
    return bytes_of(longest, sizeof longest);
}

struct uuid model_session(size_t i)
{
    struct uuid id;
    memset(id.b, i == 0 ? 0xff : 0, sizeof id.b); /* the greatest, and neighbours */
    id.b[UUID_BYTES - 1] = (uint8_t)(0xff - i);
    return id;
}

struct bytes model_node(size_t i)
{
    return bytes_str(i == 0 ? "n" : "n1");
}

struct bytes model_check(size_t i)
{
    return bytes_str(i == 0 ? "c" : "c1");
}

static size_t key_index(struct bytes key)
{
    size_t i = 0;
    while (i < MODEL_KEYS && !bytes_eq(model_key(i), key))
        i++;
    return i;
}

static size_t session_index(const struct uuid *id)
{
    for (size_t i = 0; i < MODEL_SESSIONS; i++) {
        struct uuid known = model_session(i);
        if (uuid_eq(&known, id))
            return i;
    }
    return MODEL_SESSIONS;
}

static size_t node_index(struct bytes node)
{
    return text_eq_nocase(node, model_node(0)) ? 0 : 1;
}

static size_t check_index(struct bytes check)
{
    return text_eq_nocase(check, model_check(0)) ? 0 : 1;
}

void model_init(struct model *m)
{
    *m = (struct model){ .revision = 1 };
    for (size_t i = 0; i < MODEL_KEYS; i++)
        m->pairs[i].entry.key = model_key(i);
}

/* -- marks: a command that leaves no row, and removed none, takes no revision ------------------ */

static void touch(struct model_mark *mark, bool there)
{
    if (!mark->touched)
        *mark = (struct model_mark){ .touched = true, .before = there };
}

static bool is_changed(struct model_mark *mark, bool there)
{
    bool changed = mark->touched && (mark->before || there);
    *mark = (struct model_mark){ 0 };
    return changed;
}

static bool take_marks(struct model *m)
{
    bool changed = false;
    for (size_t i = 0; i < MODEL_KEYS; i++)
        changed |= is_changed(&m->pairs[i].mark, m->pairs[i].there);
    for (size_t i = 0; i < MODEL_SESSIONS; i++)
        changed |= is_changed(&m->sessions[i].mark, m->sessions[i].there);
    for (size_t i = 0; i < MODEL_NODES; i++) {
        changed |= is_changed(&m->nodes[i].mark, m->nodes[i].there);
        for (size_t j = 0; j < MODEL_CHECKS; j++)
            changed |= is_changed(&m->checks[i][j].mark, m->checks[i][j].there);
    }
    return changed;
}

/* -- pairs ------------------------------------------------------------------------------------ */

static void remove_pair(struct model *m, size_t i)
{
    touch(&m->pairs[i].mark, m->pairs[i].there);
    m->pairs[i].there = false;
}

static void put_pair(struct model *m, size_t i, struct kv_pair pair)
{
    struct kv_entry *e = &m->pairs[i].entry;
    uint64_t next = m->revision + 1;
    if (m->pairs[i].there && e->pair.flags == pair.flags && e->pair.lock_index == pair.lock_index &&
        uuid_eq(&e->pair.session, &pair.session) && bytes_eq(e->pair.value, pair.value))
        return;
    touch(&m->pairs[i].mark, m->pairs[i].there);
    e->create = m->pairs[i].there ? e->create : next;
    e->modify = next;
    e->pair = pair;
    m->pairs[i].there = true;
}

static void add_entry(struct kv_result *r, struct kv_entry entry, bool with_value)
{
    if (!with_value)
        entry.pair.value = (struct bytes){ 0 };
    r->entries[r->entry_n++] = entry;
}

static enum kv_refusal lock_pair(struct model *m, size_t i, uint64_t age_ms, const struct kv_op *op,
                                 struct kv_pair pair)
{
    bool held = !uuid_is_zero(&pair.session);
    if (m->pairs[i].delayed_until_ms > age_ms)
        return KV_DELAYED;
    if (uuid_is_zero(&op->session))
        return KV_NO_SESSION;
    size_t s = session_index(&op->session);
    if (s == MODEL_SESSIONS || !m->sessions[s].there)
        return KV_UNKNOWN_SESSION;
    if (held && !uuid_eq(&pair.session, &op->session))
        return KV_HELD;
    pair.lock_index += held ? 0 : 1;
    pair.session = op->session;
    put_pair(m, i, pair);
    return KV_DONE;
}

static enum kv_refusal unlock_pair(struct model *m, size_t i, const struct kv_op *op,
                                   struct kv_pair pair)
{
    if (uuid_is_zero(&op->session))
        return KV_NO_SESSION;
    if (!uuid_eq(&pair.session, &op->session))
        return KV_NOT_HELD;
    pair.session = (struct uuid){ { 0 } };
    put_pair(m, i, pair);
    return KV_DONE;
}

/* Verbs that put. */
static enum kv_refusal write_pair(struct model *m, size_t i, uint64_t age_ms,
                                  const struct kv_op *op)
{
    bool there = m->pairs[i].there;
    struct kv_pair pair = { 0 };
    if (there)
        pair = m->pairs[i].entry.pair;
    pair.flags = op->flags;
    pair.value = op->value;
    if (op->verb == KV_LOCK)
        return lock_pair(m, i, age_ms, op, pair);
    if (op->verb == KV_UNLOCK)
        return unlock_pair(m, i, op, pair);
    if (op->verb == KV_CAS && op->index != (there ? m->pairs[i].entry.modify : 0))
        return KV_STALE;
    put_pair(m, i, pair);
    return KV_DONE;
}

static enum kv_refusal read_pair(const struct model *m, size_t i, const struct kv_op *op,
                                 struct kv_result *r)
{
    bool there = m->pairs[i].there;
    const struct kv_entry *e = &m->pairs[i].entry;
    if (op->verb == KV_CHECK_NOT_EXISTS)
        return there ? KV_PRESENT : KV_DONE;
    if (!there && op->verb != KV_GET_OR_EMPTY)
        return KV_ABSENT;
    if (op->verb == KV_CHECK_INDEX && e->modify != op->index)
        return KV_OTHER_INDEX;
    if (op->verb == KV_CHECK_SESSION && !uuid_eq(&e->pair.session, &op->session))
        return KV_OTHER_SESSION;
    bool get = op->verb == KV_GET || op->verb == KV_GET_OR_EMPTY;
    add_entry(r, there ? *e : (struct kv_entry){ .key = op->key }, get);
    return KV_DONE;
}

static void do_tree(struct model *m, const struct kv_op *op, struct kv_result *r)
{
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        if (!m->pairs[i].there || !bytes_starts(model_key(i), op->key))
            continue;
        if (op->verb == KV_GET_TREE)
            add_entry(r, m->pairs[i].entry, true);
        else
            remove_pair(m, i);
    }
}

static enum kv_refusal do_key(struct model *m, uint64_t age_ms, const struct kv_op *op,
                              struct kv_result *r)
{
    size_t i = key_index(op->key);
    enum kv_refusal refusal;
    switch (op->verb) {
    case KV_SET:
    case KV_CAS:
    case KV_LOCK:
    case KV_UNLOCK:
        refusal = write_pair(m, i, age_ms, op);
        if (refusal == KV_DONE)
            add_entry(r, m->pairs[i].entry, false);
        return refusal;
    case KV_DELETE_CAS:
        if (m->pairs[i].there && m->pairs[i].entry.modify != op->index)
            return KV_STALE;
        remove_pair(m, i);
        return KV_DONE;
    case KV_DELETE:
        remove_pair(m, i);
        return KV_DONE;
    default:
        return read_pair(m, i, op, r);
    }
}

static void do_kv(struct model *m, uint64_t age_ms, const struct kv_op *op, struct arena *arena,
                  struct kv_result *r)
{
    r->entries = arena_zalloc(arena, MODEL_KEYS, sizeof *r->entries);
    if (op->key.n == 0 && op->verb != KV_DELETE_TREE)
        r->refusal = KV_NO_KEY;
    else if (op->verb == KV_GET_TREE || op->verb == KV_DELETE_TREE)
        do_tree(m, op, r);
    else
        r->refusal = do_key(m, age_ms, op, r);
    if (r->refusal == KV_OTHER_INDEX || r->refusal == KV_OTHER_SESSION) {
        r->current = m->pairs[key_index(op->key)].entry;
        r->current.pair.value = (struct bytes){ 0 };
    }
}

/* -- sessions --------------------------------------------------------------------------------- */

static void end_session(struct model *m, size_t s, uint64_t age_ms)
{
    if (s == MODEL_SESSIONS || !m->sessions[s].there)
        return;
    const struct session *session = &m->sessions[s].create.session;
    struct uuid id = model_session(s);
    touch(&m->sessions[s].mark, true);
    m->sessions[s].there = false;
    for (size_t i = 0; i < MODEL_KEYS; i++) {
        struct kv_pair pair = m->pairs[i].entry.pair;
        if (!m->pairs[i].there || !uuid_eq(&pair.session, &id))
            continue;
        pair.session = (struct uuid){ { 0 } };
        if (session->behavior == SESSION_DELETE)
            remove_pair(m, i);
        else
            put_pair(m, i, pair);
        if (session->lock_delay_ns > 0)
            m->pairs[i].delayed_until_ms = age_ms + session->lock_delay_ns / 1000000;
    }
}

static bool depends_on(const struct session *s, size_t node, const struct bytes *check)
{
    bool depends = check == NULL;
    if (node_index(s->node) != node)
        return false;
    for (size_t i = 0; check != NULL && i < s->node_checks.n; i++)
        depends |= text_eq_nocase(s->node_checks.ids[i], *check);
    for (size_t i = 0; check != NULL && i < s->service_checks.n; i++)
        depends |= text_eq_nocase(s->service_checks.ids[i], *check);
    return depends;
}

static void end_dependents(struct model *m, size_t node, const struct bytes *check, uint64_t age_ms)
{
    for (size_t s = 0; s < MODEL_SESSIONS; s++)
        if (m->sessions[s].there && depends_on(&m->sessions[s].create.session, node, check))
            end_session(m, s, age_ms);
}

static enum session_refusal judge_checks(const struct model *m, const struct session_create *c,
                                         const struct session_checks *checks, struct bytes *ret)
{
    for (size_t i = 0; i < checks->n; i++) {
        size_t node = node_index(c->session.node), check = check_index(checks->ids[i]);
        *ret = checks->ids[i];
        if (bytes_is(*ret, CHECK_OF_MEMBERS) && c->of_member)
            continue;
        if (bytes_is(*ret, CHECK_OF_MEMBERS) || !m->checks[node][check].there)
            return SESSION_NO_CHECK;
        if (m->checks[node][check].status == STATUS_DOWN)
            return SESSION_CHECK_CRITICAL;
    }
    *ret = (struct bytes){ 0 };
    return SESSION_DONE;
}

static void create_session(struct model *m, const struct session_create *c,
                           struct session_result *r)
{
    size_t s = session_index(&c->id);
    if (m->sessions[s].there) {
        r->refusal = SESSION_EXISTS;
        return;
    }
    if (!c->of_member && !m->nodes[node_index(c->session.node)].there) {
        r->refusal = SESSION_NO_NODE;
        return;
    }
    r->refusal = judge_checks(m, c, &c->session.node_checks, &r->check);
    if (r->refusal == SESSION_DONE)
        r->refusal = judge_checks(m, c, &c->session.service_checks, &r->check);
    if (r->refusal != SESSION_DONE)
        return;
    touch(&m->sessions[s].mark, false);
    m->sessions[s].there = true;
    m->sessions[s].create = *c;
}

/* -- steps ------------------------------------------------------------------------------------ */

static void set_check(struct model *m, const struct step *step, uint64_t age_ms)
{
    size_t n = node_index(step->node), c = check_index(step->check);
    bool put = step->kind == STEP_CHECK;
    touch(&m->checks[n][c].mark, m->checks[n][c].there);
    m->checks[n][c].there = put;
    m->checks[n][c].status = step->status;
    if (!put || step->status == STATUS_DOWN)
        end_dependents(m, n, &step->check, age_ms);
}

static void do_step(struct model *m, uint64_t age_ms, const struct step *step, struct arena *arena,
                    struct answer *answer)
{
    size_t node = node_index(step->node);
    switch (step->kind) {
    case STEP_KV:
        do_kv(m, age_ms, &step->kv, arena, &answer->kv);
        break;
    case STEP_CREATE:
        create_session(m, &step->create, &answer->session);
        break;
    case STEP_END:
        end_session(m, session_index(&step->session), age_ms);
        break;
    case STEP_NODE:
    case STEP_NODE_GONE:
        touch(&m->nodes[node].mark, m->nodes[node].there);
        m->nodes[node].there = step->kind == STEP_NODE;
        if (step->kind == STEP_NODE_GONE)
            end_dependents(m, node, NULL, age_ms);
        break;
    case STEP_CHECK:
    case STEP_CHECK_GONE:
        set_check(m, step, age_ms);
        break;
    }
}

enum err model_apply(struct model *m, uint64_t age_ms, const struct step *steps, size_t n,
                     struct arena *arena, struct answer *answers)
{
    struct model next = *m;
    for (size_t i = 0; i < n; i++) {
        answers[i] = (struct answer){ 0 };
        do_step(&next, age_ms, &steps[i], arena, &answers[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (answer_is_refusal(&steps[i], &answers[i]))
            return ERR_INVALID;
    next.revision += take_marks(&next) ? 1 : 0;
    *m = next;
    return OK;
}

void model_remove_range(struct model *m, struct bytes prefix)
{
    for (size_t i = 0; i < MODEL_KEYS; i++)
        if (m->pairs[i].there && bytes_starts(model_key(i), prefix))
            remove_pair(m, i);
    m->revision += take_marks(m) ? 1 : 0;
}
