/* /v1/event. */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/uuid.h"

static struct uuid last_id(struct rig *rig)
{
    struct uuid id;
    assert_true(uuid_parse(bytes_of(rig_body(rig) + 7, UUID_TEXT), &id));
    return id;
}

/* Consul's index of an event: the halves of its id, one over the other. */
static const char *index_of(const struct uuid *id)
{
    static char text[32];
    uint64_t index = 0;
    for (int i = 0; i < 8; i++)
        index = index << 8 | (uint64_t)(id->b[i] ^ id->b[8 + i]);
    snprintf(text, sizeof text, "%llu", (unsigned long long)index);
    return text;
}

static void fire(struct rig *rig, const char *request, const char *payload)
{
    rig_expect_part(rig, request, payload, 200, "{\"ID\":\"");
}

static void fired_event_is_listed(void **state)
{
    char expected[300];
    fire(*state, "PUT /v1/event/fire/deploy", "v1");
    struct uuid id = last_id(*state);
    snprintf(expected, sizeof expected,
             "%.43s\",\"Name\":\"deploy\",\"Payload\":\"djE=\",\"NodeFilter\":\"\","
             "\"ServiceFilter\":\"\",\"TagFilter\":\"\",\"Version\":1,\"LTime\":",
             rig_body(*state));
    assert_memory_equal(rig_body(*state), expected, strlen(expected));
    assert_string_equal(rig_body(*state) + strlen(expected), "0}");
    char listed[300];
    snprintf(listed, sizeof listed, "[%s1}]", expected);
    rig_expect(*state, "GET /v1/event/list", NULL, 200, listed);
    assert_string_equal(rig_header(*state, "x-consul-index"), index_of(&id));
}

static void events_are_listed_by_name_oldest_first(void **state)
{
    rig_expect(*state, "GET /v1/event/list", NULL, 200, "[]");
    assert_string_equal(rig_header(*state, "x-consul-index"), "1");
    fire(*state, "PUT /v1/event/fire/a", NULL);
    fire(*state, "PUT /v1/event/fire/b", NULL);
    struct uuid b = last_id(*state);
    fire(*state, "PUT /v1/event/fire/a", "2");
    rig_expect_part(*state, "GET /v1/event/list?name=a", NULL, 200, "\"Payload\":null");
    const char *first = strstr(rig_body(*state), "\"LTime\":1}");
    assert_non_null(first);
    assert_non_null(strstr(first, "\"Payload\":\"Mg==\""));
    assert_null(strstr(rig_body(*state), "\"Name\":\"b\""));
    rig_ask(*state, "GET /v1/event/list?name=b", NULL, "");
    assert_string_equal(rig_header(*state, "x-consul-index"), index_of(&b));
    rig_expect(*state, "GET /v1/event/list?name=none", NULL, 200, "[]");
}

static void query_waits_until_the_index_differs(void **state)
{
    struct rig *rig = *state;
    char request[200];
    fire(rig, "PUT /v1/event/fire/a", NULL);
    struct uuid id = last_id(rig);
    snprintf(request, sizeof request, "GET /v1/event/list?name=a&wait=30s&index=%s", index_of(&id));
    struct client *c = rig_begin(rig, request, NULL);
    fire(rig, "PUT /v1/event/fire/b", NULL);
    fire(rig, "PUT /v1/event/fire/a", NULL);
    struct uuid next = last_id(rig);
    assert_int_equal(rig_end(rig, c), 200);
    assert_string_equal(rig_header(rig, "x-consul-index"), index_of(&next));
    rig_expect_part(rig, request, NULL, 200, "\"LTime\":3}"); /* it differs: at once */
    snprintf(request, sizeof request, "GET /v1/event/list?name=a&wait=10ms&index=%s",
             index_of(&next));
    rig_expect_part(rig, request, NULL, 200, "\"LTime\":3}"); /* in vain */
}

static void event_that_cannot_be_is_refused(void **state)
{
    char payload[600], path[300];
    memset(payload, 'p', sizeof payload);
    payload[513] = 0;
    rig_expect(*state, "PUT /v1/event/fire/", NULL, 400, "Missing name");
    rig_expect(*state, "PUT /v1/event/fire/a?tag=t", NULL, 500,
               "Cannot provide tag filter without service filter");
    rig_expect(*state, "PUT /v1/event/fire/a?node=%28", NULL, 500,
               "Invalid node filter: error parsing regexp: missing closing ): `(`");
    rig_expect(*state, "PUT /v1/event/fire/a", payload, 500,
               "user event exceeds configured limit of 512 bytes before encoding");
    payload[512] = 0;
    fire(*state, "PUT /v1/event/fire/a", payload);
    memset(path, 'n', sizeof path);
    memcpy(path, "PUT /v1/event/fire/", 19);
    path[19 + 257] = 0;
    rig_expect_part(*state, path, NULL, 500, "user event exceeds configured limit");
    path[19 + 256] = 0;
    fire(*state, path, NULL);
}

/* The list is the agent's own, so no datacenter is asked; what is fired goes to one. */
static void events_are_this_agents_whatever_datacenter_is_named(void **state)
{
    fire(*state, "PUT /v1/event/fire/a?dc=dc1", NULL);
    rig_expect(*state, "PUT /v1/event/fire/a?dc=dc9", NULL, 500, "No path to datacenter");
    rig_expect_part(*state, "GET /v1/event/list?dc=dc9", NULL, 200, "[{\"ID\":\"");
}

static void event_for_another_node_is_not_listed(void **state)
{
    fire(*state, "PUT /v1/event/fire/a?node=%5En%5B23%5D%24", NULL);
    fire(*state, "PUT /v1/event/fire/a?service=web", NULL);
    rig_expect(*state, "GET /v1/event/list", NULL, 200, "[]");
    fire(*state, "PUT /v1/event/fire/a?node=%5En1%24", NULL);
    rig_expect_part(*state, "GET /v1/event/list", NULL, 200, "\"NodeFilter\":\"^n1$\"");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fired_event_is_listed),
        TEST(events_are_listed_by_name_oldest_first),
        TEST(query_waits_until_the_index_differs),
        TEST(event_that_cannot_be_is_refused),
        TEST(events_are_this_agents_whatever_datacenter_is_named),
        TEST(event_for_another_node_is_not_listed),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
