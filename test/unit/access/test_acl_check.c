/* What an ACL object may say, in the words that clients know. */
#include "access/acl_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct why why;

static struct acl_policy policy(const char *name, const char *rules)
{
    return (struct acl_policy){ .name = bytes_str(name), .rules = bytes_str(rules) };
}

static void assert_policy_refused(const char *name, const char *rules, const char *text)
{
    struct acl_policy p = policy(name, rules);
    why = (struct why){ 0 };
    assert_int_not_equal(acl_policy_check(&p, &why), OK);
    assert_true(bytes_starts(bytes_str(why.text), bytes_str(text)));
}

static void policy_has_a_name_and_rules_that_parse(void **state)
{
    struct acl_policy p = policy("team/app-1_x", "key \"a\" { policy = \"read\" }");
    assert_int_equal(acl_policy_check(&p, NULL), OK);
    assert_policy_refused("", "", "Invalid Policy: no Name is set");
    assert_policy_refused("a b", "", "Invalid Policy: invalid Name. Only alphanumeric");
    assert_policy_refused("a", "key {", "Failed to parse ACL rules: ");
    assert_policy_refused("a", "key \"a\" { policy = \"no\" }", "Invalid key policy: ");
}

static void built_in_policies_can_be_policies(void **state)
{
    for (int i = ACL_MANAGEMENT_POLICY; i <= ACL_READ_ONLY_POLICY; i++) {
        struct uuid id = acl_builtin_id((uint8_t)i);
        struct acl_policy p;
        assert_true(acl_builtin_policy(&id, &p));
        assert_int_equal(acl_policy_check(&p, NULL), OK);
    }
    struct uuid other = acl_builtin_id(9);
    struct acl_policy none;
    assert_false(acl_builtin_policy(&other, &none));
    assert_true(acl_id_is_reserved(&other));
    other.b[0] = 1;
    assert_false(acl_id_is_reserved(&other));
}

static void role_has_a_name(void **state)
{
    struct acl_role r = { .name = bytes_str("ops") };
    assert_int_equal(acl_role_check(&r, NULL), OK);
    r.name = bytes_str("a/b");
    assert_int_equal(acl_role_check(&r, &why), ERR_INVALID);
    r.name.n = 0;
    assert_int_equal(acl_role_check(&r, &why), ERR_INVALID);
    assert_string_equal(why.text, "Invalid Role: no Name is set");
}

enum list { SERVICES, NODES, TEMPLATES_ };

static enum err check_identity(enum list list, const char *template, const char *name,
                               const char *datacenter)
{
    struct bytes dc = bytes_str(datacenter);
    struct acl_identity one = { .template = bytes_str(template),
                                .name = bytes_str(name),
                                .datacenters = { &dc, dc.n > 0 } };
    struct acl_identities all = { &one, 1 };
    struct acl_token t = { 0 };
    *(list == SERVICES ? &t.grants.services
      : list == NODES  ? &t.grants.nodes
                       : &t.grants.templates) = all;
    return acl_token_check(&t, &why);
}

static void identities_say_what_they_stand_for(void **state)
{
    assert_int_equal(check_identity(SERVICES, "", "web", ""), OK);
    assert_int_equal(check_identity(SERVICES, "", "", ""), ERR_INVALID);
    assert_string_equal(why.text,
                        "Service identity is missing the service name field on this token");
    assert_int_equal(check_identity(SERVICES, "", "Web", ""), ERR_INVALID);
    assert_int_equal(check_identity(NODES, "", "n1", "dc1"), OK);
    assert_int_equal(check_identity(NODES, "", "n1", ""), ERR_INVALID);
    assert_string_equal(why.text, "Node identity is missing the datacenter field on this token");
    assert_int_equal(check_identity(NODES, "", "", "dc1"), ERR_INVALID);
    assert_int_equal(check_identity(NODES, "", "N", "dc1"), ERR_INVALID);
    assert_int_equal(check_identity(TEMPLATES_, "builtin/service", "web", ""), OK);
    assert_int_equal(check_identity(TEMPLATES_, "builtin/dns", "", ""), OK);
    assert_int_equal(check_identity(TEMPLATES_, "builtin/dns", "web", ""), ERR_INVALID);
    assert_int_equal(check_identity(TEMPLATES_, "builtin/service", "", ""), ERR_INVALID);
    assert_int_equal(check_identity(TEMPLATES_, "builtin/none", "web", ""), ERR_INVALID);
    assert_string_equal(why.text, "no such ACL templated policy with Name \"builtin/none\"");
}

