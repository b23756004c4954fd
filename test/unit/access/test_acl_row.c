/* Keys and rows of ACL objects. */
#include "access/acl_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "access/secret.h"
#include "base/mem.h"
#include "test/lib/codec.h"

static struct bytes texts[] = { { (const uint8_t *)"dc1", 3 }, { (const uint8_t *)"dc2", 3 } };
static struct uuid ids[] = { { { 1, 2 } }, { { 3 } } };
static struct acl_identity identities[] = {
    { .template = { (const uint8_t *)"builtin/dns", 11 }, .datacenters = { texts, 1 } },
    { .name = { (const uint8_t *)"web", 3 }, .datacenters = { texts, 2 } },
};

static struct acl_grants grants(size_t roles)
{
    return (struct acl_grants){ .policies = { ids, 2 },
                                .roles = { ids, roles },
                                .services = { identities + 1, 1 },
                                .nodes = { identities + 1, 1 },
                                .templates = { identities, 1 } };
}

static struct acl_token token(void)
{
    return (struct acl_token){ .secret = bytes_str("sesame"),
                               .description = bytes_str("d"),
                               .auth_method = bytes_str("idp"),
                               .is_local = true,
                               .created_ms = 5,
                               .expires_ms = 7,
                               .grants = grants(2) };
}

static struct bytes written(void)
{
    assert_int_equal(buf_err(&codec_out), OK);
    return buf_bytes(&codec_out);
}

static struct bytes policy_row(const struct acl_policy *p)
{
    buf_clear(&codec_out, SIZE_MAX);
    acl_policy_write(p, &codec_out);
    return written();
}

static struct bytes token_row(const struct acl_token *t)
{
    buf_clear(&codec_out, SIZE_MAX);
    acl_token_write(t, &codec_out);
    return written();
}

static enum err read_policy(struct bytes row)
{
    struct acl_policy p;
    return acl_policy_read(row, &codec_arena, &p);
}

static enum err read_role(struct bytes row)
{
    struct acl_role r;
    return acl_role_read(row, &codec_arena, &r);
}

static enum err read_token(struct bytes row)
{
    struct acl_token t;
    return acl_token_read(row, &codec_arena, &t);
}

static enum err read_auth_method(struct bytes row)
{
    struct acl_auth_method m;
    return acl_auth_method_read(row, &m);
}

static enum err read_binding_rule(struct bytes row)
{
    struct acl_binding_rule b;
    return acl_binding_rule_read(row, &b);
}

/* -- claims ------------------------------------------------------------------------------------ */

static void known_policy_is_written_byte_by_byte(void **state)
{
    static const uint8_t expected[] = { 1, 1, 0,   0, 0, 'n', 1, 0, 0, 0,   'd', 1,  0,
                                        0, 0, 'r', 1, 0, 3,   0, 0, 0, 'd', 'c', '1' };
    struct acl_policy p = { .name = bytes_str("n"),
                            .description = bytes_str("d"),
                            .rules = bytes_str("r"),
                            .datacenters = { texts, 1 } },
                      back;
    struct bytes row = policy_row(&p);
    assert_int_equal(row.n, sizeof expected);
    assert_memory_equal(row.p, expected, row.n);
    assert_int_equal(acl_policy_read(row, &codec_arena, &back), OK);
    assert_true(bytes_is(back.name, "n") && bytes_is(back.description, "d") &&
                bytes_is(back.rules, "r") && bytes_is(back.datacenters.all[0], "dc1"));
    assert_only_whole(row, read_policy);
}

static void token_comes_back_as_it_was(void **state)
{
    struct acl_token t = token(), back;
    struct bytes row = arena_dup(&codec_arena, token_row(&t));
    assert_int_equal(acl_token_read(row, &codec_arena, &back), OK);
    assert_true(back.is_local && back.created_ms == 5 && back.expires_ms == 7);
    assert_true(bytes_is(back.secret, "sesame") && bytes_is(back.auth_method, "idp"));
    assert_true(uuid_eq(&back.grants.policies.all[1], &ids[1]));
    assert_true(bytes_is(back.grants.templates.all[0].template, "builtin/dns"));
    assert_true(bytes_is(back.grants.nodes.all[0].datacenters.all[1], "dc2"));
    struct bytes again = token_row(&back);
    assert_true(bytes_eq(row, again));
    assert_only_whole(row, read_token);
    assert_refused_with(row, 1, 2, ERR_MALFORMED, read_token); /* neither local nor not */
}

static void only_a_whole_role_is_read_and_it_has_no_roles(void **state)
{
    struct acl_role r = { .name = bytes_str("ops"), .grants = grants(0) };
    buf_clear(&codec_out, SIZE_MAX);
    acl_role_write(&r, &codec_out);
    assert_only_whole(arena_dup(&codec_arena, written()), read_role);
    r.grants = grants(1);
    buf_clear(&codec_out, SIZE_MAX);
    acl_role_write(&r, &codec_out);
    assert_int_equal(read_role(written()), ERR_MALFORMED);
}

