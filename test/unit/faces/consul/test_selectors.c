/* What ?filter may name, of each kind of row. */
#include "faces/consul/rows/selectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "faces/consul/call/areas.h"
#include "rig.h"

static const char *const registered[] = {
    "{\"Node\":\"far\",\"ID\":\"0a0b0c0d-0000-4000-8000-00000000000a\",\"Address\":\"10.9.9.9\","
    "\"TaggedAddresses\":{\"lan\":\"10.9.9.8\"},\"NodeMeta\":{\"zone\":\"a\",\"a-b\":\"c\"},"
    "\"Service\":{\"ID\":\"w1\",\"Service\":\"web\",\"Tags\":[\"canary\",\"v2\"],\"Address\":"
    "\"10.1.1.1\",\"Port\":80,\"Meta\":{\"version\":\"2\",\"a-b\":\"c\"},\"Weights\":{\"Passing\":"
    "5,"
    "\"Warning\":2},\"EnableTagOverride\":true,\"TaggedAddresses\":{\"wan\":{\"Address\":"
    "\"1.2.3.4\",\"Port\":8}},\"Connect\":{\"Native\":true}},\"Check\":{\"CheckID\":\"c1\","
    "\"Name\":\"first\",\"Status\":\"passing\",\"Notes\":\"noted\",\"Output\":\"said\",\"Type\":"
    "\"http\",\"ServiceID\":\"w1\"}}",
    "{\"Node\":\"far\",\"SkipNodeUpdate\":true,\"Service\":{\"ID\":\"w3\",\"Service\":\"db\","
    "\"SocketPath\":\"/"
    "s\"},\"Check\":{\"CheckID\":\"c3\",\"Name\":\"third\",\"ServiceID\":\"w3\"}}",
    "{\"Node\":\"zed\",\"Address\":\"10.8.8.8\",\"Service\":{\"ID\":\"w2\",\"Service\":\"web\","
    "\"Kind\":\"ingress-gateway\",\"SocketPath\":\"/s\"},\"Check\":{\"CheckID\":\"c2\",\"Name\":"
    "\"second\",\"Status\":\"warning\",\"ServiceID\":\"w2\"}}",
};

static int setup(void **state)
{
    rig_setup(state);
    for (size_t i = 0; i < ARRAY_LEN(registered); i++)
        rig_expect(*state, "PUT /v1/catalog/register", registered[i], 200, "true");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"a1\",\"Name\":\"own\",\"Tags\":[\"x\"],\"Port\":1,\"Check\":{\"CheckID\":"
               "\"k1\",\"Name\":\"kay\",\"TTL\":\"1h\",\"Status\":\"passing\"}}",
               200, "");
    rig_expect(*state, "PUT /v1/agent/service/register",
               "{\"ID\":\"a2\",\"Name\":\"mine\",\"Check\":{\"CheckID\":\"k2\",\"TTL\":\"1h\"}}",
               200, "");
    return 0;
}

