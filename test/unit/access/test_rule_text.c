#include "access/rule_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "access/policy_set.h"

/* The rules that TEXT gives, a line each without who wrote them. */
static void assert_gives(const char *text, const char *wanted)
{
    struct arena arena;
    struct access_rules rules;
    struct buf out;
    struct why why = { 0 };
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    buf_init(&out, 10000);
    if (rule_text_read(bytes_str(text), bytes_str("p"), &rules, &why) != OK)
        fail_msg("'%s': %s", text, why.text);
    for (size_t i = 0; i < rules.n; i++) {
        access_rule_print(&rules.all[i], &out);
        out.n -= strlen(", by \"p\"");
        buf_put_str(&out, rules.all[i].is_implied ? " (implied)\n" : "\n");
    }
    buf_put_u8(&out, 0);
    assert_string_equal((const char *)out.p, wanted);
    buf_fini(&out);
    arena_fini(&arena);
}

static void assert_refuses(const char *text, enum err wanted, const char *sentence)
{
    struct arena arena;
    struct access_rules rules;
    struct why why = { 0 };
    const struct access_rule before = { .kind = ACCESS_ACL };
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    access_rules_add(&rules, &before);
    assert_int_equal(rule_text_read(bytes_str(text), bytes_str("p"), &rules, &why), wanted);
    assert_string_equal(why.text, sentence);
    assert_int_equal(rules.n, 1); /* none was added */
    arena_fini(&arena);
}

struct row {
    const char *text, *wanted;
};

