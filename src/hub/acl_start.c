#include "hub/acl_start.h"

#include "base/log.h"
#include "base/mem.h"
#include "hub/acl_write.h"
#include "hub/gate.h"

enum { RETRY_MS = 1000 };

struct acl_start {
    struct hub *hub;
    const char *secret;
    struct hub_read read;
    struct hub_write *write;
    struct timer retry;
};

static void ask(struct acl_start *s)
{
    s->read.linearizable = true;
    hub_read(s->hub, &s->read);
}

static void ring(struct timer *timer)
{
    ask(CONTAINER_OF(timer, struct acl_start, retry));
}

static void written(void *ctx, enum err err, const struct command_result *result)
{
    struct acl_start *s = ctx;
    s->write = NULL;
    if (err == OK && result->err == OK && result->txn->succeeded)
        log_info("acl: made the initial management token");
    else if (err != ERR_STOPPING)
        timer_start(&s->retry, RETRY_MS); /* somebody else was first, or there is no leader yet */
}

static void put(struct acl_start *s, bool is_first, struct arena *arena)
{
    struct acl_edits edits;
    struct buf body;
    struct uuid management = acl_builtin_id(ACL_MANAGEMENT_POLICY);
    struct acl_token token = { .accessor = uuid_random(entropy_u64(), entropy_u64()),
                               .secret = bytes_str(s->secret),
                               .description = bytes_str("Initial Management Token"),
                               .created_ms = clock_wall_ms(),
                               .grants.policies = { &management, 1 } };
    acl_edits_init(&edits, 2, arena);
    acl_put_token(&edits, &token, NULL, NULL, 0);
    if (is_first)
        acl_bootstrap(&edits, &token);
    buf_init(&body, 64 * 1024);
    enum err e = txn_encode(acl_edits_txn(&edits), &body);
    if (e == OK)
        s->write = hub_submit(s->hub, granted_self(), COMMAND_TXN, buf_bytes(&body), written, s);
    buf_fini(&body);
}

static void ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct acl_start *s = CONTAINER_OF(r, struct acl_start, read);
    struct arena arena;
    struct acl_token token;
    struct acl_stamp stamp;
    struct uuid first;
    uint64_t revision;
    if (err != OK) {
        if (err != ERR_STOPPING)
            timer_start(&s->retry, RETRY_MS);
        return;
    }
    arena_init(&arena, 0);
    bool is_first = acl_bootstrapped(view, &arena, &first, &revision) == ERR_NOT_FOUND;
    enum err e = acl_token_of_secret(view, bytes_str(s->secret), &arena, &token, &stamp);
    if (e == ERR_NOT_FOUND)
        put(s, is_first, &arena);
    arena_fini(&arena);
}

struct acl_start *acl_start_new(struct hub *h, const char *secret)
{
    struct acl_start *s = mem_zalloc(1, sizeof *s);
    s->hub = h;
    s->secret = secret;
    s->read = (struct hub_read){ .granted = granted_self(), .ready = ready };
    timer_init(&s->retry, hub_loop(h), ring);
    ask(s);
    return s;
}

void acl_start_free(struct acl_start *s)
{
    if (s == NULL)
        return;
    hub_read_cancel(s->hub, &s->read);
    timer_stop(&s->retry);
    if (s->write != NULL)
        hub_write_abandon(s->write);
    mem_free(s);
}
