/* What a call asks the kernel, and its body. */
#include <string.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "wire/json_bind.h"

static void cancel_read(struct consul_call *c)
{
    hub_read_cancel(c->face->hub, &c->read);
}

static void read_ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct consul_call *c = CONTAINER_OF(r, struct consul_call, read);
    struct consul_face *face = c->face;
    consul_waits_no_more(c);
    if (err == ERR_DENIED || err == ERR_UNAUTHENTICATED)
        consul_refuse_denied(c, err);
    else if (err != OK)
        consul_fail(c, err);
    else
        c->on_read(c, view);
    arena_clear(&face->scratch);
}

void consul_read(struct consul_call *c, consul_read_fn on_read)
{
    c->on_read = on_read;
    c->read = (struct hub_read){ .linearizable = c->params.level != CONSUL_LEVEL_STALE,
                                 .granted = c->granted,
                                 .ready = read_ready };
    consul_wait(c, cancel_read);
    hub_read(c->face->hub, &c->read);
}

static void abandon_write(struct consul_call *c)
{
    hub_write_abandon(c->write);
}

static void write_done(void *ctx, enum err err, const struct command_result *result)
{
    struct consul_call *c = ctx;
    consul_waits_no_more(c);
    if (err == OK && result->err != OK) {
        if (c->on_refused != NULL && c->on_refused(c, result->err, result))
            return;
        err = result->err;
    }
    if (err == ERR_DENIED || err == ERR_UNAUTHENTICATED)
        consul_refuse_denied(c, err);
    else if (err != OK)
        consul_fail(c, err);
    else
        c->on_written(c, result);
}

bool consul_has_room(struct consul_call *c)
{
    enum err e = hub_space_for(c->face->hub, SPACE_CATALOG, 0);
    if (e != OK)
        consul_fail(c, e);
    return e == OK;
}

void consul_submit(struct consul_call *c, enum command_kind kind, struct bytes body,
                   consul_written_fn on_written)
{
    c->on_written = on_written;
    consul_wait(c, abandon_write);
    c->write = hub_submit(c->face->hub, c->granted, kind, body, write_done, c);
}

void consul_submit_alone(struct consul_call *c, enum command_kind kind, struct bytes body,
                         consul_written_fn on_written)
{
    c->on_written = on_written;
    consul_wait(c, abandon_write);
    c->write = hub_submit_alone(c->face->hub, c->granted, kind, body, write_done, c);
}

static void cancel_lease(struct consul_call *c)
{
    hub_lease_cancel(c->face->hub, &c->lease);
}

static void lease_renewed(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                          uint64_t remaining_ms)
{
    struct consul_call *c = CONTAINER_OF(l, struct consul_call, lease);
    consul_waits_no_more(c);
    c->on_renewed(c, answer);
}

void consul_renew(struct consul_call *c, int64_t lease, consul_renewed_fn on_renewed)
{
    c->on_renewed = on_renewed;
    c->lease = (struct hub_lease){ .id = lease,
                                   .face = FACE_CONSUL,
                                   .renew = true,
                                   .granted = c->granted,
                                   .done = lease_renewed };
    consul_wait(c, cancel_lease);
    hub_lease_ask(c->face->hub, &c->lease);
}

/* -- the body --------------------------------------------------------------------------------- */

/* What Consul adds about fields that only its other edition has. */
static const char *edition_of(const char *complaint)
{
    if (strcmp(complaint, "json: unknown field \"Namespace\"") == 0)
        return " - Namespaces are a Consul Enterprise feature";
    if (strcmp(complaint, "json: unknown field \"Partition\"") == 0)
        return " - Partitions are a Consul Enterprise feature";
    return "";
}

bool consul_decode(struct consul_call *c, const struct json_shape *shape, void *into)
{
    struct why why = { 0 };
    enum err e = json_decode(http_body(c->request), shape, consul_arena(c), into, &why);
    if (e != OK)
        consul_refuse_text(c, 400, "Request decode failed: %s%s", why.text, edition_of(why.text));
    return e == OK;
}
