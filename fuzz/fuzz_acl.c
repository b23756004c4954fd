/* Any bytes as a row of an ACL object or of the certificate authority, an auth method's
 * configuration, a selector or a service's URI: the first byte says which. A row that is read is
 * written again as the same bytes; what is refused is refused with a sentence. */
#include <assert.h>

#include "access/acl_bind.h"
#include "access/acl_row.h"
#include "access/ca.h"
#include "access/jwt_method.h"
#include "access/kubernetes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err rewrite_policy(struct bytes in, struct arena *arena, struct buf *out)
{
    struct acl_policy p;
    enum err e = acl_policy_read(in, arena, &p);
    if (e == OK)
        acl_policy_write(&p, out);
    return e;
}

static enum err rewrite_role(struct bytes in, struct arena *arena, struct buf *out)
{
    struct acl_role r;
    enum err e = acl_role_read(in, arena, &r);
    if (e == OK)
        acl_role_write(&r, out);
    return e;
}

static enum err rewrite_token(struct bytes in, struct arena *arena, struct buf *out)
{
    struct acl_token t;
    enum err e = acl_token_read(in, arena, &t);
    if (e == OK)
        acl_token_write(&t, out);
    return e;
}

static enum err rewrite_auth_method(struct bytes in, struct arena *arena, struct buf *out)
{
    struct acl_auth_method m;
    enum err e = acl_auth_method_read(in, &m);
    if (e == OK)
        acl_auth_method_write(&m, out);
    return e;
}

static enum err rewrite_binding_rule(struct bytes in, struct arena *arena, struct buf *out)
{
    struct acl_binding_rule b;
    enum err e = acl_binding_rule_read(in, &b);
    if (e == OK)
        acl_binding_rule_write(&b, out);
    return e;
}

static enum err rewrite_ca_root(struct bytes in, struct arena *arena, struct buf *out)
{
    struct ca_root root;
    enum err e = ca_root_read(in, &root);
    if (e == OK)
        ca_root_write(&root, out);
    return e;
}

typedef enum err (*rewrite)(struct bytes in, struct arena *arena, struct buf *out);
static const rewrite rows[] = { rewrite_policy, rewrite_role, rewrite_token, rewrite_auth_method,
                                rewrite_binding_rule };

static void read_row(rewrite row, struct bytes in)
{
    struct arena arena;
    struct buf out;
    arena_init(&arena, 0);
    buf_init(&out, ACL_ROW_MAX);
    if (row(in, &arena, &out) == OK)
        assert(bytes_eq(in, buf_bytes(&out)));
    buf_fini(&out);
    arena_fini(&arena);
}

static void read_config(struct bytes text)
{
    struct jwt_method *m;
    struct why why = { 0 };
    enum err e = jwt_method_new(text, &m, &why);
    assert(e == OK ? why.text[0] == 0 : why.text[0] != 0);
    if (e == OK)
        jwt_method_free(m);
    struct jwk_set *keys;
    struct kubernetes_config cluster;
    struct arena arena;
    why = (struct why){ 0 };
    e = jwk_set_new(text, &keys, &why);
    assert(e == OK ? jwk_set_count(keys) > 0 : why.text[0] != 0);
    if (e == OK)
        jwk_set_free(keys);
    arena_init(&arena, 0);
    why = (struct why){ 0 };
    e = kubernetes_read(text, &arena, &cluster, &why);
    assert(e == OK || why.text[0] != 0);
    struct kubernetes_account account;
    IGNORE(kubernetes_read_review(201, text, &arena, &account, &why)); /* either answer is right */
    arena_fini(&arena);
}

static void read_selector(struct bytes text)
{
    static struct bytes groups[] = { { (const uint8_t *)"ops", 3 } };
    static const struct acl_claims claims = {
        .values = { { .name = { (const uint8_t *)"a", 1 }, .value = { (const uint8_t *)"b", 1 } } },
        .value_n = 1,
        .lists = { { .name = { (const uint8_t *)"g", 1 }, .texts = { groups, 1 } } },
        .list_n = 1,
    };
    struct why why = { 0 };
    struct buf out;
    enum err e = acl_selector_check(text, &why);
    assert((e == OK) == (why.text[0] == 0));
    assert(e == OK || !acl_selector_matches(text, &claims));
    if (e == OK)
        (void)acl_selector_matches(text, &claims);
    buf_init(&out, 1024);
    IGNORE(acl_bind_expand(text, &claims, &out)); /* either answer is right */
    buf_fini(&out);
}

/* Any bytes are the name of a service; of a URI that is read the service makes the same again. */
static void read_uri(struct bytes text)
{
    struct arena arena;
    struct buf uri;
    struct bytes service;
    const struct ca_root root = { .cluster = { { 1, 2, 3 } } };
    arena_init(&arena, 0);
    buf_init(&uri, SIZE_MAX / 4);
    ca_service_uri(&root, bytes_str("dc1"), text, &uri);
    enum err e = ca_uri_service(&root, buf_bytes(&uri), &arena, &service);
    assert(e == OK ? bytes_eq(service, text) : text.n == 0);
    IGNORE(ca_uri_service(&root, text, &arena, &service)); /* either answer is right */
    buf_fini(&uri);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes rest = bytes_of(data + 1, size - 1);
    size_t which = data[0] % (ARRAY_LEN(rows) + 4);
    if (which < ARRAY_LEN(rows))
        read_row(rows[which], rest);
    else if (which == ARRAY_LEN(rows))
        read_config(rest);
    else if (which == ARRAY_LEN(rows) + 1)
        read_selector(rest);
    else if (which == ARRAY_LEN(rows) + 2)
        read_row(rewrite_ca_root, rest);
    else
        read_uri(rest);
    return 0;
}