static void each_word_gives_its_rule(void **state)
{
    static const struct row rows[] = {
        { "", "" },
        { "agent \"n\" { policy = \"read\" }", "agent \"n\" = read\n" },
        { "agent_prefix \"n\" { policy = \"write\" }", "agent_prefix \"n\" = write\n" },
        { "event \"e\" { policy = \"deny\" }", "event \"e\" = deny\n" },
        { "event_prefix \"\" { policy = \"read\" }", "event_prefix \"\" = read\n" },
        { "key \"k\" { policy = \"list\" }", "key \"k\" = list\n" },
        { "key_prefix \"k/\" { policy = \"list\" }", "key_prefix \"k/\" = list\n" },
        { "node \"n\" { policy = \"read\" }", "node \"n\" = read\n" },
        { "node_prefix \"n\" { policy = \"read\" }", "node_prefix \"n\" = read\n" },
        { "query \"q\" { policy = \"read\" }", "query \"q\" = read\n" },
        { "query_prefix \"q\" { policy = \"read\" }", "query_prefix \"q\" = read\n" },
        { "session \"n\" { policy = \"read\" }", "session \"n\" = read\n" },
        { "session_prefix \"n\" { policy = \"read\" }", "session_prefix \"n\" = read\n" },
        { "acl = \"read\"", "acl = read\n" },
        { "keyring = \"write\"", "keyring = write\n" },
        { "mesh = \"deny\"", "mesh = deny\n" },
        { "operator = \"read\"", "operator = read\n" },
        { "peering = \"read\"", "peering = read\n" },
        { "operator = \"\"", "" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_gives(rows[i].text, rows[i].wanted);
}

static void a_service_says_or_implies_its_intentions(void **state)
{
    static const struct row rows[] = {
        { "service \"s\" { policy = \"read\" }",
          "service \"s\" = read\nintention \"s\" = read (implied)\n" },
        { "service \"s\" { policy = \"write\" }",
          "service \"s\" = write\nintention \"s\" = read (implied)\n" },
        { "service \"s\" { policy = \"deny\" }",
          "service \"s\" = deny\nintention \"s\" = deny (implied)\n" },
        { "service_prefix \"s\" { policy = \"read\" intentions = \"write\" }",
          "service_prefix \"s\" = read\nintention_prefix \"s\" = write\n" },
        { "service \"s\" { policy = \"write\" intentions = \"deny\" }",
          "service \"s\" = write\nintention \"s\" = deny\n" },
        { "service \"s\" { policy = \"write\" intentions = \"\" }",
          "service \"s\" = write\nintention \"s\" = read (implied)\n" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_gives(rows[i].text, rows[i].wanted);
}

static void json_and_every_way_to_repeat_give_the_same(void **state)
{
    static const char wanted[] = "key_prefix \"a/\" = write\nkey_prefix \"b/\" = read\n"
                                 "operator = read\n";
    static const char *const texts[] = {
        "key_prefix \"a/\" { policy = \"write\" } key_prefix \"b/\" { policy = \"read\" } "
        "operator = \"read\"",
        "key_prefix { \"a/\" { policy = \"write\" } \"b/\" = { policy = \"read\" } } "
        "Operator = \"read\"",
        "{\"key_prefix\": {\"a/\": {\"policy\": \"write\"}, \"b/\": {\"policy\": \"read\"}}, "
        "\"operator\": \"read\"}",
        "{\"key_prefix\": [{\"a/\": {\"policy\": \"write\"}}, {\"b/\": [{\"policy\": \"read\"}]}], "
        "\"operator\": \"read\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_gives(texts[i], wanted);
}

static void words_that_name_no_kind_are_ignored(void **state)
{
    assert_gives("sentinel = 1 identity \"x\" { policy = \"x\" } nodes { a = [1] }", "");
    assert_gives("key \"k\" { policy = \"read\" sentinel { code = \"x\" } }", "key \"k\" = read\n");
}

static void what_cannot_be_meant_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        enum err wanted;
        const char *sentence;
    } rows[] = {
        { "key \"k\" {", ERR_MALFORMED,
          "Failed to parse ACL rules: At 1:10: expected a name, found the end" },
        { "key \"k\" { policy = \"reed\" }", ERR_INVALID, "Invalid key policy: \"reed\" at 1:11" },
        { "key \"k\" { }", ERR_INVALID, "Invalid key policy: \"\" at 1:5" },
        { "key \"k\" { policy = \"\" }", ERR_INVALID, "Invalid key policy: \"\" at 1:11" },
        { "key \"k\" { policy = true }", ERR_INVALID, "Invalid key policy: \"\" at 1:11" },
        { "node \"n\" { policy = \"list\" }", ERR_INVALID,
          "Invalid node policy: \"list\" at 1:12" },
        { "service \"s\" { policy = \"read\"\n intentions = \"list\" }", ERR_INVALID,
          "Invalid service intentions: \"list\" at 2:2" },
        { "\nacl = \"list\"", ERR_INVALID, "Invalid acl policy: \"list\" at 2:1" },
        { "operator = {}", ERR_INVALID, "Invalid operator policy: \"\" at 1:1" },
        { "key = \"read\"", ERR_MALFORMED,
          "Failed to parse ACL rules: At 1:1: a rule is a name and a block" },
        { "key { policy = \"read\" }", ERR_MALFORMED,
          "Failed to parse ACL rules: At 1:7: a rule is a name and a block" },
        { "key \"k\" { policy = \"read\" policy = \"write\" }", ERR_MALFORMED,
          "Failed to parse ACL rules: At 1:27: this was set already" },
        { "service \"s\" { policy = \"read\" intentions = \"read\" intentions = \"deny\" }",
          ERR_MALFORMED, "Failed to parse ACL rules: At 1:51: this was set already" },
        { "acl = \"read\"\nacl = \"write\"", ERR_MALFORMED,
          "Failed to parse ACL rules: At 2:1: this was set already" },
        { "key \"k\" { policy = [\"read\"] }", ERR_MALFORMED,
          "Failed to parse ACL rules: At 1:21: a level is one text" },
        { "{\"acl\": [\"read\"]}", ERR_MALFORMED,
          "Failed to parse ACL rules: At 1:10: a level is one text" },
        { "key \"a\" { policy = \"read\" } key \"b\" { policy = \"x\" }", ERR_INVALID,
          "Invalid key policy: \"x\" at 1:39" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refuses(rows[i].text, rows[i].wanted, rows[i].sentence);
}

static void a_text_cut_at_every_byte_is_read_or_refused(void **state)
{
    static const char text[] = "key_prefix \"a\" { policy = \"list\" }\nservice \"s\" { policy = "
                               "\"read\" intentions = \"deny\" }\nacl = \"write\"\n";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct arena arena;
        struct access_rules rules;
        struct why why = { 0 };
        char *copy = malloc(cut + 1);
        memcpy(copy, text, cut);
        arena_init(&arena, 0);
        access_rules_init(&rules, &arena);
        enum err e = rule_text_read(bytes_of(copy, cut), bytes_str("p"), &rules, &why);
        assert_true(e == OK || (e == ERR_MALFORMED && why.text[0] != 0 && rules.n == 0));
        free(copy);
        arena_fini(&arena);
    }
}

static void policies_together_decide_as_their_rules_do(void **state)
{
    static const char *const texts[] = {
        "key_prefix \"app/\" { policy = \"write\" } service_prefix \"\" { policy = \"read\" }",
        "key \"app/secret\" { policy = \"deny\" } service \"web\" { policy = \"write\" intentions "
        "= "
        "\"deny\" } operator = \"read\"",
    };
    static const struct {
        enum access_kind kind;
        const char *name;
        enum access_verb verb;
        bool is_allowed;
    } rows[] = {
        { ACCESS_KEY, "app/x", ACCESS_WRITE, true },
        { ACCESS_KEY, "app/secret", ACCESS_READ, false },
        { ACCESS_SERVICE, "web", ACCESS_REGISTER, true },
        { ACCESS_SERVICE, "db", ACCESS_REGISTER, false },
        { ACCESS_SERVICE, "db", ACCESS_READ, true },
        { ACCESS_INTENTION, "db", ACCESS_READ, true },
        { ACCESS_INTENTION, "db", ACCESS_WRITE, false },
        { ACCESS_INTENTION, "web", ACCESS_READ, false },
        { ACCESS_MESH, "", ACCESS_READ, true }, /* operator's */
        { ACCESS_ACL, "", ACCESS_READ, false },
    };
    struct arena arena;
    struct access_rules rules;
    const struct policy_set *set;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(rule_text_read(bytes_str(texts[i]), bytes_str("p"), &rules, NULL), OK);
    assert_int_equal(policy_set_new(rules.all, rules.n, false, &set), OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct access_question question = { .verb = rows[i].verb,
                                                  .kind = rows[i].kind,
                                                  .name = bytes_str(rows[i].name) };
        if (policy_set_check(set, &question).is_allowed != rows[i].is_allowed)
            fail_msg("row %zu", i);
    }
    policy_set_unref(set);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_gives_its_rule),
        cmocka_unit_test(a_service_says_or_implies_its_intentions),
        cmocka_unit_test(json_and_every_way_to_repeat_give_the_same),
        cmocka_unit_test(words_that_name_no_kind_are_ignored),
        cmocka_unit_test(what_cannot_be_meant_is_refused_with_its_place),
        cmocka_unit_test(a_text_cut_at_every_byte_is_read_or_refused),
        cmocka_unit_test(policies_together_decide_as_their_rules_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
