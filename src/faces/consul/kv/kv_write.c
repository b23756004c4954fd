/* Pairs that are put and removed. */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/text.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/kv/kv.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"
#include "store/txn.h"

/* -- parameters that exclude one another ------------------------------------------------------ */

struct part { /* of the query, as it was sent */
    struct bytes text;
    size_t name_n;
};

static int by_name(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = bytes_cmp(bytes_of(x->text.p, x->name_n), bytes_of(y->text.p, y->name_n));
    return order != 0 ? order : (x->text.p > y->text.p) - (x->text.p < y->text.p);
}

/* The query with its parameters in the order of their names. */
static void put_sorted_query(struct consul_call *c, struct buf *out)
{
    struct bytes rest = http_query(c->request);
    struct part *parts = arena_zalloc(consul_arena(c), rest.n + 1, sizeof *parts);
    size_t n = 0;
    while (rest.n > 0) {
        const uint8_t *end = memchr(rest.p, '&', rest.n);
        struct bytes text = bytes_of(rest.p, end == NULL ? rest.n : (size_t)(end - rest.p));
        const uint8_t *eq = text.n > 0 ? memchr(text.p, '=', text.n) : NULL;
        rest = bytes_skip(rest, text.n + 1);
        if (text.n > 0)
            parts[n++] = (struct part){ text, eq == NULL ? text.n : (size_t)(eq - text.p) };
    }
    qsort(parts, n, sizeof *parts, by_name);
    for (size_t i = 0; i < n; i++) {
        buf_put_str(out, i == 0 ? "" : "&");
        buf_put_bytes(out, parts[i].text);
        buf_put_str(out, parts[i].name_n == parts[i].text.n ? "=" : "");
    }
}

/* True: more than one is given; refused and answered. */
static bool conflicts(struct consul_call *c, const char *const *names, size_t n)
{
    size_t given = 0;
    for (size_t i = 0; i < n; i++)
        given += consul_param_is_given(c, names[i]);
    if (given < 2)
        return false;
    struct buf *body = consul_body(c);
    buf_put_str(body, "Conflicting flags: ");
    put_sorted_query(c, body);
    buf_put_u8(body, '\n');
    consul_answer_body(c, 400, "text/plain; charset=utf-8");
    return true;
}

/* A parameter that is a number, into *RET if it is given; false: refused and answered. */
static bool read_number(struct consul_call *c, const char *name, uint64_t *ret)
{
    struct bytes text;
    bool digits = true;
    if (!consul_param(c, name, &text) || text_u64(text, ret))
        return true;
    for (size_t i = 0; i < text.n; i++)
        digits &= text.p[i] >= '0' && text.p[i] <= '9';
    consul_refuse_text(c, 500, "strconv.ParseUint: parsing %s: %s", consul_quoted(c, text),
                       digits && text.n > 0 ? "value out of range" : "invalid syntax");
    return false;
}

/* -- one pair --------------------------------------------------------------------------------- */

static void answer_true(struct consul_call *c, const struct command_result *result)
{
    consul_answer_bool(c, true);
}

struct put_state {
    struct change_op op;
    struct bytes session; /* as it was sent */
};

/* What is a matter of time or of others is false; what cannot be is an error. */
static bool answer_refused(struct consul_call *c, enum err err, const struct command_result *result)
{
    const struct put_state *s = c->state;
    if (err != ERR_REFUSED)
        return false;
    const struct kv_result *kv = &consul_change_refused(result)->kv;
    if (kv->refusal == KV_STALE || kv->refusal == KV_HELD || kv->refusal == KV_NOT_HELD ||
        kv->refusal == KV_DELAYED)
        consul_answer_bool(c, false);
    else
        consul_refuse_text(c, 500, "raft apply failed: %s",
                           consul_kv_refusal_text(c, &s->op.kv, s->session, kv));
    return true;
}

