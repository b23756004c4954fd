#include "access/jwk.h"

#include "base/mem.h"
#include "wire/base64.h"
#include "wire/hcl.h"

struct jwk_set {
    struct arena arena; /* of the names */
    struct jwt_key *keys[JWK_SET_MAX];
    struct bytes names[JWK_SET_MAX];
    size_t n;
};

/* -- JSON ----------------------------------------------------------------------------------------
 */

/* An object, and no HCL. */
static enum err read_object(struct bytes json, struct arena *arena, const struct hcl_node **ret,
                            struct why *why)
{
    while (json.n > 0 && memchr(" \t\r\n", json.p[0], 4) != NULL)
        json = bytes_skip(json, 1);
    if (json.n == 0 || json.p[0] != '{')
        return why_set(why, ERR_MALFORMED, "this is no JSON object");
    return hcl_parse(json, arena, ret, why);
}

static const struct hcl_node *member(const struct hcl_node *object, const char *name,
                                     enum hcl_kind kind)
{
    for (const struct hcl_node *n = object->first; n != NULL; n = n->next)
        if (bytes_is(n->name, name))
            return n->kind == kind ? n : NULL;
    return NULL;
}

static struct bytes text(const struct hcl_node *object, const char *name)
{
    const struct hcl_node *n = member(object, name, HCL_STRING);
    return n == NULL ? (struct bytes){ 0 } : n->text;
}

static struct bytes number(const struct hcl_node *object, const char *name, struct arena *arena)
{
    struct bytes ret = { 0 };
    return base64url_read(text(object, name), arena, &ret) == OK ? ret : (struct bytes){ 0 };
}

/* -- keys ----------------------------------------------------------------------------------------
 */

static enum err make_key(const struct hcl_node *jwk, struct arena *arena, struct jwt_key **ret,
                         struct why *why)
{
    struct bytes kind = text(jwk, "kty");
    if (bytes_is(kind, "RSA"))
        return jwt_key_new_rsa(number(jwk, "n", arena), number(jwk, "e", arena), ret, why);
    if (bytes_is(kind, "EC"))
        return jwt_key_new_curve(text(jwk, "crv"), number(jwk, "x", arena), number(jwk, "y", arena),
                                 ret, why);
    if (bytes_is(kind, "OKP") && bytes_is(text(jwk, "crv"), "Ed25519"))
        return jwt_key_new_ed25519(number(jwk, "x", arena), ret, why);
    return ERR_INVALID;
}

static void take_key(struct jwk_set *set, const struct hcl_node *jwk, struct arena *arena)
{
    struct bytes use = text(jwk, "use");
    struct why reason = { 0 };
    bool signs = use.n == 0 || bytes_is(use, "sig");
    if (jwk->kind != HCL_OBJECT || !signs)
        return;
    if (make_key(jwk, arena, &set->keys[set->n], &reason) == OK)
        set->names[set->n++] = arena_dup(&set->arena, text(jwk, "kid"));
}

static enum err take_keys(struct jwk_set *set, struct bytes json, struct arena *arena,
                          struct why *why)
{
    const struct hcl_node *root;
    if (json.n > JWK_BYTES_MAX)
        return why_set(why, ERR_TOO_BIG, "the keys take more than %d bytes", JWK_BYTES_MAX);
    enum err e = read_object(json, arena, &root, why);
    if (e != OK)
        return e;
    const struct hcl_node *keys = member(root, "keys", HCL_LIST);
    if (keys == NULL)
        return why_set(why, ERR_MALFORMED, "there is no list of \"keys\"");
    for (const struct hcl_node *n = keys->first; n != NULL; n = n->next) {
        if (set->n == JWK_SET_MAX)
            return why_set(why, ERR_TOO_BIG, "there are more than %d keys", JWK_SET_MAX);
        take_key(set, n, arena);
    }
    return set->n > 0 ? OK : why_set(why, ERR_INVALID, "there is no key that verifies signatures");
}

enum err jwk_set_new(struct bytes json, struct jwk_set **ret, struct why *why)
{
    struct jwk_set *set = mem_zalloc(1, sizeof *set);
    struct arena arena;
    arena_init(&set->arena, 0);
    arena_init(&arena, 0);
    enum err e = take_keys(set, json, &arena, why);
    arena_fini(&arena);
    if (e != OK)
        jwk_set_free(set);
    else
        *ret = set;
    return e;
}

void jwk_set_free(struct jwk_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->n; i++)
        jwt_key_free(set->keys[i]);
    arena_fini(&set->arena);
    mem_free(set);
}

size_t jwk_set_count(const struct jwk_set *set)
{
    return set->n;
}

const struct jwt_key *const *jwk_set_keys(const struct jwk_set *set)
{
    return (const struct jwt_key *const *)set->keys;
}

const struct bytes *jwk_set_names(const struct jwk_set *set)
{
    return set->names;
}

/* -- discovery -----------------------------------------------------------------------------------
 */

static struct bytes without_slash(struct bytes url)
{
    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    return url;
}

enum err jwk_discovery_read(struct bytes json, struct bytes issuer, struct arena *arena,
                            struct bytes *ret_url, struct why *why)
{
    const struct hcl_node *root = NULL;
    enum err e = read_object(json, arena, &root, why);
    if (root == NULL)
        return e;
    struct bytes says = text(root, "issuer"), url = text(root, "jwks_uri");
    if (!bytes_eq(without_slash(says), without_slash(issuer)))
        return why_set(why, ERR_INVALID, "it is issuer \"%.*s\", not \"%.*s\"",
                       (int)(says.n < 80 ? says.n : 80), (const char *)says.p,
                       (int)(issuer.n < 80 ? issuer.n : 80), (const char *)issuer.p);
    if (url.n == 0)
        return why_set(why, ERR_INVALID, "it does not say where its keys are (jwks_uri)");
    *ret_url = arena_dup(arena, url);
    return OK;
}
