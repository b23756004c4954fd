#include "access/jwt_method.h"

#include "base/mem.h"
#include "wire/duration.h"

#define SKEW_USUAL_MS (UINT64_C(60) * 1000)
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
    struct jwt_source source;
    uint64_t skew_ms, without_end_ms, without_begin_ms;
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

static enum err read_pems(struct jwt_method *m, const struct acl_texts *pems, struct why *why)
{
    for (size_t i = 0; i < pems->n; i++) {
        struct why reason = { 0 };
        if (jwt_key_new_public(pems->all[i], &m->keys[i], &reason) != OK)
            return why_set(why, ERR_INVALID, "Invalid Auth Method: error parsing public key: %s",
                           reason.text);
        m->key_n++;
    }
    return OK;
}

static struct bytes text_member(const struct hcl_node *config, const char *name)
{
    const struct hcl_node *n = member(config, name);
    return n == NULL || n->kind != HCL_STRING ? (struct bytes){ 0 } : n->text;
}

/* Exactly one of the three places is named; an authority belongs to the one that is. */
static enum err read_keys(struct jwt_method *m, const struct hcl_node *config, struct why *why)
{
    struct bytes url = text_member(config, "JWKSURL"), ca = text_member(config, "JWKSCACert");
    struct bytes issuer = text_member(config, "OIDCDiscoveryURL");
    struct bytes issuer_ca = text_member(config, "OIDCDiscoveryCACert");
    struct acl_texts pems;
    enum err e = read_texts(member(config, "JWTValidationPubKeys"), &m->arena, JWT_METHOD_KEYS_MAX,
                            "JWTValidationPubKeys", &pems, why);
    if (e != OK)
        return e;
    if ((pems.n > 0) + (url.n > 0) + (issuer.n > 0) != 1)
        return why_set(why, ERR_INVALID,
                       "Invalid Auth Method: exactly one of 'JWTValidationPubKeys', 'JWKSURL', or "
                       "'OIDCDiscoveryURL' must be set for type \"jwt\"");
    if (url.n == 0 && ca.n > 0)
        return why_set(why, ERR_INVALID,
                       "Invalid Auth Method: 'JWKSCACert' should not be set unless 'JWKSURL' is "
                       "set");
    if (issuer.n == 0 && issuer_ca.n > 0)
        return why_set(why, ERR_INVALID,
                       "Invalid Auth Method: 'OIDCDiscoveryCACert' should not be set unless "
                       "'OIDCDiscoveryURL' is set");
    m->source = (struct jwt_source){ .kind = url.n > 0      ? JWT_KEYS_AT_URL
                                             : issuer.n > 0 ? JWT_KEYS_OF_ISSUER
                                                            : JWT_KEYS_GIVEN,
                                     .url = url.n > 0 ? url : issuer,
                                     .ca = url.n > 0 ? ca : issuer_ca };
    return read_pems(m, &pems, why);
}

/* What only the flow through a browser has, which is no part of this edition. */
static enum err refuse_flow(const struct hcl_node *config, struct why *why)
{
    static const char *const names[] = { "OIDCClientID",        "OIDCClientSecret",
                                         "OIDCScopes",          "OIDCACRValues",
                                         "AllowedRedirectURIs", "VerboseOIDCLogging" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct hcl_node *n = member(config, names[i]);
        bool is_set = n != NULL && ((n->kind == HCL_STRING && n->text.n > 0) ||
                                    (n->kind == HCL_LIST && n->first != NULL) ||
                                    (n->kind == HCL_BOOL && n->truth));
        if (is_set)
            return why_set(why, ERR_INVALID,
                           "Invalid Auth Method: '%s' must not be set for type \"jwt\"", names[i]);
    }
    return OK;
}

/* "30s" or nanoseconds; below zero: none; not given or zero: the USUAL. */
static enum err read_leeway(const struct hcl_node *config, const char *name, uint64_t usual_ms,
                            uint64_t *ret_ms, struct why *why)
{
    const struct hcl_node *node = member(config, name);
    int64_t ns = 0;
    bool is_read = node == NULL || (node->kind == HCL_NUMBER && hcl_integer(node, &ns)) ||
                   (node->kind == HCL_STRING && duration_parse(node->text, &ns) == OK);
    if (!is_read)
        return why_set(why, ERR_INVALID, "Invalid Auth Method: %s is no duration", name);
    *ret_ms = ns == 0 ? usual_ms : ns < 0 ? 0 : (uint64_t)ns / 1000000;
    return OK;
}

