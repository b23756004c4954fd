#include "access/jwt_method.h"

#include "base/mem.h"
#include "wire/duration.h"

#define LEEWAY_USUAL_MS (UINT64_C(150) * 1000)

struct mapping {
    struct bytes claim, name; /* a claim's name, or "/path/to/it" */
};

struct mappings {
    struct mapping all[ACL_CLAIMS_MAX];
    size_t n;
};

struct jwt_method {
    struct arena arena; /* of all texts */
    struct jwt_key *keys[JWT_METHOD_KEYS_MAX];
    size_t key_n;
    unsigned algorithms;
    uint64_t leeway_ms;
    struct bytes issuer;
    struct acl_texts audiences;
    struct mappings values, lists;
};

/* -- the configuration ------------------------------------------------------------------------- */

/* The only value of NAME in CONFIG; NULL if there is none or it is null. */
static const struct hcl_node *member(const struct hcl_node *config, const char *name)
{
    for (const struct hcl_node *n = config->first; n != NULL; n = n->next)
        if (bytes_is(n->name, name))
            return n->kind == HCL_NULL ? NULL : n;
    return NULL;
}

static enum err read_texts(const struct hcl_node *node, struct arena *arena, size_t max,
                           const char *name, struct acl_texts *ret, struct why *why)
{
    *ret = (struct acl_texts){ 0 };
    if (node == NULL)
        return OK;
    if (node->kind != HCL_LIST)
        return why_set(why, ERR_INVALID, "Invalid Auth Method: %s is no list", name);
    ret->all = arena_zalloc(arena, max, sizeof *ret->all);
    for (const struct hcl_node *n = node->first; n != NULL; n = n->next) {
        if (n->kind != HCL_STRING || ret->n == max)
            return why_set(why, ERR_INVALID,
                           "Invalid Auth Method: %s is no list of at most %zu texts", name, max);
        ret->all[ret->n++] = arena_dup(arena, n->text);
    }
    return OK;
}

static enum err read_mappings(const struct hcl_node *node, struct arena *arena, const char *name,
                              struct mappings *ret, struct why *why)
{
    if (node == NULL)
        return OK;
    if (node->kind != HCL_OBJECT)
        return why_set(why, ERR_INVALID, "Invalid Auth Method: %s is no object", name);
    for (const struct hcl_node *n = node->first; n != NULL; n = n->next) {
        if (n->kind != HCL_STRING || n->name.n == 0 || ret->n == ACL_CLAIMS_MAX)
            return why_set(why, ERR_INVALID,
                           "Invalid Auth Method: %s does not map at most %d claims to names", name,
                           ACL_CLAIMS_MAX);
        ret->all[ret->n++] = (struct mapping){ .claim = arena_dup(arena, n->name),
                                               .name = arena_dup(arena, n->text) };
    }
    return OK;
}

static enum err read_algorithms(struct jwt_method *m, const struct hcl_node *config,
                                struct why *why)
{
    struct acl_texts names;
    enum err e = read_texts(member(config, "JWTSupportedAlgs"), &m->arena, JWT_ALGORITHMS,
                            "JWTSupportedAlgs", &names, why);
    for (size_t i = 0; i < names.n && e == OK; i++) {
        enum jwt_algorithm algorithm;
        /* HMAC wants a shared secret, which is no public key. */
        if (!jwt_algorithm_find(names.all[i], &algorithm) || algorithm <= JWT_HS512)
            return why_set(why, ERR_INVALID,
                           "Invalid Auth Method: unsupported signing algorithm \"%.*s\"",
                           (int)names.all[i].n, (const char *)names.all[i].p);
        m->algorithms |= BIT(algorithm);
    }
    if (m->algorithms == 0)
        m->algorithms = BIT(JWT_RS256);
    return e;
}

