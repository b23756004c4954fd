#include "hub/acl_start.h"

#include "hub/acl_write.h"
#include "loop/loop.h"

static enum err put(const char *secret, bool is_first, struct arena *arena, struct buf *body)
{
    struct acl_edits edits;
    struct uuid management = acl_builtin_id(ACL_MANAGEMENT_POLICY);
    struct acl_token token = { .accessor = uuid_random(entropy_u64(), entropy_u64()),
                               .secret = bytes_str(secret),
                               .description = bytes_str("Initial Management Token"),
                               .created_ms = clock_wall_ms(),
                               .grants.policies = { &management, 1 } };
    acl_edits_init(&edits, 2, arena);
    acl_put_token(&edits, &token, NULL, NULL, 0);
    if (is_first)
        acl_bootstrap(&edits, &token);
    return txn_encode(acl_edits_txn(&edits), body);
}

static bool plan(const void *arg, const struct view *view, struct buf *body)
{
    const char *secret = arg;
    struct arena arena;
    struct acl_token token;
    struct acl_stamp stamp;
    struct uuid first;
    uint64_t revision;
    arena_init(&arena, 0);
    bool is_first = acl_bootstrapped(view, &arena, &first, &revision) == ERR_NOT_FOUND;
    enum err e = acl_token_of_secret(view, bytes_str(secret), &arena, &token, &stamp);
    bool lacks = e == ERR_NOT_FOUND && put(secret, is_first, &arena, body) == OK;
    arena_fini(&arena);
    return lacks;
}

static bool holds(const struct command_result *result)
{
    return result->txn->succeeded;
}

const struct startup_task acl_start = { .name = "acl: made the initial management token",
                                        .kind = COMMAND_TXN,
                                        .plan = plan,
                                        .holds = holds };