/* An issuer that is asked for its keys has no say in clocks: its tokens end when they say. */
static enum err read_leeways(struct jwt_method *m, const struct hcl_node *config, struct why *why)
{
    enum err e = read_leeway(config, "ClockSkewLeeway", SKEW_USUAL_MS, &m->skew_ms, why);
    if (e == OK)
        e = read_leeway(config, "ExpirationLeeway", LEEWAY_USUAL_MS, &m->without_end_ms, why);
    if (e == OK)
        e = read_leeway(config, "NotBeforeLeeway", LEEWAY_USUAL_MS, &m->without_begin_ms, why);
    if (e == OK && m->source.kind == JWT_KEYS_OF_ISSUER)
        m->skew_ms = m->without_end_ms = 0;
    return e;
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
        e = refuse_flow(config, why);
    if (e == OK)
        e = read_algorithms(m, config, why);
    if (e == OK)
        e = read_leeways(m, config, why);
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

static struct bytes bare(struct bytes url)
{
    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    return url;
}

static bool is_by(const struct hcl_node *claims, struct bytes issuer)
{
    const struct hcl_node *by = jwt_claim(claims, "iss");
    return by != NULL && by->kind == HCL_STRING && bytes_eq(by->text, issuer);
}

static bool is_by_source(const struct jwt_method *m, const struct hcl_node *claims)
{
    const struct hcl_node *by = jwt_claim(claims, "iss");
    return m->source.kind != JWT_KEYS_OF_ISSUER ||
           (by != NULL && by->kind == HCL_STRING && bytes_eq(bare(by->text), bare(m->source.url)));
}

static enum err check_bounds(const struct jwt_method *m, const struct hcl_node *claims,
                             struct why *why)
{
    const struct hcl_node *audience = jwt_claim(claims, "aud");
    if ((m->issuer.n > 0 && !is_by(claims, m->issuer)) || !is_by_source(m, claims))
        return why_set(why, ERR_UNAUTHENTICATED, "it is by another issuer");
    for (size_t i = 0; i < m->audiences.n; i++)
        if (jwt_is_for(claims, m->audiences.all[i]))
            return OK;
    if (m->audiences.n > 0)
        return why_set(why, ERR_UNAUTHENTICATED, "it is for somebody else");
    if (audience != NULL && (audience->kind != HCL_LIST || audience->first != NULL))
        return why_set(why, ERR_UNAUTHENTICATED,
                       "audience claim found in JWT but no audiences are bound");
    return OK;
}

const struct jwt_source *jwt_method_source(const struct jwt_method *m)
{
    return &m->source;
}

enum err jwt_method_login(const struct jwt_method *m, const struct jwk_set *fetched,
                          struct bytes token, uint64_t now_ms, struct arena *arena,
                          struct acl_claims *ret, struct why *why)
{
    const struct hcl_node *claims;
    struct jwt_terms terms = { .keys = (const struct jwt_key *const *)m->keys,
                               .key_n = m->key_n,
                               .algorithms = m->algorithms,
                               .now_ms = now_ms,
                               .leeway_ms = m->skew_ms,
                               .without_end_ms = m->without_end_ms,
                               .without_begin_ms = m->without_begin_ms };
    if (fetched != NULL) {
        terms.keys = jwk_set_keys(fetched);
        terms.kids = jwk_set_names(fetched);
        terms.key_n = jwk_set_count(fetched);
    }
    enum err e = jwt_verify(&terms, token, arena, &claims, why);
    if (e == OK)
        e = check_bounds(m, claims, why);
    if (e != OK)
        return e == ERR_NOT_FOUND ? e : ERR_UNAUTHENTICATED;
    *ret = (struct acl_claims){ 0 };
    return map_claims(m, claims, arena, ret, why);
}
