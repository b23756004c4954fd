/* Answers on keys. A nested answer's header holds the revision alone, and a nested Txn's is there
 * but empty: clients look into it without asking whether it is there. */
#include "faces/etcd/render.h"

#include "wire/pb.h"

size_t render_range_size(const struct range_result *r)
{
    size_t n = 32; /* more, count */
    for (size_t i = 0; i < r->kv_n; i++)
        n += etcd_kv_size(2, &r->kvs[i]);
    return n;
}

enum err render_range(struct buf *b, const struct view *view, const struct range_result *r)
{
    for (size_t i = 0; i < r->kv_n; i++) {
        enum err e = etcd_put_kv(b, 2, view, &r->kvs[i]);
        if (e != OK)
            return e;
    }
    pb_put_bool(b, 3, r->more);
    pb_put_uint(b, 4, r->count);
    return OK;
}

enum err render_put(struct buf *b, const struct view *view, const struct op_result *r)
{
    return r->prev == NULL ? OK : etcd_put_kv(b, 2, view, r->prev);
}

enum err render_delete(struct buf *b, const struct view *view, const struct op_result *r)
{
    pb_put_uint(b, 2, r->removed.n);
    if (r->removed.prevs == NULL)
        return OK;
    for (size_t i = 0; i < r->removed.n; i++) {
        enum err e = etcd_put_kv(b, 3, view, &r->removed.prevs[i]);
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err render_op(struct buf *b, const struct view *view, const struct op_result *op)
{
    static const uint32_t fields[] = {
        [OP_RANGE] = 1, [OP_PUT] = 2, [OP_REMOVE] = 3, [OP_TXN] = 4
    };
    enum err e = OK;
    size_t response = pb_open(b, 3);
    size_t mark = pb_open(b, fields[op->kind]);
    etcd_put_nested_header(b, op->kind == OP_TXN ? 0 : op->revision);
    switch (op->kind) {
    case OP_RANGE:
        e = render_range(b, view, &op->range);
        break;
    case OP_PUT:
        e = render_put(b, view, op);
        break;
    case OP_REMOVE:
        e = render_delete(b, view, op);
        break;
    case OP_TXN:
        e = render_txn(b, view, op->txn);
        break;
    }
    pb_close(b, mark);
    pb_close(b, response);
    return e;
}

enum err render_txn(struct buf *b, const struct view *view, const struct txn_result *r)
{
    pb_put_bool(b, 2, r->succeeded);
    enum err e = OK;
    for (size_t i = 0; i < r->op_n && e == OK; i++)
        e = render_op(b, view, &r->ops[i]);
    return e;
}
