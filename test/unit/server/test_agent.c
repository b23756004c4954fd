/* A Consul agent's flags and files, as options of the server. */
#include "server/agent_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "server/agent_keys.h"
#include "server/config_table.h"
#include "test/lib/tempdir.h"

enum { ARGUMENTS_MAX = 32 };

struct run {
    struct arena arena;
    struct agent_config config;
    struct agent_options options;
    struct buf ignored;
    struct why why;
};

/* ARGUMENTS are parted by blanks. */
static enum err begin(struct run *r, const char *arguments)
{
    char *argv[ARGUMENTS_MAX];
    int argc = 0;
    *r = (struct run){ 0 };
    arena_init(&r->arena, 0);
    buf_init(&r->ignored, 1 << 16);
    for (const char *at = arguments; *at != 0; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        assert_true(argc < ARGUMENTS_MAX);
        argv[argc++] = arena_str(&r->arena, bytes_of(at, n));
        at += n;
    }
    enum err e = agent_read(argc, argv, &r->arena, &r->config, &r->why);
    return e != OK ? e
                   : agent_options_make(&r->config, &r->arena, &r->options, &r->ignored, &r->why);
}

static void end(struct run *r)
{
    buf_fini(&r->ignored);
    arena_fini(&r->arena);
}

/* The last that counts. */
static const char *option(const struct run *r, const char *name)
{
    const char *value = NULL;
    size_t n = strlen(name);
    for (int i = 0; i < r->options.argc; i++) {
        const char *text = r->options.argv[i] + 2;
        if (strncmp(text, name, n) == 0 && text[n] == '=')
            value = text + n + 1;
    }
    return value;
}

static void assert_option(const struct run *r, const char *name, const char *wanted)
{
    const char *value = option(r, name);
    if (value == NULL || strcmp(value, wanted) != 0)
        fail_msg("--%s is '%s', not '%s'", name, value == NULL ? "(not given)" : value, wanted);
}

static void refuses(const char *arguments, const char *sentence)
{
    struct run r;
    assert_int_equal(begin(&r, arguments), ERR_INVALID);
    if (strstr(r.why.text, sentence) == NULL)
        fail_msg("'%s' says '%s', not '%s'", arguments, r.why.text, sentence);
    end(&r);
}

/* -- the table -------------------------------------------------------------------------------- */

static void options_named_in_the_table_exist(void **state)
{
    for (size_t i = 0; i < agent_key_n; i++) {
        bool etcd;
        const struct agent_key *k = &agent_keys[i];
        if (k->use == AGENT_OPTION && (config_find(bytes_str(k->note), &etcd) == NULL || etcd))
            fail_msg("%s: there is no option --%s", k->path, k->note);
        assert_true((k->use == AGENT_OPTION || k->use == AGENT_REFUSED) == (k->note[0] != 0));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(k->path, agent_keys[j].path);
            assert_true(k->flag[0] == 0 || strcmp(k->flag, agent_keys[j].flag) != 0);
        }
    }
}

/* What is made is understood: every option of it is one of the server's. */
static void every_option_made_is_one(void **state)
{
    struct run r;
    assert_int_equal(begin(&r, "-dev -client 127.0.0.2 -log-json -log-level WARN -bind 10.0.0.1"),
                     OK);
    for (int i = 0; i < r.options.argc; i++) {
        bool etcd;
        const char *name = r.options.argv[i] + 2;
        assert_non_null(config_find(bytes_of(name, strcspn(name, "=")), &etcd));
    }
    end(&r);
}

/* -- flags ------------------------------------------------------------------------------------ */

static void dev_opens_consuls_ports_alone(void **state)
{
    struct run r;
    assert_int_equal(begin(&r, "-dev"), OK);
    assert_option(&r, "dev", "true");
    assert_option(&r, "etcd-listen", "off");
    assert_option(&r, "native-listen", "off");
    assert_option(&r, "consul-listen", "127.0.0.1:8500");
    assert_option(&r, "consul-https-listen", "off");
    assert_option(&r, "consul-grpc-listen", "off"); /* only where it is asked for */
    assert_option(&r, "dns-listen", "127.0.0.1:8600");
    end(&r);
}

static void ports_and_addresses_meet(void **state)
{
    struct run r;
    assert_int_equal(begin(&r, "-dev -http-port=18500 -dns-port -1 --https-port 18501 "
                               "-grpc-port 18502 -grpc-tls-port 18503 "
                               "-client 127.0.0.2 -node n1 -datacenter=east "
                               "-hcl tls{https{cert_file=\"c.pem\"}}"),
                     OK);
    assert_option(&r, "consul-listen", "127.0.0.2:18500");
    assert_option(&r, "consul-https-listen", "127.0.0.2:18501");
    assert_option(&r, "consul-grpc-listen", "127.0.0.2:18502");
    assert_option(&r, "consul-grpc-tls-listen", "127.0.0.2:18503");
    assert_option(&r, "dns-listen", "off");
    assert_option(&r, "node-name", "n1");
    assert_option(&r, "datacenter", "east");
    end(&r);
}

