#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void self_has_what_clients_read_first(void **state)
{
    rig_expect_part(
        *state, "GET /v1/agent/self", NULL, 200,
        "{\"Config\":{\"Datacenter\":\"dc1\",\"PrimaryDatacenter\":\"dc1\",\"NodeName\":"
        "\"n1\",\"NodeID\":\"0a0b0c0d-0000-4000-8000-000000000001\",\"Revision\":"
        "\"muster\",\"Server\":true,\"Version\":\"1.21.4\",");
    assert_non_null(strstr(rig_body(*state), "\"Member\":{\"Name\":\"n1\",\"Addr\":\"10.0.0.1\","));
    assert_non_null(strstr(rig_body(*state), "\"raft\":{\"state\":\"Leader\",\"term\":\"2\","));
    assert_non_null(strstr(rig_body(*state), "\"leader_addr\":\"10.0.0.1:8300\""));
}

static void version_is_consuls(void **state)
{
    rig_expect(*state, "GET /v1/agent/version", NULL, 200,
               "{\"SHA\":\"muster\",\"BuildDate\":\"1970-01-01T00:00:01Z\",\"HumanVersion\":"
               "\"1.21.4\",\"FIPS\":\"\"}");
}

static void host_has_memory_and_disk(void **state)
{
    rig_expect_part(*state, "GET /v1/agent/host", NULL, 200, "{\"Memory\":{\"total\":");
    assert_non_null(strstr(rig_body(*state), "\"os\":\"linux\""));
    assert_non_null(strstr(rig_body(*state), "\"Disk\":{\"path\":\"/\",\"total\":"));
    assert_null(strstr(rig_body(*state), "\"total\":0,"));
}

static void members_are_alive(void **state)
{
    rig_expect_part(
        *state, "GET /v1/agent/members", NULL, 200,
        "[{\"Name\":\"n1\",\"Addr\":\"10.0.0.1\",\"Port\":8301,\"Tags\":{\"acls\":\"0\","
        "\"bootstrap\":\"1\",\"build\":\"1.21.4:muster\",\"dc\":\"dc1\",");
    assert_non_null(strstr(rig_body(*state), "\"Status\":1,\"ProtocolMin\":1,\"ProtocolMax\":5,"
                                             "\"ProtocolCur\":2,\"DelegateMin\":2,"
                                             "\"DelegateMax\":5,\"DelegateCur\":4}]"));
    rig_expect_part(*state, "GET /v1/agent/members?wan=1", NULL, 200,
                    "[{\"Name\":\"n1.dc1\",\"Addr\":\"10.0.0.1\",\"Port\":8302,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_has_what_clients_read_first),
        cmocka_unit_test(version_is_consuls),
        cmocka_unit_test(host_has_memory_and_disk),
        cmocka_unit_test(members_are_alive),
    };
    return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