static void submit(struct consul_call *c, struct put_state *s)
{
    c->state = s;
    c->on_refused = answer_refused;
    if (consul_grant(c, ACCESS_WRITE, ACCESS_KEY, c->rest))
        consul_change(c, &s->op, 1, answer_true);
}

static struct put_state *new_state(struct consul_call *c, enum kv_verb verb)
{
    struct put_state *s = arena_zalloc(consul_arena(c), 1, sizeof *s);
    s->op = (struct change_op){ .kind = CHANGE_KV, .ns = bytes_str(CONSUL_NS) };
    s->op.kv = (struct kv_op){ .verb = verb, .key = c->rest };
    return s;
}

static bool is_too_long(struct consul_call *c)
{
    if (c->rest.n > KV_KEY_MAX) {
        consul_refuse_text(c, 413, "Key(%zu bytes) too large, max size: %d bytes.", c->rest.n,
                           KV_KEY_MAX);
        return true;
    }
    if (http_body(c->request).n <= KV_VALUE_MAX)
        return false;
    consul_refuse_text(c, 413,
                       "Request body(%zu bytes) too large, max size: %d bytes. See "
                       "https://developer.hashicorp.com/docs/agent/config/"
                       "config-files#kv_max_value_size.",
                       http_body(c->request).n, KV_VALUE_MAX);
    return true;
}

void consul_kv_put(struct consul_call *c)
{
    static const char *const exclusive[] = { "cas", "acquire", "release" };
    if (c->rest.n == 0) {
        consul_refuse_text(c, 400, "Missing key name");
        return;
    }
    if (conflicts(c, exclusive, ARRAY_LEN(exclusive)))
        return;
    struct put_state *s = new_state(c, KV_SET);
    struct kv_op *op = &s->op.kv;
    if (!read_number(c, "flags", &op->flags) || !read_number(c, "cas", &op->index) ||
        is_too_long(c))
        return;
    if (consul_param_is_given(c, "cas"))
        op->verb = KV_CAS;
    else if (consul_param(c, "acquire", &s->session))
        op->verb = KV_LOCK;
    else if (consul_param(c, "release", &s->session))
        op->verb = KV_UNLOCK;
    op->session = consul_session_id(s->session);
    op->value = http_body(c->request);
    submit(c, s);
}

/* -- removing --------------------------------------------------------------------------------- */

/* A tree of any size is removed in steps, by the kernel's own command. */
static void remove_tree(struct consul_call *c)
{
    struct buf end, body;
    buf_init(&end, KV_KEY_MAX + 1);
    buf_init(&body, 4 * KV_KEY_MAX);
    prefix_end(c->rest, &end);
    struct op op = { .kind = OP_REMOVE,
                     .remove = {
                         .space = SPACE_CONSUL_KV, .key = c->rest, .end = buf_bytes(&end) } };
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    if (txn_encode(&txn, &body) == OK && buf_err(&end) == OK)
        consul_submit(c, COMMAND_TXN, buf_bytes(&body), answer_true);
    else
        consul_fail(c, ERR_TOO_BIG);
    buf_fini(&end);
    buf_fini(&body);
}

void consul_kv_delete(struct consul_call *c)
{
    static const char *const exclusive[] = { "recurse", "cas" };
    bool tree = consul_param_is_given(c, "recurse");
    if (conflicts(c, exclusive, ARRAY_LEN(exclusive)))
        return;
    if (c->rest.n == 0 && !tree) {
        consul_refuse_text(c, 400, "Missing key name");
        return;
    }
    if (tree) {
        if (consul_grant_under(c, ACCESS_WRITE, ACCESS_KEY, c->rest))
            remove_tree(c);
        return;
    }
    struct put_state *s = new_state(c, KV_DELETE);
    if (!read_number(c, "cas", &s->op.kv.index))
        return;
    if (consul_param_is_given(c, "cas"))
        s->op.kv.verb = KV_DELETE_CAS;
    submit(c, s);
}
