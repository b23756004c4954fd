/* What access control reads from outside. The first byte chooses:
 *   even: the rest is a policy's text; its rules make a set, and a range that the set allows is
 *         allowed at its first name and at names within it;
 *   odd:  the rest is a token, once as it stands and once as the claims of a token that is signed:
 *         what is verified is signed and has an end. */
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "access/jwt.h"
#include "access/policy_set.h"
#include "access/rule_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- rules ---------------------------------------------------------------------------------------
 */

static bool allows(const struct policy_set *set, enum access_kind kind, enum access_extent extent,
                   struct bytes name)
{
    const struct access_question question = {
        .verb = ACCESS_READ, .kind = kind, .extent = extent, .name = name
    };
    struct access_answer answer = policy_set_check(set, &question);
    assert(answer.rule == NULL ||
           ((answer.rule->grants & BIT(ACCESS_READ)) != 0) == answer.is_allowed);
    return answer.is_allowed;
}

static void ask(const struct policy_set *set, const struct access_rules *rules)
{
    for (size_t i = 0; i < rules->n && i < 64; i++) {
        enum access_kind kind = rules->all[i].kind;
        struct bytes name = rules->all[i].name;
        bool is_allowed = allows(set, kind, ACCESS_ONE, name);
        assert(is_allowed || !allows(set, kind, ACCESS_UNDER, name));
        assert(!is_allowed || policy_set_allows_any(set, kind, ACCESS_READ));
        if (allows(set, kind, ACCESS_FROM, name))
            for (size_t k = 0; k < rules->n && k < 64; k++)
                assert(rules->all[k].kind != kind || bytes_cmp(rules->all[k].name, name) < 0 ||
                       allows(set, kind, ACCESS_ONE, rules->all[k].name));
    }
}

static void read_rules(struct bytes text)
{
    struct arena arena;
    struct access_rules rules;
    struct why why = { 0 };
    const struct policy_set *set;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    enum err e = rule_text_read(text, bytes_str("p"), &rules, &why);
    assert(e == OK ? why.text[0] == 0 : why.text[0] != 0 && rules.n == 0);
    if (e == OK && policy_set_new(rules.all, rules.n, false, &set) == OK) {
        ask(set, &rules);
        policy_set_unref(set);
    }
    arena_fini(&arena);
}

/* -- tokens --------------------------------------------------------------------------------------
 */

static void put_base64url(struct buf *out, struct bytes bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned bit_n = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        bits = bits << 8 | bytes.p[i];
        for (bit_n += 8; bit_n >= 6; bit_n -= 6)
            buf_put_u8(out, (uint8_t)digits[bits >> (bit_n - 6) & 63]);
    }
    if (bit_n > 0)
        buf_put_u8(out, (uint8_t)digits[bits << (6 - bit_n) & 63]);
}

static enum err verify(struct bytes token)
{
    struct jwt_key *key;
    struct arena arena;
    struct why why = { 0 };
    const struct hcl_node *claims = NULL;
    arena_init(&arena, 0);
    enum err e = jwt_key_new_secret(bytes_str("secret"), &key);
    assert(e == OK);
    const struct jwt_key *const keys[] = { key };
    const struct jwt_terms terms = {
        .keys = keys, .key_n = 1, .algorithms = BIT(JWT_ALGORITHMS) - 1, .now_ms = 1000
    };
    e = jwt_verify(&terms, token, &arena, &claims, &why);
    assert(e == OK ? jwt_claim(claims, "exp") != NULL : claims == NULL && why.text[0] != 0);
    jwt_key_free(key);
    arena_fini(&arena);
    return e;
}

static void sign_and_verify(struct bytes claims)
{
    struct buf token;
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n;
    buf_init(&token, 1 << 20);
    put_base64url(&token, bytes_str("{\"alg\":\"HS256\"}"));
    buf_put_u8(&token, '.');
    put_base64url(&token, claims);
    if (buf_err(&token) == OK) {
        HMAC(EVP_sha256(), "secret", 6, token.p, token.n, mac, &n);
        buf_put_u8(&token, '.');
        put_base64url(&token, bytes_of(mac, n));
        (void)verify(buf_bytes(&token));
    }
    buf_fini(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes rest = bytes_of(data + 1, size - 1);
    if (data[0] % 2 == 0) {
        read_rules(rest);
    } else {
        (void)verify(rest);
        sign_and_verify(rest);
    }
    return 0;
}