static void options_of_the_server_are_taken_last(void **state)
{
    struct run r;
    assert_int_equal(begin(&r, "-dev -etcd-listen=127.0.0.1:2379 -insecure-no-auth"), OK);
    assert_option(&r, "etcd-listen", "127.0.0.1:2379");
    assert_option(&r, "insecure-no-auth", "true");
    end(&r);
}

static void metadata_of_the_node_adds_up(void **state)
{
    struct run r;
    assert_int_equal(begin(&r, "-dev -node-meta a:1 -hcl node_meta{b=\"2\"} -node-meta c:3"), OK);
    assert_option(&r, "node-meta", "b:2,a:1,c:3");
    end(&r);
}

static void what_has_no_meaning_is_listed(void **state)
{
    struct run r;
    assert_int_equal(begin(&r, "-dev -encrypt=x -serf-lan-port 9301"), OK);
    buf_put_u8(&r.ignored, 0);
    assert_string_equal(r.ignored.p, "ports.serf_lan\nencrypt\n");
    end(&r);
}

static void the_bound_address_is_the_nodes(void **state)
{
    static const char *const cases[][2] = {
        { "-dev -bind 127.0.0.3", "127.0.0.3" },
        { "-dev -bind 0.0.0.0 -advertise 10.1.1.1", "10.1.1.1" },
        { "-dev -bind 10.0.0.9 -advertise 10.1.1.1", "10.1.1.1" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run r;
        assert_int_equal(begin(&r, cases[i][0]), OK);
        assert_option(&r, "node-address", cases[i][1]);
        end(&r);
    }
    struct run r;
    assert_int_equal(begin(&r, "-dev -bind 0.0.0.0"), OK);
    assert_null(option(&r, "node-address"));
    end(&r);
}

static void what_cannot_be_is_refused(void **state)
{
    refuses("-server", "data_dir cannot be empty");
    refuses("-data-dir /d", "give -server");
    refuses("-dev -bootstrap-expect=3", "clusters come in a later version");
    refuses("-dev -retry-join 10.0.0.1", "clusters come in a later version");
    refuses("-dev -htp-port=1", "did you mean -http-port?");
    refuses("-dev -http-port", "wants a value");
    refuses("-dev http", "flags begin with -");
    refuses("-dev -advertise {{GetPrivateIP}}", "is a template");
    refuses("-dev -server=maybe", "server is true or false");
    refuses("-dev -config-file /nowhere/a.json", "cannot read '/nowhere/a.json'");
}

/* -- files ------------------------------------------------------------------------------------ */

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
}

/* What Go's harness for Consul writes. */
static const char harness[] =
    "{\"node_name\":\"node-1\",\"node_id\":\"0ff05a71-4f1d-4d0f-9a4a-3c9c1c1e2b01\","
    "\"performance\":{\"raft_multiplier\":1},\"bootstrap\":true,\"server\":true,"
    "\"data_dir\":\"/d\",\"segments\":null,\"disable_update_check\":true,\"log_level\":\"DEBUG\","
    "\"bind_addr\":\"127.0.0.1\",\"addresses\":{},\"ports\":{\"dns\":20001,\"http\":20002,"
    "\"https\":20003,\"serf_lan\":20004,\"serf_wan\":20005,\"server\":20006,\"grpc\":20007,"
    "\"grpc_tls\":20008},\"acl\":{\"tokens\":{}},\"connect\":{\"ca_config\":"
    "{\"cluster_id\":\"11111111-2222-3333-4444-555555555555\"},\"enabled\":true},"
    "\"peering\":{\"enabled\":true},\"skip_leave_on_interrupt\":true,\"version\":\"1.21.4\"}";

static void the_file_of_gos_harness_is_understood(void **state)
{
    char *dir = tempdir_new();
    struct run r;
    char arguments[600];
    write_file(dir, "a.json", harness);
    snprintf(arguments, sizeof arguments, "-config-file %s/a.json", dir);
    enum err e = begin(&r, arguments);
    if (e != OK)
        fail_msg("%s", r.why.text);
    assert_option(&r, "node-name", "node-1");
    assert_option(&r, "node-id", "0ff05a71-4f1d-4d0f-9a4a-3c9c1c1e2b01");
    assert_option(&r, "data-dir", "/d");
    assert_option(&r, "log-level", "debug");
    assert_option(&r, "consul-listen", "127.0.0.1:20002");
    assert_option(&r, "consul-https-listen", "off"); /* without a certificate nobody gets in */
    assert_option(&r, "consul-grpc-listen", "127.0.0.1:20007");
    assert_option(&r, "consul-grpc-tls-listen", "off");
    assert_option(&r, "dns-listen", "127.0.0.1:20001");
    end(&r);
    tempdir_free(dir);
}

