/* What a call waits for, and giving it up. */
#include "faces/consul/call/call.h"

#include <assert.h>

#include "faces/consul/call/core.h"
#include "wire/go_text.h"

struct arena *consul_arena(struct consul_call *c)
{
    return http_arena(c->request);
}

bool consul_param(struct consul_call *c, const char *name, struct bytes *ret)
{
    return http_query_get(c->request, name, 0, ret);
}

bool consul_param_is_given(struct consul_call *c, const char *name)
{
    struct bytes value;
    return consul_param(c, name, &value);
}

const char *consul_quoted(struct consul_call *c, struct bytes text)
{
    struct buf quoted;
    buf_init(&quoted, text.n * 10 + 16);
    go_quote(&quoted, text);
    const char *ret = arena_str(consul_arena(c), buf_bytes(&quoted));
    buf_fini(&quoted);
    return ret;
}

const char *consul_text(struct consul_call *c, struct bytes text)
{
    return arena_str(consul_arena(c), text);
}

/* -- waiting ---------------------------------------------------------------------------------- */

void consul_wait(struct consul_call *c, void (*on_give_up)(struct consul_call *c))
{
    assert(c->on_give_up == NULL && !c->is_answered);
    c->on_give_up = on_give_up;
    list_append(&c->face->calls, &c->link);
}

void consul_waits_no_more(struct consul_call *c)
{
    c->on_give_up = NULL;
    list_remove(&c->link);
}

void consul_give_up(struct consul_call *c)
{
    if (c->on_give_up == NULL)
        return;
    c->on_give_up(c);
    consul_waits_no_more(c);
}
