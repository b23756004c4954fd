/* Definitions of files, as bodies of the API. */
#include "faces/consul/registry/definition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;

static enum err read_one(const char *text, bool is_check, struct consul_definition *ret,
                         struct why *why)
{
    const struct hcl_node *root;
    assert_int_equal(hcl_parse(bytes_str(text), &arena, &root, why), OK);
    return consul_definition_read(root->first, is_check, &arena, ret, why);
}

static void becomes(const char *text, bool is_check, const char *id, const char *body)
{
    struct consul_definition d;
    struct why why = { 0 };
    if (read_one(text, is_check, &d, &why) != OK)
        fail_msg("%s", why.text);
    assert_string_equal(d.id, id);
    assert_string_equal(arena_str(&arena, d.body), body);
}

static void service_of_hcl_gets_the_names_of_the_api(void **state)
{
    becomes("service { name = \"web\"  id = \"web1\"  port = 80  tags = [\"v1\"]\n"
            "  meta = { some_key = \"b\" }  enable_tag_override = true\n"
            "  tagged_addresses { lan_ipv4 = { address = \"10.0.0.5\" port = 0x50 } }\n"
            "  weights = { passing = 5 warning = 1 } }",
            false, "web1",
            "{\"Name\":\"web\",\"Id\":\"web1\",\"Port\":80,\"Tags\":[\"v1\"],"
            "\"Meta\":{\"some_key\":\"b\"},\"EnableTagOverride\":true,"
            "\"TaggedAddresses\":{\"lan_ipv4\":{\"Address\":\"10.0.0.5\",\"Port\":80}},"
            "\"Weights\":{\"Passing\":5,\"Warning\":1}}");
}

static void all_checks_of_a_service_are_one_list(void **state)
{
    becomes("service { name = \"a\" check { ttl = \"10s\" } check { tcp = \"x:1\" "
            "deregister_critical_service_after = \"5m\" } checks = [{ http = \"h\" "
            "header { x_a = [\"1\"] } }] }",
            false, "a",
            "{\"Name\":\"a\",\"Checks\":[{\"Ttl\":\"10s\"},{\"Tcp\":\"x:1\","
            "\"DeregisterCriticalServiceAfter\":\"5m\"},{\"Http\":\"h\","
            "\"Header\":{\"x_a\":[\"1\"]}}]}");
}

static void json_of_files_is_the_same(void **state)
{
    becomes(
        "{\"service\":{\"ID\":\"w\",\"Name\":\"web\",\"socket_path\":\"/s\","
        "\"proxy\":{\"destination_service_name\":\"db\",\"config\":{\"my_key\":{\"in_it\":1.5}}}}}",
        false, "w",
        "{\"ID\":\"w\",\"Name\":\"web\",\"SocketPath\":\"/s\","
        "\"Proxy\":{\"DestinationServiceName\":\"db\",\"Config\":{\"my_key\":{\"in_it\":1.5}}}}");
}

static void check_has_its_id_or_its_name(void **state)
{
    becomes("check { name = \"mem\" args = [\"/bin/c\"] interval = \"30s\" }", true, "mem",
            "{\"Name\":\"mem\",\"Args\":[\"/bin/c\"],\"Interval\":\"30s\"}");
    becomes("check { check_id = \"m\" name = \"mem\" service_id = \"web1\" ttl = \"1m\" }", true,
            "m", "{\"CheckId\":\"m\",\"Name\":\"mem\",\"ServiceId\":\"web1\",\"Ttl\":\"1m\"}");
}

static void token_is_told_apart(void **state)
{
    struct consul_definition d;
    struct why why = { 0 };
    assert_int_equal(read_one("service { name = \"a\" token = \"t\" }", false, &d, &why), OK);
    assert_true(bytes_is(d.token, "t"));
}

static void without_a_name_it_is_refused_with_its_place(void **state)
{
    struct consul_definition d;
    struct why why = { 0 };
    assert_int_equal(read_one("\nservice { port = 1 }", false, &d, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "a service must have a name"));
    assert_int_equal(strncmp(why.text, "at 2:", 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_of_hcl_gets_the_names_of_the_api),
        cmocka_unit_test(all_checks_of_a_service_are_one_list),
        cmocka_unit_test(json_of_files_is_the_same),
        cmocka_unit_test(check_has_its_id_or_its_name),
        cmocka_unit_test(token_is_told_apart),
        cmocka_unit_test(without_a_name_it_is_refused_with_its_place),
    };
    arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
