/* header.claims.signature, each in base64url; the signature is of the first two as they stand.
 *
 * The signature is checked before the claims are looked at, and the header is trusted in nothing
 * but the name of the algorithm, which must be one that is taken and fit the key. */
#include "access/jwt.h"

#include "base/text.h"
#include "wire/base64.h"

/* -- the three parts -----------------------------------------------------------------------------
 */

struct parts {
    struct bytes signed_text; /* the first two and the point between them, as they stand */
    struct bytes header, claims, signature; /* decoded */
};

/* What stands before the next point; false if there is none. */
static bool cut(struct bytes *rest, struct bytes *ret)
{
    const uint8_t *point = rest->n == 0 ? NULL : memchr(rest->p, '.', rest->n);
    if (point == NULL)
        return false;
    *ret = bytes_of(rest->p, (size_t)(point - rest->p));
    *rest = bytes_skip(*rest, ret->n + 1);
    return true;
}

static bool split(struct bytes token, struct arena *arena, struct parts *ret)
{
    struct bytes header, claims, rest = token;
    if (!cut(&rest, &header) || !cut(&rest, &claims))
        return false;
    ret->signed_text = bytes_of(token.p, header.n + 1 + claims.n);
    return base64url_read(header, arena, &ret->header) == OK &&
           base64url_read(claims, arena, &ret->claims) == OK &&
           base64url_read(rest, arena, &ret->signature) == OK; /* a third point is no digit */
}

/* Whether two members of OBJECT have the name of MEMBER. */
static bool is_twice(const struct hcl_node *member)
{
    for (const struct hcl_node *n = member->next; n != NULL; n = n->next)
        if (bytes_eq(n->name, member->name))
            return true;
    return false;
}

const struct hcl_node *jwt_claim(const struct hcl_node *claims, const char *name)
{
    for (const struct hcl_node *n = claims->first; n != NULL; n = n->next)
        if (bytes_is(n->name, name))
            return n;
    return NULL;
}

/* A JSON object. */
static enum err read_object(struct bytes json, struct arena *arena, const struct hcl_node **ret)
{
    if (json.n == 0 || json.p[0] != '{') /* HCL would be read too */
        return ERR_MALFORMED;
    return hcl_parse(json, arena, ret, NULL);
}

/* -- terms ---------------------------------------------------------------------------------------
 */

static enum err refuse(struct why *why, enum err e, const char *what)
{
    why_set(why, e, "jwt: %s", what);
    return e;
}

static enum err read_algorithm(const struct jwt_terms *terms, const struct hcl_node *header,
                               enum jwt_algorithm *ret, struct why *why)
{
    const struct hcl_node *name = jwt_claim(header, "alg");
    if (name == NULL || name->kind != HCL_STRING || is_twice(name))
        return refuse(why, ERR_MALFORMED, "the header names no algorithm");
    if (jwt_claim(header, "crit") != NULL)
        return refuse(why, ERR_UNAUTHENTICATED, "the header asks for what is not known here");
    if (!jwt_algorithm_find(name->text, ret) || (terms->algorithms & BIT(*ret)) == 0)
        return refuse(why, ERR_UNAUTHENTICATED, "its algorithm is not taken");
    return OK;
}

/* A key that has a name is asked only about tokens that name it, or none. */
static bool is_signed(const struct jwt_terms *terms, const struct hcl_node *header,
                      enum jwt_algorithm algorithm, const struct parts *parts)
{
    const struct hcl_node *kid = jwt_claim(header, "kid");
    struct bytes name = kid == NULL || kid->kind != HCL_STRING ? (struct bytes){ 0 } : kid->text;
    for (size_t i = 0; i < terms->key_n; i++) {
        struct bytes known = terms->kids == NULL ? (struct bytes){ 0 } : terms->kids[i];
        if (name.n > 0 && terms->kids != NULL && !bytes_eq(known, name))
            continue;
        if (jwt_key_has_signed(terms->keys[i], algorithm, parts->signed_text, parts->signature))
            return true;
    }
    return false;
}

/* A time in seconds, which may have a fraction; that is left out. Beyond what fits: the end of
 * time. */
static bool read_time(const struct hcl_node *node, uint64_t *ret_ms)
{
    struct bytes text = node->text;
    const uint8_t *point = text.n == 0 ? NULL : memchr(text.p, '.', text.n);
    uint64_t seconds;
    if (node->kind != HCL_NUMBER)
        return false;
    if (point != NULL)
        text.n = (size_t)(point - text.p);
    if (!text_u64(text, &seconds))
        return false;
    if (__builtin_mul_overflow(seconds, 1000, ret_ms))
        *ret_ms = UINT64_MAX;
    return true;
}

