#include "access/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "access/policy_set.h"

static const struct policy_set *set_of(enum access_template t, const char *name)
{
    struct arena arena;
    struct access_rules rules;
    const struct policy_set *set;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    assert_int_equal(template_add_rules(t, bytes_str(name), &rules), OK);
    assert_int_equal(policy_set_new(rules.all, rules.n, false, &set), OK);
    arena_fini(&arena);
    return set;
}

/* What the holder may do to a thing: 'w' write, 'r' read, '-' nothing. */
static char level_on(const struct policy_set *set, enum access_kind kind, const char *name)
{
    struct access_question question = { .verb = ACCESS_WRITE,
                                        .kind = kind,
                                        .name = bytes_str(name) };
    if (policy_set_check(set, &question).is_allowed)
        return 'w';
    question.verb = ACCESS_READ;
    return policy_set_check(set, &question).is_allowed ? 'r' : '-';
}

static void each_template_grants_what_it_is_for(void **state)
{
    static const struct {
        enum access_template template;
        const char *name;
        struct {
            enum access_kind kind;
            const char *name;
            char level;
        } things[6];
    } rows[] = {
        { TEMPLATE_SERVICE,
          "web",
          { { ACCESS_SERVICE, "web", 'w' },
            { ACCESS_SERVICE, "web-sidecar-proxy", 'w' },
            { ACCESS_SERVICE, "web2", 'r' },
            { ACCESS_NODE, "n", 'r' },
            { ACCESS_KEY, "k", '-' },
            { ACCESS_INTENTION, "web", 'r' } } },
        { TEMPLATE_NODE,
          "n1",
          { { ACCESS_NODE, "n1", 'w' },
            { ACCESS_NODE, "n11", '-' },
            { ACCESS_SERVICE, "s", 'r' },
            { ACCESS_AGENT, "n1", '-' },
            { ACCESS_SESSION, "n1", '-' },
            { ACCESS_ACL, "", '-' } } },
        { TEMPLATE_DNS,
          "",
          { { ACCESS_NODE, "n", 'r' },
            { ACCESS_SERVICE, "s", 'r' },
            { ACCESS_QUERY, "q", 'r' },
            { ACCESS_KEY, "k", '-' },
            { ACCESS_SESSION, "n", '-' },
            { ACCESS_ACL, "", '-' } } },
        { TEMPLATE_NOMAD_SERVER,
          "",
          { { ACCESS_ACL, "", 'w' },
            { ACCESS_AGENT, "n", 'r' },
            { ACCESS_NODE, "n", 'r' },
            { ACCESS_SERVICE, "s", 'w' },
            { ACCESS_KEY, "k", '-' },
            { ACCESS_OPERATOR, "", '-' } } },
        { TEMPLATE_NOMAD_CLIENT,
          "",
          { { ACCESS_ACL, "", '-' },
            { ACCESS_AGENT, "n", 'r' },
            { ACCESS_NODE, "n", 'r' },
            { ACCESS_SERVICE, "s", 'w' },
            { ACCESS_KEY, "k", 'r' },
            { ACCESS_OPERATOR, "", '-' } } },
        { TEMPLATE_API_GATEWAY,
          "gw",
          { { ACCESS_MESH, "", 'r' },
            { ACCESS_NODE, "n", 'r' },
            { ACCESS_SERVICE, "gw", 'w' },
            { ACCESS_SERVICE, "s", 'r' },
            { ACCESS_OPERATOR, "", '-' },
            { ACCESS_KEY, "k", '-' } } },
        { TEMPLATE_WORKLOAD_IDENTITY,
          "w",
          { { ACCESS_SERVICE, "w", '-' },
            { ACCESS_NODE, "w", '-' },
            { ACCESS_KEY, "w", '-' },
            { ACCESS_ACL, "", '-' },
            { ACCESS_MESH, "", '-' },
            { ACCESS_AGENT, "w", '-' } } },
    };
    assert_int_equal(ARRAY_LEN(rows), TEMPLATES);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct policy_set *set = set_of(rows[i].template, rows[i].name);
        for (size_t k = 0; k < ARRAY_LEN(rows[i].things); k++)
            if (level_on(set, rows[i].things[k].kind, rows[i].things[k].name) !=
                rows[i].things[k].level)
                fail_msg("%s: thing %zu", template_name(rows[i].template), k);
        policy_set_unref(set);
    }
}

static void a_rule_names_the_identity_it_comes_from(void **state)
{
    const struct policy_set *set = set_of(TEMPLATE_SERVICE, "web");
    struct access_answer answer = policy_set_check(
        set, &(struct access_question){
                 .verb = ACCESS_WRITE, .kind = ACCESS_SERVICE, .name = bytes_str("web") });
    assert_true(bytes_is(answer.rule->source, "builtin/service:web"));
    policy_set_unref(set);
}

static void templates_are_found_by_their_names(void **state)
{
    enum access_template found;
    for (enum access_template t = 0; t < TEMPLATES; t++) {
        assert_true(template_find(bytes_str(template_name(t)), &found));
        assert_int_equal(found, t);
    }
    assert_false(template_find(bytes_str("builtin/none"), &found));
    assert_false(template_find(bytes_str("service"), &found));
}

static void a_name_is_given_just_where_one_is_wanted(void **state)
{
    struct arena arena;
    struct access_rules rules;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    for (enum access_template t = 0; t < TEMPLATES; t++) {
        bool wants = template_wants_name(t);
        assert_int_equal(template_add_rules(t, bytes_str("x"), &rules), wants ? OK : ERR_INVALID);
        assert_int_equal(template_add_rules(t, bytes_str(""), &rules), wants ? ERR_INVALID : OK);
        size_t before = rules.n;
        assert_int_equal(template_add_rules(t, bytes_str("X\"}"), &rules), ERR_INVALID);
        assert_int_equal(rules.n, before);
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_template_grants_what_it_is_for),
        cmocka_unit_test(a_rule_names_the_identity_it_comes_from),
        cmocka_unit_test(templates_are_found_by_their_names),
        cmocka_unit_test(a_name_is_given_just_where_one_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
