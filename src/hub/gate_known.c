/* Principals by the digest of their token, as of one policy revision.
 *
 * When that moves all of them are forgotten; they die with the turn, for answers may still be
 * looking at their rules. A token that is made moves nothing, so what is not found is not
 * remembered. */
#include <assert.h>
#include <uthash.h>

#include "access/secret.h"
#include "base/list.h"
#include "base/mem.h"
#include "hub/acl_read.h"
#include "hub/gate.h"
#include "hub/gate_core.h"
#include "store/policy.h"

struct entry {
    struct known known;
    uint8_t digest[SECRET_DIGEST_BYTES];
    struct arena arena; /* of the name */
    struct list link;   /* least recently used first; then in DEAD */
    UT_hash_handle hh;
};

struct gate {
    struct gate_options options;
    struct replica *replica;
    struct view *view;
    uint64_t system_revision; /* of the view when POLICY was read */
    uint64_t policy;
    uint64_t turn;
    struct entry *by_digest;
    size_t n;
    struct list used, dead;
    struct bytes own[ACL_OWNS];            /* in OWN_ARENA */
    struct arena own_arena, old_own_arena; /* what was lent before lies in the other */
};

/* -- tokens of the servers --------------------------------------------------------------------- */

static enum err load_own(struct gate *g)
{
    enum err e = OK;
    arena_fini(&g->old_own_arena);
    g->old_own_arena = g->own_arena;
    arena_init(&g->own_arena, 0);
    for (enum acl_own o = 0; o < ACL_OWNS && e == OK; o++) {
        struct bytes secret = { 0 };
        e = acl_own_get(g->view, o, &g->own_arena, &secret);
        e = e == ERR_NOT_FOUND ? OK : e;
        g->own[o] = arena_dup(&g->own_arena, secret); /* else it lends from the view */
    }
    return e;
}

/* -- life -------------------------------------------------------------------------------------- */

enum err gate_new(struct replica *replica, const struct gate_options *options, struct gate **ret)
{
    struct gate *g = mem_zalloc(1, sizeof *g);
    g->replica = replica;
    g->turn = 1;
    if (options != NULL)
        g->options = *options;
    if (g->options.datacenter == NULL)
        g->options.datacenter = "dc1";
    list_init(&g->used);
    list_init(&g->dead);
    arena_init(&g->own_arena, 0);
    arena_init(&g->old_own_arena, 0);
    enum err e = g->options.is_on ? view_open(replica_store(replica), &g->view) : OK;
    if (e == OK && g->options.is_on)
        e = policy_revision(g->view, &g->policy);
    if (e == OK && g->options.is_on)
        e = load_own(g);
    if (e != OK) {
        gate_free(g);
        return e;
    }
    *ret = g;
    return OK;
}

static void entry_free(struct entry *e)
{
    principal_fini(&e->known.principal);
    arena_fini(&e->arena);
    mem_free(e);
}

static void forget(struct gate *g, struct entry *e)
{
    assert(e != NULL && g->by_digest != NULL); /* the table holds it */
    HASH_DEL(g->by_digest, e);
    list_remove(&e->link);
    list_append(&g->dead, &e->link);
    g->n--;
}

static void forget_all(struct gate *g)
{
    LIST_FOR_EACH(link, &g->used)
    {
        forget(g, CONTAINER_OF(link, struct entry, link));
    }
}

static void bury(struct gate *g)
{
    LIST_FOR_EACH(link, &g->dead)
    {
        list_remove(link);
        entry_free(CONTAINER_OF(link, struct entry, link));
    }
}

void gate_free(struct gate *g)
{
    if (g == NULL)
        return;
    forget_all(g);
    bury(g);
    arena_fini(&g->own_arena);
    arena_fini(&g->old_own_arena);
    view_close(g->view);
    mem_free(g);
}

const struct gate_options *gate_options(const struct gate *g)
{
    return &g->options;
}

/* -- the policy -------------------------------------------------------------------------------- */