static uint64_t later(uint64_t ms, uint64_t by_ms)
{
    return ms > UINT64_MAX - by_ms ? UINT64_MAX : ms + by_ms;
}

static uint64_t earlier(uint64_t ms, uint64_t by_ms)
{
    return ms < by_ms ? 0 : ms - by_ms;
}

struct life { /* a time that is not given is NULL there */
    const struct hcl_node *exp, *nbf, *iat;
    uint64_t end_ms, begin_ms, issued_ms;
};

static bool read_life(const struct hcl_node *claims, struct life *l)
{
    *l = (struct life){ .exp = jwt_claim(claims, "exp"),
                        .nbf = jwt_claim(claims, "nbf"),
                        .iat = jwt_claim(claims, "iat") };
    return (l->exp == NULL || read_time(l->exp, &l->end_ms)) &&
           (l->nbf == NULL || read_time(l->nbf, &l->begin_ms)) &&
           (l->iat == NULL || read_time(l->iat, &l->issued_ms));
}

/* What a token does not say follows from what it does. */
static enum err check_times(const struct jwt_terms *terms, const struct hcl_node *claims,
                            struct why *why)
{
    struct life l;
    if (!read_life(claims, &l))
        return refuse(why, ERR_MALFORMED, "\"exp\", \"nbf\" or \"iat\" is no time");
    if (l.exp == NULL && l.nbf == NULL && l.iat == NULL)
        return refuse(why, ERR_UNAUTHENTICATED, "it has no \"exp\", \"nbf\" or \"iat\"");
    if (l.exp == NULL)
        l.end_ms =
            later(l.begin_ms > l.issued_ms ? l.begin_ms : l.issued_ms, terms->without_end_ms);
    if (l.nbf == NULL)
        l.begin_ms = l.iat != NULL ? l.issued_ms : earlier(l.end_ms, terms->without_begin_ms);
    if (terms->now_ms >= later(l.end_ms, terms->leeway_ms))
        return refuse(why, ERR_UNAUTHENTICATED, "it has expired");
    if (later(terms->now_ms, terms->leeway_ms) < l.begin_ms ||
        later(terms->now_ms, terms->leeway_ms) < l.issued_ms)
        return refuse(why, ERR_UNAUTHENTICATED, "it is not valid yet");
    return OK;
}

/* Two readers of a claim that is there twice may take different ones. */
static bool has_a_claim_twice(const struct hcl_node *claims)
{
    static const char *const names[] = { "exp", "nbf", "iat", "iss", "sub", "aud", "jti" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct hcl_node *claim = jwt_claim(claims, names[i]);
        if (claim != NULL && is_twice(claim))
            return true;
    }
    return false;
}

enum err jwt_verify(const struct jwt_terms *terms, struct bytes token, struct arena *arena,
                    const struct hcl_node **ret_claims, struct why *why)
{
    struct parts parts;
    const struct hcl_node *header, *claims;
    enum jwt_algorithm algorithm;
    if (token.n > JWT_BYTES_MAX)
        return why_set(why, ERR_TOO_BIG, "jwt: it has more than %d bytes", JWT_BYTES_MAX);
    if (!split(token, arena, &parts) || read_object(parts.header, arena, &header) != OK)
        return refuse(why, ERR_MALFORMED, "this is no token");
    enum err e = read_algorithm(terms, header, &algorithm, why);
    if (e != OK)
        return e;
    if (!is_signed(terms, header, algorithm, &parts))
        return refuse(why, ERR_NOT_FOUND, "no key here has signed it");
    if (read_object(parts.claims, arena, &claims) != OK || has_a_claim_twice(claims))
        return refuse(why, ERR_MALFORMED, "its claims are no JSON object, or contradict");
    e = check_times(terms, claims, why);
    if (e == OK)
        *ret_claims = claims;
    return e;
}

bool jwt_is_for(const struct hcl_node *claims, struct bytes audience)
{
    const struct hcl_node *aud = jwt_claim(claims, "aud");
    if (aud == NULL)
        return false;
    if (aud->kind == HCL_STRING)
        return bytes_eq(aud->text, audience);
    for (const struct hcl_node *n = aud->kind == HCL_LIST ? aud->first : NULL; n != NULL;
         n = n->next)
        if (n->kind == HCL_STRING && bytes_eq(n->text, audience))
            return true;
    return false;
}
