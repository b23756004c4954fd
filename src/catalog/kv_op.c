/* Operations as bytes; docs/formats.md. */
#include "catalog/kv_op.h"

bool kv_verb_writes(enum kv_verb verb)
{
    switch (verb) {
    case KV_SET:
    case KV_CAS:
    case KV_LOCK:
    case KV_UNLOCK:
    case KV_DELETE:
    case KV_DELETE_TREE:
    case KV_DELETE_CAS:
        return true;
    case KV_GET:
    case KV_GET_OR_EMPTY:
    case KV_GET_TREE:
    case KV_CHECK_INDEX:
    case KV_CHECK_SESSION:
    case KV_CHECK_NOT_EXISTS:
    case KV_VERBS:
        break;
    }
    return false;
}

bool kv_verb_puts(enum kv_verb verb)
{
    return verb == KV_SET || verb == KV_CAS || verb == KV_LOCK || verb == KV_UNLOCK;
}

void kv_op_put(const struct kv_op *op, struct buf *out)
{
    buf_put_u8(out, (uint8_t)op->verb);
    buf_put_u64(out, op->flags);
    buf_put_u64(out, op->index);
    buf_put_bytes(out, uuid_bytes(&op->session));
    buf_put_run(out, op->key);
    buf_put_run(out, op->value);
}

struct kv_op kv_op_take(struct rd *r)
{
    struct kv_op op = { 0 };
    uint8_t verb = rd_u8(r);
    if (verb >= KV_VERBS)
        rd_fail(r, ERR_MALFORMED);
    op.verb = (enum kv_verb)verb;
    op.flags = rd_u64(r);
    op.index = rd_u64(r);
    struct bytes session = rd_take(r, UUID_BYTES);
    if (r->err == OK)
        memcpy(op.session.b, session.p, UUID_BYTES);
    op.key = rd_run(r);
    op.value = rd_run(r);
    if (op.key.n > KV_KEY_MAX || op.value.n > KV_VALUE_MAX)
        rd_fail(r, ERR_TOO_BIG);
    return op;
}