static void files_of_a_directory_follow_one_another(void **state)
{
    char *dir = tempdir_new();
    struct run r;
    char arguments[600];
    write_file(dir, "b.json", "{\"datacenter\":\"two\",\"recursors\":[\"1.1.1.1\"]}");
    write_file(dir, "a.hcl",
               "datacenter = \"one\"\nnode_name = \"n\"\nports { http = 1 }\n"
               "recursors = [\"8.8.8.8\"]\n");
    write_file(dir, "c.txt", "this is not read");
    snprintf(arguments, sizeof arguments, "-dev -config-dir=%s -http-port=2", dir);
    enum err e = begin(&r, arguments);
    if (e != OK)
        fail_msg("%s", r.why.text);
    assert_option(&r, "datacenter", "two");
    assert_option(&r, "node-name", "n");
    assert_option(&r, "recursors", "8.8.8.8,1.1.1.1");
    assert_option(&r, "consul-listen", "127.0.0.1:2");
    end(&r);
    tempdir_free(dir);
}

static void bad_files_are_refused_with_their_place(void **state)
{
    static const struct {
        const char *name, *text, *sentence;
    } cases[] = {
        { "x.json", "{\"node_nam\":\"n\"}",
          "invalid config key node_nam; did you mean node_name?" },
        { "x.json", "{\"ports\":{\"htp\":1}}", "invalid config key ports.htp" },
        { "x.json", "{\"ports\":7}", "ports must be an object" },
        { "x.json", "{\"datacenter\":{}}", "datacenter must be a single value" },
        { "x.json", "{\"recursors\":[{}]}", "recursors must be a list of strings" },
        { "x.json", "{\"service\":7}", "service must be an object" },
        { "x.json", "{\"watches\":[{\"type\":\"key\"}]}", "watches run programs" },
        { "x.json", "{", "x.json: At 1:" },
        { "x.hcl", "server = \"perhaps\"", "server is true or false" },
        { "x.conf", "{}", "must end in .hcl or .json" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *dir = tempdir_new();
        char arguments[600];
        write_file(dir, cases[i].name, cases[i].text);
        snprintf(arguments, sizeof arguments, "-dev -config-file %s/%s", dir, cases[i].name);
        refuses(arguments, cases[i].sentence);
        tempdir_free(dir);
    }
}

static void text_of_the_environment_comes_before_files_and_flags(void **state)
{
    struct run r;
    char *dir = tempdir_new();
    char arguments[600];
    write_file(dir, "a.json", "{\"datacenter\": \"of-file\"}");
    snprintf(arguments, sizeof arguments, "-dev -config-file %s/a.json -node of-flag", dir);
    setenv("CONSUL_LOCAL_CONFIG",
           "{\"datacenter\": \"local\", \"node_name\": \"local\", \"domain\": \"local\","
           "\"service\": {\"name\": \"web\"}}",
           1);
    enum err e = begin(&r, arguments);
    unsetenv("CONSUL_LOCAL_CONFIG");
    assert_int_equal(e, OK);
    assert_option(&r, "datacenter", "of-file");
    assert_option(&r, "node-name", "of-flag");
    assert_option(&r, "domain", "local");
    assert_int_equal(r.config.definition_n, 1);
    end(&r);
    setenv("CONSUL_LOCAL_CONFIG", "{\"datacentre\": \"x\"}", 1);
    refuses("-dev", "CONSUL_LOCAL_CONFIG: at 1:2: invalid config key datacentre; did you mean");
    unsetenv("CONSUL_LOCAL_CONFIG");
    tempdir_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_named_in_the_table_exist),
        cmocka_unit_test(every_option_made_is_one),
        cmocka_unit_test(dev_opens_consuls_ports_alone),
        cmocka_unit_test(ports_and_addresses_meet),
        cmocka_unit_test(options_of_the_server_are_taken_last),
        cmocka_unit_test(metadata_of_the_node_adds_up),
        cmocka_unit_test(what_has_no_meaning_is_listed),
        cmocka_unit_test(the_bound_address_is_the_nodes),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(the_file_of_gos_harness_is_understood),
        cmocka_unit_test(files_of_a_directory_follow_one_another),
        cmocka_unit_test(bad_files_are_refused_with_their_place),
        cmocka_unit_test(text_of_the_environment_comes_before_files_and_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