static void only_whole_auth_methods_and_binding_rules_are_read(void **state)
{
    struct acl_auth_method m = { .name = bytes_str("idp"),
                                 .type = bytes_str("jwt"),
                                 .is_global = true,
                                 .max_ttl_ms = 9,
                                 .config = bytes_str("{}") };
    struct acl_binding_rule b = { .auth_method = bytes_str("idp"),
                                  .selector = bytes_str("value.a == b"),
                                  .bind = ACL_BIND_TEMPLATE,
                                  .bind_name = bytes_str("builtin/service"),
                                  .bind_var = bytes_str("web") };
    buf_clear(&codec_out, SIZE_MAX);
    acl_auth_method_write(&m, &codec_out);
    assert_only_whole(arena_dup(&codec_arena, written()), read_auth_method);
    buf_clear(&codec_out, SIZE_MAX);
    acl_binding_rule_write(&b, &codec_out);
    struct bytes row = arena_dup(&codec_arena, written());
    assert_only_whole(row, read_binding_rule);
    assert_refused_with(row, 1, ACL_BINDS, ERR_MALFORMED, read_binding_rule);
}

static void texts_end_at_their_limits(void **state)
{
    static char long_text[ACL_RULES_MAX + 1];
    memset(long_text, '#', sizeof long_text);
    struct acl_policy p = { .rules = bytes_of(long_text, ACL_RULES_MAX) };
    assert_int_equal(read_policy(policy_row(&p)), OK);
    p.rules.n++;
    assert_int_equal(read_policy(policy_row(&p)), ERR_TOO_BIG);
    p = (struct acl_policy){ .description = bytes_of(long_text, ACL_DESCRIPTION_MAX) };
    assert_int_equal(read_policy(policy_row(&p)), OK);
    p.description.n++;
    assert_int_equal(read_policy(policy_row(&p)), ERR_TOO_BIG);
    struct acl_token t = { .secret = bytes_of(long_text, ACL_SECRET_MAX) };
    assert_int_equal(read_token(token_row(&t)), OK);
    t.secret.n++;
    assert_int_equal(read_token(token_row(&t)), ERR_TOO_BIG);
}

static void lists_end_at_their_limits(void **state)
{
    struct acl_token t = { 0 };
    t.grants.policies.all =
        arena_zalloc(&codec_arena, ACL_LINKS_MAX + 1, sizeof *t.grants.policies.all);
    t.grants.policies.n = ACL_LINKS_MAX;
    assert_int_equal(read_token(token_row(&t)), OK);
    t.grants.policies.n++;
    assert_int_equal(read_token(token_row(&t)), ERR_TOO_BIG);
    struct acl_policy p = { 0 };
    p.datacenters.all =
        arena_zalloc(&codec_arena, ACL_DATACENTERS_MAX + 1, sizeof *p.datacenters.all);
    p.datacenters.n = ACL_DATACENTERS_MAX;
    assert_int_equal(read_policy(policy_row(&p)), OK);
    p.datacenters.n++;
    assert_int_equal(read_policy(policy_row(&p)), ERR_TOO_BIG);
}

static void keys_of_names_do_not_tell_letters_case_apart(void **state)
{
    buf_clear(&codec_out, SIZE_MAX);
    acl_key(ACL_ROW_ROLE_NAME, bytes_str("Ops"), &codec_out);
    assert_true(bytes_is(written(), "acl/rn/ops"));
}

static void keys_are_text_and_their_parts_come_back(void **state)
{
    static const uint8_t digest[] = { 0, 0xab };
    struct bytes part;
    buf_clear(&codec_out, SIZE_MAX);
    acl_key(ACL_ROW_TOKEN, uuid_bytes(&ids[0]), &codec_out);
    assert_true(bytes_is(written(), "acl/t/01020000-0000-0000-0000-000000000000"));
    assert_int_equal(acl_key_part(ACL_ROW_TOKEN, written(), &codec_arena, &part), OK);
    assert_true(bytes_eq(part, uuid_bytes(&ids[0])));
    assert_int_equal(acl_key_part(ACL_ROW_TOKEN, bytes_str("acl/t/x"), &codec_arena, &part),
                     ERR_MALFORMED);
    buf_clear(&codec_out, SIZE_MAX);
    acl_key(ACL_ROW_SECRET, bytes_of(digest, sizeof digest), &codec_out);
    assert_true(bytes_is(written(), "acl/s/00ab"));
    assert_int_equal(acl_key_part(ACL_ROW_AUTH_METHOD, bytes_str("acl/m/idp"), &codec_arena, &part),
                     OK);
    assert_true(bytes_is(part, "idp"));
}

/* Else a list of one kind would show rows of another. */
static void no_kind_of_key_begins_with_another(void **state)
{
    for (enum acl_row_kind a = 0; a < ACL_ROW_KINDS; a++)
        for (enum acl_row_kind b = 0; b < ACL_ROW_KINDS; b++)
            assert_true(a == b ||
                        !bytes_starts(bytes_str(acl_key_prefix(a)), bytes_str(acl_key_prefix(b))));
}

static void digest_is_sha_256(void **state)
{
    static const uint8_t abc[] = { 0xba, 0x78, 0x16, 0xbf };
    uint8_t digest[SECRET_DIGEST_BYTES];
    secret_digest(bytes_str("abc"), digest);
    assert_memory_equal(digest, abc, sizeof abc);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, codec_set_up, codec_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_policy_is_written_byte_by_byte),
        TEST(token_comes_back_as_it_was),
        TEST(only_a_whole_role_is_read_and_it_has_no_roles),
        TEST(only_whole_auth_methods_and_binding_rules_are_read),
        TEST(texts_end_at_their_limits),
        TEST(lists_end_at_their_limits),
        TEST(keys_of_names_do_not_tell_letters_case_apart),
        TEST(keys_are_text_and_their_parts_come_back),
        TEST(no_kind_of_key_begins_with_another),
        TEST(digest_is_sha_256),
    };
    return cmocka_run_group_tests_name("acl_row", tests, NULL, NULL);
}
