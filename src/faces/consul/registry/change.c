/* Commands of the catalog, and Consul's sentences for their refusals. */
#include "faces/consul/registry/change.h"

#include <inttypes.h>

#include "catalog/node.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/ask.h"

enum { COMMAND_MAX = 64 * 1024 * 1024 };

void consul_change(struct consul_call *c, const struct change_op *ops, size_t n,
                   consul_written_fn on_written)
{
    if (!change_adds(ops, n) || consul_has_room(c))
        consul_change_anyway(c, ops, n, on_written);
}

void consul_change_anyway(struct consul_call *c, const struct change_op *ops, size_t n,
                          consul_written_fn on_written)
{
    struct buf body;
    buf_init(&body, COMMAND_MAX);
    change_write(ops, n, &body);
    if (buf_err(&body) == OK)
        consul_submit(c, COMMAND_CATALOG_CHANGE, buf_bytes(&body), on_written);
    else
        consul_fail(c, ERR_TOO_BIG);
    buf_fini(&body);
}

const struct change_result *consul_change_refused(const struct command_result *result)
{
    const struct change_results *results = result->upper;
    size_t i = 0;
    while (results->all[i].refusal == CHANGE_DONE)
        i++;
    return &results->all[i];
}

const char *consul_name_taken_text(struct consul_call *c, const struct change_result *result)
{
    struct arena *a = consul_arena(c);
    struct node by = { 0 };
    if (node_read(result->row, a, &by) != OK)
        return "Node name is reserved";
    const char *name = consul_text(c, by.name);
    return arena_printf(a, "Node name %s is reserved by node %s with name %s (%s)", name,
                        consul_text(c, by.id), name, consul_text(c, by.address));
}

struct uuid consul_session_id(struct bytes text)
{
    struct uuid id = { { 0 } };
    if (text.n > 0 && !uuid_parse(text, &id))
        memset(id.b, 0xff, sizeof id.b);
    return id;
}

/* -- pairs ------------------------------------------------------------------------------------ */

static const char *session_text(struct consul_call *c, const struct uuid *session)
{
    char *text = arena_alloc(consul_arena(c), UUID_TEXT + 1);
    uuid_print(session, text);
    return uuid_is_zero(session) ? "" : text;
}

static const char *absent_text(enum kv_verb verb)
{
    if (verb == KV_CHECK_INDEX)
        return "failed to check index, key %s doesn't exist";
    return verb == KV_CHECK_SESSION ? "failed to check session, key %s doesn't exist"
                                    : "key %s doesn't exist";
}

/* Sentences that name only the key: %s is in its place. */
static const char *key_text(enum kv_verb verb, enum kv_refusal refusal)
{
    switch (refusal) {
    case KV_ABSENT:
        return absent_text(verb);
    case KV_PRESENT:
        return "key %s exists";
    case KV_STALE:
        return verb == KV_CAS ? "failed to set key %s, index is stale"
                              : "failed to delete key %s, index is stale";
    case KV_HELD:
        return "failed to lock key %s, lock is already held";
    case KV_NOT_HELD:
        return "failed to unlock key %s, lock isn't held, or is held by another session";
    case KV_DELAYED:
        return "failed to lock key %s due to lock delay";
    case KV_TREE_TOO_BIG:
        return "tree of key %s is too big for a transaction";
    case KV_TOO_MANY_LOCKS:
        return "failed to lock key %s, its session holds too many locks";
    case KV_DONE:
    case KV_NO_KEY:
    case KV_NO_SESSION:
    case KV_UNKNOWN_SESSION:
    case KV_OTHER_SESSION:
    case KV_OTHER_INDEX:
        break;
    }
    return NULL;
}

/* TEXT with KEY for its %s. */
static const char *with_key(struct consul_call *c, const char *text, const char *key)
{
    const char *at = strstr(text, "%s");
    return arena_printf(consul_arena(c), "%.*s%s%s", (int)(at - text), text, key, at + 2);
}

const char *consul_kv_refusal_text(struct consul_call *c, const struct kv_op *op,
                                   struct bytes session, const struct kv_result *result)
{
    const char *key = consul_quoted(c, op->key), *text = key_text(op->verb, result->refusal);
    if (text != NULL)
        return with_key(c, text, key);
    if (result->refusal == KV_NO_KEY)
        return "Must provide key";
    if (result->refusal == KV_NO_SESSION)
        return "missing session";
    if (result->refusal == KV_UNKNOWN_SESSION)
        return arena_printf(consul_arena(c), "invalid session %s", consul_quoted(c, session));
    if (result->refusal == KV_OTHER_SESSION)
        return arena_printf(
            consul_arena(c), "failed session check for key %s, current session \"%s\" != %s", key,
            session_text(c, &result->current.pair.session), consul_quoted(c, session));
    return arena_printf(consul_arena(c),
                        "failed index check for key %s, current modify index %" PRIu64
                        " != %" PRIu64,
                        key, result->current.modify, op->index);
}
