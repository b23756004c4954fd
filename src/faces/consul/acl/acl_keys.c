#include "faces/consul/acl/acl_keys.h"

#include "base/mem.h"
#include "faces/consul/acl/acl.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/outside.h"
#include "net/tls_client.h"

struct source {
    struct list link; /* least recently used first */
    struct consul_face *face;
    enum jwt_keys kind;
    struct arena arena; /* of the texts */
    struct bytes url, ca;
    struct tls_client *trust; /* of CA; NULL: the system's */
    struct jwk_set *keys;
    uint64_t got_ms, tried_ms; /* 0: never */
    struct why failure;        /* of the last fetch */
    struct outside *under_way;
    bool is_telling;
    struct list waiting; /* struct keys_wait */
};

struct keys_wait { /* in its call's arena */
    struct list link;
    struct consul_call *call;
    acl_keys_fn then;
};

struct acl_keys {
    struct list sources;
    size_t n;
};

/* -- sources -------------------------------------------------------------------------------------
 */

static void free_source(struct source *s)
{
    list_remove(&s->link);
    jwk_set_free(s->keys);
    tls_client_free(s->trust);
    arena_fini(&s->arena);
    mem_free(s);
}

static void free_keys(struct acl_keys *keys)
{
    LIST_FOR_EACH(link, &keys->sources)
    free_source(CONTAINER_OF(link, struct source, link));
    mem_free(keys);
}

static struct acl_keys *keys_of(struct consul_face *face)
{
    if (face->keys == NULL) {
        face->keys = mem_zalloc(1, sizeof *face->keys);
        face->free_keys = free_keys;
        list_init(&face->keys->sources);
    }
    return face->keys;
}

/* The one that was used longest ago and is not being fetched. */
static bool make_room(struct acl_keys *keys)
{
    if (keys->n < ACL_KEYS_SOURCES)
        return true;
    LIST_FOR_EACH(link, &keys->sources)
    {
        struct source *s = CONTAINER_OF(link, struct source, link);
        if (s->under_way != NULL || s->is_telling)
            continue;
        free_source(s);
        keys->n--;
        return true;
    }
    return false;
}

static enum err add_source(struct consul_face *face, const struct jwt_source *wanted,
                           struct source **ret, struct why *why)
{
    struct acl_keys *keys = keys_of(face);
    struct tls_client *trust = NULL;
    if (!make_room(keys))
        return why_set(why, ERR_BUSY, "the keys of too many are being fetched");
    enum err e = wanted->ca.n == 0 ? OK : tls_client_new_with(wanted->ca, &trust, why);
    if (e != OK)
        return e;
    struct source *s = mem_zalloc(1, sizeof *s);
    arena_init(&s->arena, 0);
    s->face = face;
    s->kind = wanted->kind;
    s->url = arena_dup(&s->arena, wanted->url);
    s->ca = arena_dup(&s->arena, wanted->ca);
    s->trust = trust;
    list_init(&s->waiting);
    list_append(&keys->sources, &s->link);
    keys->n++;
    *ret = s;
    return OK;
}

static enum err find_source(struct consul_face *face, const struct jwt_source *wanted,
                            struct source **ret, struct why *why)
{
    struct acl_keys *keys = keys_of(face);
    LIST_FOR_EACH(link, &keys->sources)
    {
        struct source *s = CONTAINER_OF(link, struct source, link);
        if (s->kind != wanted->kind || !bytes_eq(s->url, wanted->url) ||
            !bytes_eq(s->ca, wanted->ca))
            continue;
        list_remove(&s->link);
        list_append(&keys->sources, &s->link);
        *ret = s;
        return OK;
    }
    return add_source(face, wanted, ret, why);
}

/* -- fetching ------------------------------------------------------------------------------------
 */

static uint64_t age_ms(const struct source *s, uint64_t since_ms)
{
    return since_ms == 0 ? UINT64_MAX : loop_now_ms(s->face->loop) - since_ms;
}

static const struct jwk_set *usable(const struct source *s)
{
    return age_ms(s, s->got_ms) < ACL_KEYS_OLD_MS ? s->keys : NULL;
}

