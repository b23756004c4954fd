/* What is only shown: u8 format, runs interval, timeout, definition. */
#include "faces/consul/rows/check_extras.h"

#include "base/rd.h"

void check_extras_write(const struct check_extras *x, struct buf *out)
{
    if (x->is_run) {
        check_definition_write(&x->run, out);
    } else if (x->interval.n + x->timeout.n + x->definition.n > 0) {
        buf_put_u8(out, CHECK_SHOWN_FORMAT);
        buf_put_run(out, x->interval);
        buf_put_run(out, x->timeout);
        buf_put_run(out, x->definition);
    }
}

enum err check_extras_read(struct bytes bytes, struct arena *arena, struct check_extras *ret)
{
    struct rd r;
    struct check_extras x = { .is_run = false };
    enum err e = OK;
    if (bytes.n > 0 && bytes.p[0] != CHECK_SHOWN_FORMAT) {
        x.is_run = true;
        e = check_definition_read(bytes, arena, &x.run);
    } else if (bytes.n > 0) {
        rd_init(&r, bytes_skip(bytes, 1));
        x.interval = rd_run(&r);
        x.timeout = rd_run(&r);
        x.definition = rd_run(&r);
        e = rd_end(&r);
        if (e == OK && x.interval.n + x.timeout.n + x.definition.n == 0)
            e = ERR_MALFORMED; /* what says nothing is no bytes */
    }
    if (e == OK)
        *ret = x;
    return e;
}
