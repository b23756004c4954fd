#include "health/script_wire.h"

#include "base/rd.h"

static size_t open_message(struct buf *out)
{
    buf_put_u32(out, 0);
    return out->n;
}

static void close_message(struct buf *out, size_t start)
{
    uint32_t n = (uint32_t)(out->n - start);
    for (size_t i = 0; i < 4 && !out->full; i++)
        out->p[start - 4 + i] = (uint8_t)(n >> (8 * i));
}

/* The body of the message that IN begins with. */
static enum err open_body(struct bytes in, struct rd *ret, size_t *ret_used)
{
    struct rd r;
    rd_init(&r, in);
    uint32_t n = rd_u32(&r);
    if (r.err == OK && n > SCRIPT_MESSAGE_MAX)
        return ERR_TOO_BIG;
    struct bytes body = rd_take(&r, n);
    if (r.err != OK)
        return r.err;
    rd_init(ret, body);
    *ret_used = 4 + (size_t)n;
    return OK;
}

/* A body that ends early is no matter of waiting. */
static enum err close_body(struct rd *r)
{
    return rd_end(r) == OK ? OK : ERR_MALFORMED;
}

void script_order_write(const struct script_order *o, struct buf *out)
{
    size_t start = open_message(out);
    buf_put_u8(out, (uint8_t)o->verb);
    buf_put_u64(out, o->id);
    buf_put_u64(out, o->timeout_ms);
    buf_put_u32(out, o->output_max);
    buf_put_u16(out, (uint16_t)o->arg_n);
    for (size_t i = 0; i < o->arg_n; i++)
        buf_put_run(out, o->args[i]);
    close_message(out, start);
}

enum err script_order_read(struct bytes in, struct script_order *ret, size_t *ret_used)
{
    struct rd r;
    enum err e = open_body(in, &r, ret_used);
    if (e != OK)
        return e;
    uint8_t verb = rd_u8(&r);
    ret->id = rd_u64(&r);
    ret->timeout_ms = rd_u64(&r);
    ret->output_max = rd_u32(&r);
    ret->arg_n = rd_u16(&r);
    if (verb > SCRIPT_KILL || ret->arg_n > SCRIPT_ARGS_MAX || (verb == SCRIPT_RUN && !ret->arg_n))
        return ERR_MALFORMED;
    ret->verb = (enum script_verb)verb;
    for (size_t i = 0; i < ret->arg_n; i++)
        ret->args[i] = rd_run(&r);
    return close_body(&r);
}

void script_outcome_write(const struct script_outcome *o, struct buf *out)
{
    size_t start = open_message(out);
    buf_put_u64(out, o->id);
    buf_put_u8(out, (uint8_t)o->end);
    buf_put_u32(out, (uint32_t)o->code);
    buf_put_u64(out, o->total);
    buf_put_run(out, o->output);
    close_message(out, start);
}

enum err script_outcome_read(struct bytes in, struct script_outcome *ret, size_t *ret_used)
{
    struct rd r;
    enum err e = open_body(in, &r, ret_used);
    if (e != OK)
        return e;
    ret->id = rd_u64(&r);
    uint8_t end = rd_u8(&r);
    ret->code = (int)rd_u32(&r);
    ret->total = rd_u64(&r);
    ret->output = rd_run(&r);
    if (end >= SCRIPT_ENDS)
        return ERR_MALFORMED;
    ret->end = (enum script_end)end;
    return close_body(&r);
}