static void lists_and_texts_end_at_their_limits(void **state)
{
    static struct acl_identity many[ACL_LINKS_MAX + 1];
    static char text[ACL_DESCRIPTION_MAX + 1];
    for (size_t i = 0; i <= ACL_LINKS_MAX; i++)
        many[i].name = bytes_str("web");
    memset(text, 'x', sizeof text);
    struct acl_token t = { .description = bytes_of(text, ACL_DESCRIPTION_MAX) };
    t.grants.services = (struct acl_identities){ many, ACL_LINKS_MAX };
    assert_int_equal(acl_token_check(&t, NULL), OK);
    t.grants.services.n++;
    assert_int_equal(acl_token_check(&t, NULL), ERR_TOO_BIG);
    t.grants.services.n--;
    t.description.n++;
    assert_int_equal(acl_token_check(&t, NULL), ERR_TOO_BIG);
}

static void auth_method_is_of_a_kind_that_is_known(void **state)
{
    struct acl_auth_method m = { .name = bytes_str("idp"), .type = bytes_str("oidc") };
    assert_int_equal(acl_auth_method_check(&m, &why), ERR_INVALID);
    assert_string_equal(why.text, "Invalid Auth Method: Type should be one of: [jwt kubernetes]");
    m.type = bytes_str("jwt");
    m.config = bytes_str("{}");
    assert_int_equal(acl_auth_method_check(&m, &why), ERR_INVALID);
    assert_string_equal(why.text,
                        "Invalid Auth Method: exactly one of 'JWTValidationPubKeys', 'JWKSURL', or "
                        "'OIDCDiscoveryURL' must be set for type \"jwt\"");
    m.type = bytes_str("aws-iam");
    assert_int_equal(acl_auth_method_check(&m, &why), ERR_INVALID);
    assert_string_equal(why.text,
                        "Invalid Auth Method: type \"aws-iam\" is not supported here: use "
                        "\"jwt\" or \"kubernetes\"");
    m.type = bytes_str("kubernetes");
    assert_int_equal(acl_auth_method_check(&m, &why), ERR_INVALID);
    assert_string_equal(why.text, "Config.Host is required");
    m.type.n = 0;
    assert_int_equal(acl_auth_method_check(&m, &why), ERR_INVALID);
    m.name.n = 0;
    assert_int_equal(acl_auth_method_check(&m, &why), ERR_INVALID);
}

static void binding_rule_names_a_method_a_name_and_a_selector_that_parses(void **state)
{
    struct acl_binding_rule b = { .auth_method = bytes_str("idp"), .bind_name = bytes_str("x") };
    assert_int_equal(acl_binding_rule_check(&b, NULL), OK);
    b.selector = bytes_str("value.team == red and ops in list.groups");
    assert_int_equal(acl_binding_rule_check(&b, NULL), OK);
    b.selector = bytes_str("team == red");
    assert_int_equal(acl_binding_rule_check(&b, &why), ERR_INVALID);
    assert_true(bytes_starts(bytes_str(why.text),
                             bytes_str("invalid Binding Rule: Selector is invalid: ")));
    b.selector.n = 0;
    b.bind_name.n = 0;
    assert_int_equal(acl_binding_rule_check(&b, &why), ERR_INVALID);
    b.auth_method.n = 0;
    assert_int_equal(acl_binding_rule_check(&b, &why), ERR_INVALID);
    assert_string_equal(why.text, "Invalid Binding Rule: no AuthMethod is set");
}

static void kinds_of_binding_are_found_by_their_names(void **state)
{
    enum acl_bind found;
    for (enum acl_bind b = 0; b < ACL_BINDS; b++) {
        assert_true(acl_bind_find(bytes_str(acl_bind_name(b)), &found));
        assert_int_equal(found, b);
    }
    assert_false(acl_bind_find(bytes_str("Service"), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_has_a_name_and_rules_that_parse),
        cmocka_unit_test(built_in_policies_can_be_policies),
        cmocka_unit_test(role_has_a_name),
        cmocka_unit_test(identities_say_what_they_stand_for),
        cmocka_unit_test(lists_and_texts_end_at_their_limits),
        cmocka_unit_test(auth_method_is_of_a_kind_that_is_known),
        cmocka_unit_test(binding_rule_names_a_method_a_name_and_a_selector_that_parses),
        cmocka_unit_test(kinds_of_binding_are_found_by_their_names),
    };
    return cmocka_run_group_tests_name("acl_check", tests, NULL, NULL);
}