static void renew(struct gate *g)
{
    uint64_t policy = 0;
    if (view_applied_index(g->view) >= replica_published(g->replica))
        return;
    enum err e = view_renew(g->view);
    assert(e == OK); /* a slot of ours: LMDB has nothing to refuse */
    if (view_system_revision(g->view) == g->system_revision)
        return;
    e = policy_revision(g->view, &policy);
    assert(e == OK); /* else the store is damaged */
    g->system_revision = view_system_revision(g->view);
    if (policy != g->policy) {
        forget_all(g);
        e = load_own(g);
        assert(e == OK);
    }
    g->policy = policy;
}

void gate_turn(struct gate *g)
{
    bury(g);
    g->turn++;
    if (g->options.is_on)
        renew(g);
}

uint64_t gate_turn_number(const struct gate *g)
{
    return g->turn;
}

uint64_t gate_policy_mark(struct gate *g)
{
    renew(g);
    return policy_mark(g->policy);
}

struct bytes gate_own_token(struct gate *g, enum acl_own own)
{
    renew(g);
    return g->own[own];
}

bool gate_is_bootstrapped(struct gate *g)
{
    struct arena arena;
    struct uuid accessor;
    uint64_t revision;
    arena_init(&arena, 0);
    enum err e = acl_bootstrapped(g->view, &arena, &accessor, &revision);
    arena_fini(&arena);
    return e != ERR_NOT_FOUND;
}

/* -- who --------------------------------------------------------------------------------------- */

static enum err compile(const struct gate *g, const struct acl_token *token, struct arena *arena,
                        const struct policy_set **ret)
{
    struct access_rules rules;
    access_rules_init(&rules, arena);
    enum err e = acl_token_rules(g->view, token, bytes_str(g->options.datacenter), &rules);
    return e == OK ? policy_set_new(rules.all, rules.n, g->options.is_open, ret) : e;
}

static enum err load(struct gate *g, struct bytes token, struct entry *to, struct arena *scratch)
{
    struct acl_token row;
    struct acl_stamp stamp;
    const struct policy_set *rules;
    enum err e = acl_token_of_secret(g->view, token, scratch, &row, &stamp);
    if (e == OK)
        e = compile(g, &row, scratch, &rules);
    if (e != OK)
        return e;
    char *name = arena_alloc(&to->arena, UUID_TEXT + 1);
    struct uuid anonymous = acl_builtin_id(ACL_ANONYMOUS);
    uuid_print(&row.accessor, name);
    to->known.accessor = row.accessor;
    to->known.is_anonymous = uuid_eq(&row.accessor, &anonymous);
    principal_init(&to->known.principal, bytes_str(name), rules, row.expires_ms);
    return OK;
}

static enum err learn(struct gate *g, struct bytes token, const uint8_t *digest, struct entry **ret)
{
    struct arena scratch;
    struct entry *to = mem_zalloc(1, sizeof *to);
    arena_init(&to->arena, 0);
    arena_init(&scratch, 0);
    enum err e = load(g, token, to, &scratch);
    arena_fini(&scratch);
    if (e != OK) {
        arena_fini(&to->arena);
        mem_free(to);
        return e;
    }
    memcpy(to->digest, digest, sizeof to->digest);
    if (g->n == GATE_KNOWN_MAX)
        forget(g, LIST_FIRST(&g->used, struct entry, link));
    HASH_ADD(hh, g->by_digest, digest, sizeof to->digest, to);
    g->n++;
    *ret = to;
    return OK;
}

enum err gate_find(struct gate *g, struct bytes token, const struct known **ret)
{
    uint8_t digest[SECRET_DIGEST_BYTES];
    struct entry *found;
    renew(g);
    secret_digest(token, digest);
    HASH_FIND(hh, g->by_digest, digest, sizeof digest, found);
    if (found == NULL) {
        enum err e = learn(g, token, digest, &found);
        if (e != OK)
            return e;
    }
    list_remove(&found->link);
    list_append(&g->used, &found->link);
    *ret = &found->known;
    return OK;
}