static enum err read_keys(struct jwt_method *m, const struct hcl_node *config, struct why *why)
{
    static const char *const fetched[] = { "JWKSURL", "OIDCDiscoveryURL" };
    struct acl_texts pems;
    for (size_t i = 0; i < ARRAY_LEN(fetched); i++) {
        const struct hcl_node *n = member(config, fetched[i]);
        if (n != NULL && n->text.n > 0)
            return why_set(why, ERR_INVALID,
                           "Invalid Auth Method: %s is not supported: keys are not fetched, give "
                           "JWTValidationPubKeys",
                           fetched[i]);
    }
    enum err e = read_texts(member(config, "JWTValidationPubKeys"), &m->arena, JWT_METHOD_KEYS_MAX,
                            "JWTValidationPubKeys", &pems, why);
    if (e == OK && pems.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Auth Method: JWTValidationPubKeys must be set");
    for (size_t i = 0; i < pems.n && e == OK; i++) {
        struct why reason = { 0 };
        if (jwt_key_new_public(pems.all[i], &m->keys[i], &reason) != OK)
            return why_set(why, ERR_INVALID, "Invalid Auth Method: error parsing public key: %s",
                           reason.text);
        m->key_n++;
    }
    return e;
}

/* "30s" or nanoseconds; below zero: none; not given or zero: the usual. */
static enum err read_leeway(struct jwt_method *m, const struct hcl_node *config, struct why *why)
{
    const struct hcl_node *node = member(config, "ClockSkewLeeway");
    int64_t ns = 0;
    bool is_read = node == NULL || (node->kind == HCL_NUMBER && hcl_integer(node, &ns)) ||
                   (node->kind == HCL_STRING && duration_parse(node->text, &ns) == OK);
    if (!is_read)
        return why_set(why, ERR_INVALID, "Invalid Auth Method: ClockSkewLeeway is no duration");
    m->leeway_ms = ns == 0 ? LEEWAY_USUAL_MS : ns < 0 ? 0 : (uint64_t)ns / 1000000;
    return OK;
}

static enum err read_config(struct jwt_method *m, struct bytes text, struct why *why)
{
    const struct hcl_node *config;
    struct why where = { 0 };
    struct bytes kept = arena_dup(&m->arena, text);
    enum err e = hcl_parse(kept, &m->arena, &config, &where);
    if (e != OK)
        return why_set(why, e, "Invalid Auth Method: Config: %s", where.text);
    e = read_keys(m, config, why);
    if (e == OK)
        e = read_algorithms(m, config, why);
    if (e == OK)
        e = read_leeway(m, config, why);
    if (e == OK)
        e = read_texts(member(config, "BoundAudiences"), &m->arena, JWT_METHOD_LIST_MAX,
                       "BoundAudiences", &m->audiences, why);
    if (e == OK)
        e = read_mappings(member(config, "ClaimMappings"), &m->arena, "ClaimMappings", &m->values,
                          why);
    if (e == OK)
        e = read_mappings(member(config, "ListClaimMappings"), &m->arena, "ListClaimMappings",
                          &m->lists, why);
    const struct hcl_node *issuer = member(config, "BoundIssuer");
    if (issuer != NULL)
        m->issuer = issuer->text;
    return e;
}

enum err jwt_method_new(struct bytes config, struct jwt_method **ret, struct why *why)
{
    struct jwt_method *m = mem_zalloc(1, sizeof *m);
    arena_init(&m->arena, 0);
    enum err e = read_config(m, config, why);
    if (e != OK)
        jwt_method_free(m);
    else
        *ret = m;
    return e;
}

void jwt_method_free(struct jwt_method *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < JWT_METHOD_KEYS_MAX; i++)
        jwt_key_free(m->keys[i]);
    arena_fini(&m->arena);
    mem_free(m);
}

/* -- claims ------------------------------------------------------------------------------------ */

static const struct hcl_node *child(const struct hcl_node *object, struct bytes name)
{
    if (object->kind == HCL_OBJECT)
        for (const struct hcl_node *n = object->first; n != NULL; n = n->next)
            if (bytes_eq(n->name, name))
                return n;
    return NULL;
}

/* "groups", or "/resource/groups" for one inside another. */
static const struct hcl_node *find_claim(const struct hcl_node *claims, struct bytes path)
{
    if (path.n == 0 || path.p[0] != '/')
        return child(claims, path);
    while (claims != NULL && path.n > 0) {
        path = bytes_skip(path, 1);
        const uint8_t *end = path.n == 0 ? NULL : memchr(path.p, '/', path.n);
        size_t n = end == NULL ? path.n : (size_t)(end - path.p);
        claims = child(claims, bytes_of(path.p, n));
        path = bytes_skip(path, n);
    }
    return claims;
}