/* Each of those who wait may ask again, or go when another is told. */
static void tell_all(struct source *s)
{
    struct list waiting;
    s->under_way = NULL;
    s->is_telling = true;
    s->tried_ms = loop_now_ms(s->face->loop);
    list_init(&waiting);
    list_splice(&waiting, &s->waiting);
    while (!list_is_empty(&waiting)) {
        struct keys_wait *w = LIST_FIRST(&waiting, struct keys_wait, link);
        list_remove(&w->link);
        consul_waits_no_more(w->call);
        w->then(w->call, usable(s), s->failure.text);
    }
    s->is_telling = false;
}

static void fail(struct source *s, const char *failure)
{
    IGNORE(why_set(&s->failure, ERR_UNAUTHENTICATED, "%s", failure)); /* the text is what counts */
    tell_all(s);
}

static void fetch_from(struct source *s, struct bytes url, outside_fn done)
{
    const struct outside_ask ask = { .url = url, .answer_max = JWK_BYTES_MAX, .trust = s->trust };
    struct why why = { 0 };
    if (outside_start(s->face, &ask, done, s, &s->under_way, &why) != OK)
        fail(s, why.text);
}

/* False: it is no good answer, and those who wait know. */
static bool is_good(struct source *s, const struct outside_answer *answer)
{
    struct why why = { 0 };
    if (answer->failure == NULL && answer->status != 200)
        IGNORE(why_set(&why, ERR_INVALID, "the answer is %d", answer->status)); /* for its text */
    if (answer->failure != NULL || why.text[0] != 0)
        fail(s, answer->failure != NULL ? answer->failure : why.text);
    return answer->failure == NULL && why.text[0] == 0;
}

static void on_keys(void *ctx, const struct outside_answer *answer)
{
    struct source *s = ctx;
    struct jwk_set *keys;
    struct why why = { 0 };
    if (!is_good(s, answer))
        return;
    if (jwk_set_new(answer->body, &keys, &why) != OK) {
        fail(s, why.text);
        return;
    }
    jwk_set_free(s->keys);
    s->keys = keys;
    s->got_ms = loop_now_ms(s->face->loop);
    s->failure.text[0] = 0;
    tell_all(s);
}

static void on_discovered(void *ctx, const struct outside_answer *answer)
{
    struct source *s = ctx;
    struct arena arena;
    struct bytes url;
    struct why why = { 0 };
    if (!is_good(s, answer))
        return;
    arena_init(&arena, 0);
    if (jwk_discovery_read(answer->body, s->url, &arena, &url, &why) == OK)
        fetch_from(s, url, on_keys);
    else
        fail(s, why.text);
    arena_fini(&arena);
}

static void fetch(struct source *s)
{
    struct arena arena;
    struct bytes bare = s->url;
    while (bare.n > 0 && bare.p[bare.n - 1] == '/')
        bare.n--;
    if (s->kind == JWT_KEYS_AT_URL) {
        fetch_from(s, s->url, on_keys);
        return;
    }
    arena_init(&arena, 0);
    fetch_from(s,
               bytes_str(arena_printf(&arena, "%.*s/.well-known/openid-configuration", (int)bare.n,
                                      (const char *)bare.p)),
               on_discovered);
    arena_fini(&arena);
}

/* -- asking --------------------------------------------------------------------------------------
 */

static void on_give_up(struct consul_call *c)
{
    struct keys_wait *w = acl_task(c)->waits_for;
    list_remove(&w->link);
}

static void wait_for(struct source *s, struct consul_call *c, acl_keys_fn then)
{
    struct keys_wait *w = arena_zalloc(consul_arena(c), 1, sizeof *w);
    *w = (struct keys_wait){ .call = c, .then = then };
    acl_task(c)->waits_for = w;
    list_append(&s->waiting, &w->link);
    consul_wait(c, on_give_up);
    if (s->under_way == NULL)
        fetch(s);
}

void acl_keys_ask(struct consul_call *c, const struct jwt_source *source,
                  const struct jwk_set *unlike, acl_keys_fn then)
{
    struct source *s = NULL;
    struct why why = { 0 };
    enum err e = find_source(c->face, source, &s, &why);
    if (e != OK || s == NULL) {
        then(c, NULL, why.text);
        return;
    }
    bool is_fresh = s->keys != NULL && age_ms(s, s->got_ms) < ACL_KEYS_FRESH_MS;
    bool may_fetch = age_ms(s, s->tried_ms) >= c->face->options.keys_pause_ms;
    bool does = is_fresh && s->keys != unlike;
    if (s->under_way != NULL || (!does && may_fetch))
        wait_for(s, c, then);
    else
        then(c, usable(s), s->failure.text);
}
