/* /v1/internal/service-virtual-ip: addresses given to services by hand. An address is one
 * service's: who had it loses it, in the same change. */
#include <arpa/inet.h>

#include "base/text.h"
#include "catalog/object.h"
#include "catalog/virtual.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/registry/change.h"
#include "faces/consul/rows/rows.h"
#include "wire/json_bind.h"

enum { OF_A_SERVICE_MAX = 8, TRIES_MAX = 32 };

struct asked { /* call->state */
    struct bytes service;
    struct json_texts addresses;
    unsigned tries;
    struct bytes *losers; /* in the request's arena */
    size_t loser_n;
};

static const struct json_field asked_fields[] = {
    JSON_FIELD(struct asked, service, "Service", STRING),
    JSON_FIELD(struct asked, addresses, "ManualVIPs", STRINGS),
};
static const struct json_shape asked_shape = { "AssignServiceManualVIPsRequest",
                                               sizeof(struct asked), asked_fields,
                                               ARRAY_LEN(asked_fields), false };

/* False: refused and answered. */
static bool check(struct consul_call *c, const struct asked *a)
{
    struct in_addr in;
    if (a->addresses.n > OF_A_SERVICE_MAX)
        consul_refuse_text(c, 500,
                           "cannot associate more than %d manual virtual IPs with the same service",
                           OF_A_SERVICE_MAX);
    for (size_t i = 0; i < a->addresses.n && !c->is_answered; i++)
        if (inet_pton(AF_INET, consul_text(c, a->addresses.all[i]), &in) != 1)
            consul_refuse_text(c, 500, "%s is not a valid IPv4 address",
                               consul_quoted(c, a->addresses.all[i]));
    return !c->is_answered;
}

/* -- answers ---------------------------------------------------------------------------------- */

static void answer(struct consul_call *c, bool found)
{
    const struct asked *a = c->state;
    struct json_writer *j = consul_json(c);
    json_open_object(j);
    json_add_bool(j, "Found", found);
    json_add_array(j, "UnassignedFrom");
    for (size_t i = 0; i < a->loser_n; i++) {
        json_open_object(j);
        json_add_object(j, "ServiceName");
        json_add_string(j, "Name", a->losers[i]);
        json_close_object(j);
        json_add_str(j, "Peer", "");
        json_close_object(j);
    }
    json_close_array(j);
    json_close_object(j);
    consul_answer_json(c, 200);
}

static void written(struct consul_call *c, const struct command_result *result)
{
    answer(c, true);
}

/* -- the change ------------------------------------------------------------------------------- */

static void look(struct consul_call *c, const struct view *view);

static bool refused(struct consul_call *c, enum err err, const struct command_result *result)
{
    struct asked *a = c->state;
    if (err != ERR_REFUSED)
        return false;
    if (++a->tries == TRIES_MAX)
        consul_refuse_text(c, 500, "virtual addresses are being written by too many at once");
    else
        consul_read(c, look);
    return true;
}

static struct change_op put_op(struct consul_call *c, const struct object *object,
                               const struct virtual_address *v)
{
    struct buf row;
    struct change_op op = { .kind = CHANGE_OBJECT, .ns = bytes_str(CONSUL_NS) };
    buf_init(&row, 1 << 20);
    virtual_write(v, &row);
    op.object = (struct object_op){ .when = { .verb = OP_CAS, .index = object->modify },
                                    .kind = OBJECT_VIRTUAL,
                                    .name = arena_dup(consul_arena(c), object->name),
                                    .row = arena_dup(consul_arena(c), buf_bytes(&row)) };
    buf_fini(&row);
    return op;
}

static bool is_asked_for(const struct asked *a, struct bytes address)
{
    for (size_t i = 0; i < a->addresses.n; i++)
        if (bytes_eq(a->addresses.all[i], address))
            return true;
    return false;
}

/* What V has without what is given to another; true if that is less. */
static bool takes_from(const struct asked *a, struct virtual_address *v)
{
    size_t n = 0, before = v->by_hand_n;
    for (size_t i = 0; i < before; i++)
        if (!is_asked_for(a, v->by_hand[i]))
            v->by_hand[n++] = v->by_hand[i];
    v->by_hand_n = n;
    return n < before;
}

/* The operations on all rows that change; *ret_found: the service has a row. */
static enum err make_ops(struct consul_call *c, const struct objects *all, struct change_op *ops,
                         size_t *ret_n, bool *ret_found)
{
    struct asked *a = c->state;
    struct bytes own = fold_dup(a->service, &c->face->scratch);
    size_t n = 0;
    *ret_found = false;
    a->losers = arena_zalloc(consul_arena(c), all->n + 1, sizeof *a->losers);
    a->loser_n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct object *object = &all->all[i];
        struct virtual_address v;
        if (virtual_read(object->row, &c->face->scratch, &v) != OK)
            return ERR_DAMAGED;
        if (bytes_eq(object->name, own)) {
            v.by_hand = a->addresses.all;
            v.by_hand_n = a->addresses.n;
            *ret_found = true;
        } else if (takes_from(a, &v)) {
            a->losers[a->loser_n++] = arena_dup(consul_arena(c), object->name);
        } else {
            continue;
        }
        if (n == CHANGE_OPS_MAX)
            return ERR_TOO_BIG;
        ops[n++] = put_op(c, object, &v);
    }
    *ret_n = n;
    return OK;
}

static void look(struct consul_call *c, const struct view *view)
{
    struct objects all;
    size_t n = 0;
    bool found = false;
    struct change_op *ops = arena_zalloc(consul_arena(c), CHANGE_OPS_MAX, sizeof *ops);
    enum err e = objects_read(view, OBJECT_VIRTUAL, bytes_str(CONSUL_NS), bytes_str(""),
                              &c->face->scratch, &all);
    if (e == OK)
        e = make_ops(c, &all, ops, &n, &found);
    arena_clear(&c->face->scratch);
    if (e != OK) {
        consul_fail(c, e);
    } else if (!found) {
        ((struct asked *)c->state)->loser_n = 0;
        answer(c, false);
    } else {
        c->on_refused = refused;
        consul_change(c, ops, n, written);
    }
}

static void handle_assign(struct consul_call *c)
{
    struct asked *a = c->state = arena_zalloc(consul_arena(c), 1, sizeof *a);
    if (!consul_decode(c, &asked_shape, a))
        return;
    if (a->service.n == 0)
        consul_refuse_text(c, 400, "Missing service name");
    else if (check(c, a) && consul_grant(c, ACCESS_WRITE, ACCESS_MESH, bytes_str("")))
        consul_read(c, look);
}

static const struct consul_route routes[] = {
    { .method = "PUT",
      .path = "/v1/internal/service-virtual-ip",
      .handle = handle_assign,
      .access = "mesh:write",
      .does = "whether the service has a virtual address, so that it was given those by hand, and "
              "from whom they were taken",
      .test = "test_virtual_ip addresses_by_hand_move_between_services" },
};

const struct consul_area consul_virtual_ip_area = { "internal", routes, ARRAY_LEN(routes) };