/* Each is so of the first row alone. */
static const struct {
    const char *path, *first, *other; /* what only the one and the other shows */
    const char *filters[32];
} tables[] = {
    { "catalog/nodes",
      "\"Node\":\"far\"",
      "\"Node\":\"zed\"",
      { "ID == `0a0b0c0d-0000-4000-8000-00000000000a`", "Node == far", "Node matches `^f`",
        "Address == `10.9.9.9`", "`9.9` in Address", "Datacenter == dc1 and Node == far",
        "PeerName == `` and Node == far", "TaggedAddresses.lan == `10.9.9.8`", "Meta.zone == a",
        "Meta[\"a-b\"] == c", "`a-b` in Meta", "Meta contains zone" } },
    { "catalog/service/web",
      "\"ServiceID\":\"w1\"",
      "\"ServiceID\":\"w2\"",
      { "ID == `0a0b0c0d-0000-4000-8000-00000000000a`",
        "Node == far",
        "Address == `10.9.9.9`",
        "Datacenter == dc1 and Node == far",
        "NodeMeta.zone == a",
        "TaggedAddresses.lan == `10.9.9.8`",
        "ServiceKind == ``",
        "ServiceID == w1",
        "ServiceName == web and ServicePort == 80",
        "canary in ServiceTags",
        "ServiceTags contains v2",
        "ServiceTags is not empty",
        "ServiceAddress == `10.1.1.1`",
        "ServiceTaggedAddresses.wan.Address == `1.2.3.4`",
        "ServiceTaggedAddresses[\"wan\"].Port == 8",
        "wan in ServiceTaggedAddresses",
        "ServiceMeta.version == `2`",
        "ServiceMeta[\"a-b\"] == c",
        "ServicePort == 80",
        "ServicePort != 0",
        "ServiceWeights.Passing == 5",
        "ServiceWeights.Warning == 2",
        "ServiceEnableTagOverride == true",
        "ServiceConnect.Native == true",
        "ServiceSocketPath == ``",
        "PeerName == `` and ServicePort == 80" } },
    { "catalog/services",
      "\"db\":",
      "\"web\":",
      { "ServiceName == db", "ServiceID == w3", "Node == far and ServiceTags is empty" } },
    { "catalog/node/far",
      "\"w1\":",
      "\"w3\":",
      { "Kind == `` and Port == 80", "ID == w1", "Service == web", "canary in Tags",
        "Address == `10.1.1.1`", "Port == 80", "Meta.version == `2`", "Weights.Passing == 5",
        "Weights.Warning == 2", "EnableTagOverride == true", "Connect.Native == true",
        "TaggedAddresses.wan.Port == 8", "SocketPath == ``", "PeerName == `` and ID == w1" } },
    { "catalog/node-services/far",
      "\"ID\":\"w1\"",
      "\"ID\":\"w3\"",
      { "Service == web", "canary in Tags" } },
    { "health/service/web",
      "\"ID\":\"w1\"",
      "\"ID\":\"w2\"",
      { "Node.ID == `0a0b0c0d-0000-4000-8000-00000000000a`",
        "Node.Node == far",
        "Node.Address == `10.9.9.9`",
        "Node.Meta.zone == a",
        "Node.TaggedAddresses.lan != `` and Node.Node == far",
        "Service.Meta.version == \"2\" and \"canary\" in Service.Tags",
        "Service.Port == 80",
        "Service.Kind == ``",
        "Service.Weights.Warning == 2",
        "Service.Connect.Native == true",
        "Service.TaggedAddresses[\"wan\"].Address == `1.2.3.4`",
        "Checks.Status == passing",
        "Checks.CheckID == c1",
        "Checks.Name == first",
        "Checks.Node == far",
        "Checks.Notes == noted",
        "Checks.Output == said",
        "Checks.ServiceID == w1",
        "Checks.ServiceName == web and Checks.Type == http",
        "Checks.ServiceTags contains canary",
        "Checks.Type == http",
        "Checks is not empty and Node.Node == far" } },
    { "health/node/far",
      "\"CheckID\":\"c1\"",
      "\"CheckID\":\"c3\"",
      { "CheckID == c1", "Name == first", "Node == far and Status == passing", "Notes == noted",
        "Output == said", "ServiceID == w1", "ServiceName == web", "v2 in ServiceTags",
        "Status == passing", "Type == http", "PeerName == `` and CheckID == c1" } },
    { "health/checks/web",
      "\"CheckID\":\"c1\"",
      "\"CheckID\":\"c2\"",
      { "Status == passing", "Node == far" } },
    { "health/state/any",
      "\"CheckID\":\"c1\"",
      "\"CheckID\":\"c2\"",
      { "CheckID == c1", "Type == http" } },
    { "agent/services",
      "\"a1\":",
      "\"a2\":",
      { "Service == own", "ID == a1", "x in Tags", "Port == 1" } },
    { "agent/checks",
      "\"k1\":",
      "\"k2\":",
      { "CheckID == k1", "Name == kay", "Status == passing", "ServiceName == own",
        "x in ServiceTags", "ServiceID == a1", "Type == ttl and Status == passing" } },
};

