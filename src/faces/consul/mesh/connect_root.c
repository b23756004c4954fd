/* The root is made when somebody first asks for it. */
#include "faces/consul/mesh/connect_root.h"

#include "access/secret.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"
#include "faces/consul/call/core.h"

enum { BACK_MS = 60 * 1000 /* clocks of others may be late */ };

struct ca_terms connect_terms(uint8_t *entropy, uint64_t ttl_ms)
{
    uint64_t now_ms = clock_wall_ms();
    entropy_fill(entropy, CA_ENTROPY_BYTES);
    return (struct ca_terms){ .entropy = entropy,
                              .serial = entropy_u64() >> 1 | 1,
                              .from_ms = now_ms > BACK_MS ? now_ms - BACK_MS : 0,
                              .until_ms = now_ms + ttl_ms };
}

/* Whether this one was first or another's: there is one now. */
static void root_written(struct consul_call *c, const struct command_result *result)
{
    consul_query(c, ((const struct connect *)c->state)->query);
}

static void make_root(struct consul_call *c)
{
    uint8_t entropy[CA_ENTROPY_BYTES];
    struct ca_terms terms = connect_terms(entropy, CA_ROOT_YEARS_MS);
    const char *given = c->face->options.mesh_cluster;
    struct uuid cluster;
    if (given == NULL || !uuid_parse(bytes_str(given), &cluster))
        cluster = uuid_random(entropy_u64(), entropy_u64());
    struct ca_root root;
    struct buf body;
    enum err e = ca_make_root(&terms, &cluster, consul_arena(c), &root);
    secret_wipe(entropy, sizeof entropy);
    buf_init(&body, 64 * 1024);
    if (e == OK)
        e = txn_encode(ca_put_root(&root, consul_arena(c)), &body);
    if (e == OK)
        consul_submit(c, COMMAND_TXN, buf_bytes(&body), root_written);
    else
        consul_fail(c, e);
    buf_fini(&body);
}

static void look_for_root(struct consul_call *c, const struct view *view)
{
    struct ca_root root;
    struct acl_stamp stamp;
    enum err e = ca_root_get(view, consul_arena(c), &root, &stamp);
    if (e == OK)
        consul_query(c, ((const struct connect *)c->state)->query);
    else if (e == ERR_NOT_FOUND)
        make_root(c);
    else
        consul_fail(c, e);
}

enum err connect_index(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct ca_root root;
    struct acl_stamp stamp;
    enum err e = ca_root_get(view, &c->face->scratch, &root, &stamp);
    *ret = e == OK ? stamp.modify : 1;
    consul_depends_prefix(c, SPACE_SYSTEM, bytes_str(CA_KEYS));
    return e;
}

struct connect *connect_state(struct consul_call *c)
{
    if (c->state == NULL)
        c->state = arena_zalloc(consul_arena(c), 1, sizeof(struct connect));
    return c->state;
}

void connect_with_root(struct consul_call *c, const struct consul_query *query)
{
    if (c->face->options.no_connect) {
        consul_refuse_text(c, 500, "Connect must be enabled in order to use this endpoint");
        return;
    }
    connect_state(c)->query = query;
    consul_read(c, look_for_root);
}

bool connect_root(struct consul_call *c, const struct view *view, struct ca_root *ret,
                  struct acl_stamp *ret_stamp)
{
    enum err e = ca_root_get(view, consul_arena(c), ret, ret_stamp);
    if (e != OK)
        consul_fail(c, e);
    return e == OK;
}