static bool text_of(const struct hcl_node *node, struct bytes *ret)
{
    if (node->kind == HCL_BOOL)
        *ret = bytes_str(node->truth ? "true" : "false");
    else if (node->kind == HCL_STRING || node->kind == HCL_NUMBER)
        *ret = node->text;
    else
        return false;
    return true;
}

static enum err map_value(const struct mapping *map, const struct hcl_node *node,
                          struct arena *arena, struct acl_claims *out, struct why *why)
{
    struct acl_claim *claim = &out->values[out->value_n];
    if (!text_of(node, &claim->value))
        return why_set(why, ERR_UNAUTHENTICATED, "claim \"%.*s\" is no text", (int)map->claim.n,
                       (const char *)map->claim.p);
    claim->name = arena_dup(arena, map->name);
    out->value_n++;
    return OK;
}

static enum err map_list(const struct mapping *map, const struct hcl_node *node,
                         struct arena *arena, struct acl_claims *out, struct why *why)
{
    const struct hcl_node *first = node->kind == HCL_LIST ? node->first : node;
    struct acl_claim *claim = &out->lists[out->list_n];
    size_t n = 0;
    for (const struct hcl_node *one = first; one != NULL; one = one->next)
        n++;
    claim->texts.all = arena_zalloc(arena, n, sizeof *claim->texts.all);
    for (const struct hcl_node *one = first; one != NULL; one = one->next) {
        if (!text_of(one, &claim->texts.all[claim->texts.n++]))
            return why_set(why, ERR_UNAUTHENTICATED, "claim \"%.*s\" is no list of texts",
                           (int)map->claim.n, (const char *)map->claim.p);
        if (node->kind != HCL_LIST)
            break;
    }
    claim->name = arena_dup(arena, map->name);
    out->list_n++;
    return OK;
}

static enum err map_claims(const struct jwt_method *m, const struct hcl_node *claims,
                           struct arena *arena, struct acl_claims *out, struct why *why)
{
    enum err e = OK;
    for (size_t i = 0; i < m->values.n && e == OK; i++) {
        const struct hcl_node *node = find_claim(claims, m->values.all[i].claim);
        if (node != NULL)
            e = map_value(&m->values.all[i], node, arena, out, why);
    }
    for (size_t i = 0; i < m->lists.n && e == OK; i++) {
        const struct hcl_node *node = find_claim(claims, m->lists.all[i].claim);
        if (node != NULL)
            e = map_list(&m->lists.all[i], node, arena, out, why);
    }
    return e;
}

static bool is_for_us(const struct jwt_method *m, const struct hcl_node *claims)
{
    const struct hcl_node *issuer = jwt_claim(claims, "iss");
    if (m->issuer.n > 0 && (issuer == NULL || !bytes_eq(issuer->text, m->issuer)))
        return false;
    for (size_t i = 0; i < m->audiences.n; i++)
        if (jwt_is_for(claims, m->audiences.all[i]))
            return true;
    return m->audiences.n == 0;
}

enum err jwt_method_login(const struct jwt_method *m, struct bytes token, uint64_t now_ms,
                          struct arena *arena, struct acl_claims *ret, struct why *why)
{
    const struct hcl_node *claims;
    struct jwt_terms terms = { .keys = (const struct jwt_key *const *)m->keys,
                               .key_n = m->key_n,
                               .algorithms = m->algorithms,
                               .now_ms = now_ms,
                               .leeway_ms = m->leeway_ms };
    enum err e = jwt_verify(&terms, token, arena, &claims, why);
    if (e != OK)
        return ERR_UNAUTHENTICATED;
    if (!is_for_us(m, claims))
        return why_set(why, ERR_UNAUTHENTICATED, "it is by another issuer or for somebody else");
    *ret = (struct acl_claims){ 0 };
    return map_claims(m, claims, arena, ret, why);
}