static void ask(struct rig *rig, const char *path, bool is_so, const char *filter)
{
    char text[500], request[2000];
    snprintf(text, sizeof text, "%s(%s)", is_so ? "" : "not ", filter);
    size_t n = (size_t)snprintf(request, sizeof request, "GET /v1/%s?filter=", path);
    for (const char *c = text; *c != 0; c++)
        n += (size_t)snprintf(request + n, sizeof request - n, "%%%02X", (unsigned char)*c);
    if (rig_ask(rig, request, NULL, "") != 200)
        fail_msg("%s: %s: %s", path, text, rig_body(rig));
}

static bool shows(struct rig *rig, const char *mark)
{
    return strstr(rig_body(rig), mark) != NULL;
}

static void row_is_shown_if_what_is_said_of_it_is_so(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++)
        for (const char *const *filter = tables[i].filters; *filter != NULL; filter++) {
            ask(rig, tables[i].path, true, *filter);
            if (!shows(rig, tables[i].first) || shows(rig, tables[i].other))
                fail_msg("%s: %s: %s", tables[i].path, *filter, rig_body(rig));
            ask(rig, tables[i].path, false, *filter);
            if (shows(rig, tables[i].first) || !shows(rig, tables[i].other))
                fail_msg("%s: not %s: %s", tables[i].path, *filter, rig_body(rig));
        }
}

/* A list is asked whether any of it is so. */
static void some_check_that_differs_is_enough(void **state)
{
    ask(*state, "health/service/web", true, "Checks.Status != passing");
    assert_true(shows(*state, "\"ID\":\"w2\""));
    assert_false(shows(*state, "\"ID\":\"w1\""));
    rig_expect(*state, "PUT /v1/catalog/register",
               "{\"Node\":\"far\",\"SkipNodeUpdate\":true,\"Check\":{\"CheckID\":\"n\",\"Name\":"
               "\"n\",\"Status\":\"critical\"}}",
               200, "true");
    ask(*state, "health/service/web", true, "Checks.Status != passing");
    assert_true(shows(*state, "\"ID\":\"w1\""));
    ask(*state, "health/service/web", true, "Checks.Status == passing");
    assert_true(shows(*state, "\"ID\":\"w1\""));
}

/* Of all routes that say that they take one. */
static void what_is_no_selector_is_refused_by_each_route(void **state)
{
    size_t asked = 0;
    for (size_t a = 0; a < consul_area_n; a++)
        for (size_t r = 0; r < consul_areas[a]->route_n; r++) {
            char request[300];
            const struct consul_route *route = &consul_areas[a]->routes[r];
            if (route->parameters == NULL || strstr(route->parameters, "filter") == NULL)
                continue;
            bool has_rest = route->path[strlen(route->path) - 1] == '/';
            const char *rest = strcmp(route->path, "/v1/config/") == 0 ? "service-defaults" : "x";
            snprintf(request, sizeof request, "GET %s%s?filter=Bogus==1", route->path,
                     has_rest ? rest : "");
            rig_expect_part(*state, request, NULL, 500,
                            "Failed to create boolean expression evaluator: Selector \"Bogus\" is "
                            "not valid");
            asked++;
        }
    assert_true(asked >= 12);
}

static void filter_changes_no_index_and_an_empty_one_is_none(void **state)
{
    rig_ask(*state, "GET /v1/health/service/web", NULL, "");
    char *index = strdup(rig_header(*state, "x-consul-index"));
    rig_expect(*state, "GET /v1/health/service/web?filter=Service.Port==9", NULL, 200, "[]");
    assert_string_equal(rig_header(*state, "x-consul-index"), index);
    rig_expect_part(*state, "GET /v1/health/service/web?filter=", NULL, 200, "\"ID\":\"w2\"");
    free(index);
}

static void definitions_are_not_asked(void **state)
{
    rig_expect(*state, "GET /v1/health/node/far?filter=Definition.HTTP==x", NULL, 500,
               "Failed to create boolean expression evaluator: Selector \"Definition\" is not "
               "valid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_is_shown_if_what_is_said_of_it_is_so),
        cmocka_unit_test(what_is_no_selector_is_refused_by_each_route),
        cmocka_unit_test(filter_changes_no_index_and_an_empty_one_is_none),
        cmocka_unit_test(definitions_are_not_asked),
        cmocka_unit_test(some_check_that_differs_is_enough), /* registers one more check */
    };
    return cmocka_run_group_tests(tests, setup, rig_teardown);
}
