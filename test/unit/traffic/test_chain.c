/* Chains by table: entries, a service, and what comes out, with ids cut short: "web" is
 * "web.default.default.dc1", "web@dc2" the one of another datacenter. */
#include "traffic/chain.h"
#include "traffic/config_entry_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/compiler.h"

enum { ENTRIES_MAX = 100 };

struct store {
    struct arena arena;
    struct config_entry entries[ENTRIES_MAX];
    size_t n;
};

static const struct config_entry *find(void *ctx, enum config_entry_kind kind, struct bytes name)
{
    const struct store *s = ctx;
    for (size_t i = 0; i < s->n; i++)
        if (s->entries[i].kind == kind && bytes_eq(s->entries[i].name, name))
            return &s->entries[i];
    return NULL;
}

/* JSON is a list of entries. */
static void fill(struct store *s, const char *json)
{
    const struct json_node *list;
    struct why why = { "" };
    *s = (struct store){ .n = 0 };
    arena_init(&s->arena, 0);
    assert_int_equal(json_read(bytes_str(json), &s->arena, &list, &why), OK);
    for (const struct json_node *each = list->first; each != NULL; each = each->next) {
        struct config_entry *entry = &s->entries[s->n++];
        if (config_entry_read_node(each, &s->arena, entry, &why) != OK ||
            config_entry_check(entry, &s->arena, &why) != OK)
            fail_msg("%s", why.text);
    }
}

static enum err compile(struct store *s, const char *service, const char *override,
                        struct chain *ret, struct why *why)
{
    const struct chain_source source = { find, s };
    struct chain_request *request = arena_zalloc(&s->arena, 1, sizeof *request);
    *request = (struct chain_request){ .service = bytes_str(service),
                                       .datacenter = bytes_str("dc1"),
                                       .trust_domain = bytes_str("td"),
                                       .override_protocol = bytes_str(override) };
    return chain_compile(request, &source, &s->arena, ret, why);
}

/* -- in short ------------------------------------------------------------------------------------
 */

static void put_short(struct buf *out, struct bytes id)
{
    static const char middle[] = ".default.default";
    const char *text = (const char *)id.p;
    const uint8_t *at = memmem(text, id.n, middle, strlen(middle));
    if (at == NULL) {
        buf_put_bytes(out, id);
        return;
    }
    buf_put(out, text, (size_t)(at - id.p));
    struct bytes dc = bytes_skip(id, (size_t)(at - id.p) + strlen(middle));
    if (dc.n > 0 && !bytes_is(dc, ".dc1")) {
        buf_put_u8(out, '@');
        buf_put_bytes(out, bytes_skip(dc, 1));
    }
}

static void put_node(struct buf *out, const struct chain_node *node)
{
    buf_put_str(out, "; ");
    put_short(out, node->key);
    if (node->kind == CHAIN_RESOLVER && node->failover_n == 0)
        return;
    buf_put_str(out, " [");
    for (size_t i = 0; i < node->leg_n; i++) {
        buf_put_str(out, i == 0 ? "" : ", ");
        if (node->kind == CHAIN_SPLITTER)
            buf_printf(out, "%g ", node->legs[i].weight);
        put_short(out, node->legs[i].next->key);
    }
    for (size_t i = 0; i < node->failover_n; i++) {
        buf_put_str(out, i == 0 ? "" : ", ");
        put_short(out, node->failover[i]->id);
    }
    buf_put_str(out, "]");
}

/* "http Default CustomizationHash start resolver:web; nodes ...; targets ..." */
static void put_chain(struct buf *out, const struct chain *chain)
{
    buf_put_bytes(out, chain->protocol);
    buf_printf(out, "%s%s start ", chain->is_default ? " Default" : "",
               chain->customization[0] != 0 ? " customized" : "");
    put_short(out, chain->start->key);
    for (size_t i = 0; i < chain->node_n; i++)
        put_node(out, chain->nodes[i]);
    buf_put_str(out, "; targets");
    for (size_t i = 0; i < chain->target_n; i++) {
        buf_put_u8(out, ' ');
        put_short(out, chain->targets[i]->id);
    }
    buf_put_u8(out, 0);
}

/* -- the vectors --------------------------------------------------------------------------------
 */

#define HTTP "{\"Kind\":\"proxy-defaults\",\"Config\":{\"protocol\":\"HTTP\"}}"
#define DEFAULTS(name, protocol) \
    "{\"Kind\":\"service-defaults\",\"Name\":\"" name "\",\"Protocol\":\"" protocol "\"}"
#define RESOLVER(name, rest) "{\"Kind\":\"service-resolver\",\"Name\":\"" name "\"," rest "}"
#define SPLITTER(name, splits) \
    "{\"Kind\":\"service-splitter\",\"Name\":\"" name "\",\"Splits\":[" splits "]}"
#define TO(weight, service) "{\"Weight\":" weight ",\"Service\":\"" service "\"}"
#define SUBSET(weight, subset) "{\"Weight\":" weight ",\"ServiceSubset\":\"" subset "\"}"
#define ROUTER(name, routes) \
    "{\"Kind\":\"service-router\",\"Name\":\"" name "\",\"Routes\":[" routes "]}"

static const struct {
    const char *name, *entries, *asked, *override, *is;
} vectors[] = {
    { "C1", "[]", "web", "", "tcp Default start resolver:web; resolver:web; targets web" },
    { "C2", "[" DEFAULTS("web", "http") "]", "web", "",
      "http Default start resolver:web; resolver:web; targets web" },
    { "C3",
      "[" RESOLVER("web", "\"ConnectTimeout\":\"15s\",\"Failover\":{\"*\":{\"Datacenters\":"
                          "[\"dc3\",\"dc1\",\"dc4\"]}}") "]",
      "web", "",
      "tcp start resolver:web; resolver:web [web@dc3, web@dc4]; targets web web@dc3 web@dc4" },
    { "C4", "[" RESOLVER("web", "\"Redirect\":{\"Datacenter\":\"dc2\"}") "]", "web", "",
      "tcp start resolver:web@dc2; resolver:web@dc2; targets web@dc2" },
    { "C5",
      "[" RESOLVER("web", "\"Redirect\":{\"Service\":\"alt\"}") "," RESOLVER(
          "alt", "\"DefaultSubset\":\"v2\",\"Subsets\":{\"v2\":{}}") "]",
      "web", "", "tcp start resolver:v2.alt; resolver:v2.alt; targets v2.alt" },
    { "C6",
      "[" RESOLVER("web", "\"Redirect\":{\"Service\":\"alt\"}") "," RESOLVER(
          "alt", "\"Redirect\":{\"Service\":\"web\"}") "]",
      "web", "",
      "detected circular resolver redirect: [web.default.default.dc1 -> alt.default.default.dc1 -> "
      "web.default.default.dc1]" },
    { "C7",
      "[" HTTP "," RESOLVER("user", "\"Subsets\":{\"v1\":{},\"v2\":{}}") "," SPLITTER(
          "user", SUBSET("90", "v1") "," SUBSET("10", "v2")) "]",
      "user", "",
      "http start splitter:user; resolver:v1.user; resolver:v2.user; splitter:user [90 "
      "resolver:v1.user, 10 resolver:v2.user]; targets v1.user v2.user" },
    { "C8",
      "[" HTTP "," RESOLVER("user2", "\"Subsets\":{\"a\":{},\"b\":{}}") "," SPLITTER(
          "user",
          TO("60", "user") "," TO("40", "user2")) "," SPLITTER("user2",
                                                               SUBSET("33.33", "a") "," SUBSET(
                                                                   "66.67", "b")) "]",
      "user", "",
      "http start splitter:user; resolver:a.user2; resolver:b.user2; resolver:user; splitter:user "
      "[60 resolver:user, 13.33 resolver:a.user2, 26.67 resolver:b.user2]; targets a.user2 b.user2 "
      "user" },
    { "C9",
      "[" HTTP
      "," SPLITTER("a", TO("50", "a") "," TO("50", "b")) "," SPLITTER("b", TO("100", "a")) "]",
      "a", "",
      "detected circular reference: [splitter:a.default.default -> splitter:b.default.default -> "
      "splitter:a.default.default]" },
    { "C10", "[" SPLITTER("user", TO("100", "user")) "]", "user", "",
      "discovery chain \"user\" uses a protocol \"tcp\" that does not permit advanced routing or "
      "splitting behavior" },
    { "C11", "[" HTTP "," SPLITTER("user", SUBSET("100", "v9")) "]", "user", "",
      "service \"user\" does not have a subset named \"v9\"" },
    { "C12",
      "[" DEFAULTS("user", "http") "," DEFAULTS("pay", "grpc") "," SPLITTER(
          "user", TO("50", "user") "," TO("50", "pay")) "]",
      "user", "",
      "discovery chain \"user\" uses inconsistent protocols; service \"pay\" has \"grpc\" which is "
      "not \"http\"" },
    { "C13",
      "[" HTTP "," RESOLVER("web", "\"Subsets\":{\"canary\":{}}") "," SPLITTER(
          "admin",
          TO("75", "admin") "," TO(
              "25", "web")) "," ROUTER("web",
                                       "{\"Match\":{\"HTTP\":{\"PathPrefix\":\"/admin\"}},"
                                       "\"Destination\":{\"Service\":\"admin\"}},"
                                       "{\"Match\":{\"HTTP\":{\"Header\":[{\"Name\":\"x-"
                                       "debug\",\"Exact\":\"1\"}]}},"
                                       "\"Destination\":{\"ServiceSubset\":\"canary\"}}") "]",
      "web", "",
      "http start router:web; resolver:admin; resolver:canary.web; resolver:web; router:web "
      "[splitter:admin, resolver:canary.web, resolver:web]; splitter:admin [75 resolver:admin, 25 "
      "resolver:web]; targets admin canary.web web" },
    { "C14",
      "[" RESOLVER("user",
                   "\"DefaultSubset\":\"v1\",\"Subsets\":{\"v1\":{},\"v2\":{}},\"Failover\":{"
                   "\"v1\":{\"ServiceSubset\":\"v2\"},\"*\":{\"Service\":\"backup\"}}") "]",
      "user", "",
      "tcp start resolver:v1.user; resolver:v1.user [v2.user]; targets v1.user v2.user" },
    { "C15",
      "[" RESOLVER(
          "user",
          "\"DefaultSubset\":\"v1\",\"Subsets\":{\"v1\":{}},\"Failover\":{\"*\":{"
          "\"Targets\":[{\"Service\":\"backup\"},{\"Datacenter\":\"dc2\"},{\"Service\":"
          "\"user\",\"ServiceSubset\":\"v1\"}]}}") "," RESOLVER("backup",
                                                                "\"Failover\":{\"*\":{"
                                                                "\"Service\":\"third\"}}") "]",
      "user", "",
      "tcp start resolver:v1.user; resolver:v1.user [backup, v1.user@dc2]; targets backup v1.user "
      "v1.user@dc2" },
    { "C16", "[" HTTP "," ROUTER("web", "") "]", "web", "tcp",
      "tcp Default customized start resolver:web; resolver:web; targets web" },
    { "C17",
      "[" HTTP "," SPLITTER("user", TO("50", "user") "," TO("50", "old")) "," RESOLVER(
          "old", "\"Redirect\":{\"Service\":\"new\"}") "," SPLITTER("new", TO("100", "x")) "]",
      "user", "",
      "http start splitter:user; resolver:new; resolver:user; splitter:user [50 resolver:user, 50 "
      "resolver:new]; targets new user" },
    { "C18",
      "[" HTTP "," SPLITTER("user", TO("50", "a") "," TO("50", "b")) "," RESOLVER(
          "a",
          "\"Redirect\":{\"Service\":\"z\"}") "," RESOLVER("b",
                                                           "\"Redirect\":{\"Service\":\"z\"}") "]",
      "user", "",
      "http start splitter:user; resolver:z; splitter:user [50 resolver:z, 50 resolver:z]; targets "
      "z" },
    { "C19", "[" HTTP "," DEFAULTS("web", "") "," ROUTER("web", "") "]", "web", "",
      "discovery chain \"web\" uses a protocol \"tcp\" that does not permit advanced routing or "
      "splitting behavior" },
    { "a redirect to a peer",
      "[" RESOLVER("web", "\"Redirect\":{\"Service\":\"web\",\"Peer\":\"far\"}") "]", "web", "",
      "tcp start resolver:web@external.far; resolver:web@external.far; targets web@external.far" },
    { "subsets behind a foreign name",
      "[{\"Kind\":\"service-defaults\",\"Name\":\"web\",\"ExternalSNI\":\"x.example\"}," RESOLVER(
          "web", "\"Subsets\":{\"v1\":{}}") "]",
      "web", "",
      "service \"web\" has an external SNI set; cannot define subsets for external services" },
};

static void vectors_come_out(void **state)
{
    struct store s;
    struct chain chain;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct why why = { "" };
        struct buf out;
        buf_init(&out, 10000);
        fill(&s, vectors[i].entries);
        if (compile(&s, vectors[i].asked, vectors[i].override, &chain, &why) == OK)
            put_chain(&out, &chain);
        else
            buf_put(&out, why.text, strlen(why.text) + 1);
        if (strcmp((const char *)out.p, vectors[i].is) != 0)
            fail_msg("%s: %s\nnot %s", vectors[i].name, out.p, vectors[i].is);
        buf_fini(&out);
        arena_fini(&s.arena);
    }
}

/* -- JSON ---------------------------------------------------------------------------------------
 */

static void write_json(const char *entries, const char *service, struct buf *out)
{
    struct store s;
    struct chain chain;
    struct why why = { "" };
    struct json_writer j;
    fill(&s, entries);
    assert_int_equal(compile(&s, service, "", &chain, &why), OK);
    buf_init(out, 100000);
    json_init(&j, out);
    chain_write(&chain, &j);
    buf_put_u8(out, 0);
    arena_fini(&s.arena);
}

static void expect_json(const char *entries, const char *service, const char *json)
{
    struct buf out;
    write_json(entries, service, &out);
    assert_string_equal((const char *)out.p, json);
    buf_fini(&out);
}

static void expect_json_part(const char *entries, const char *service, const char *part)
{
    struct buf out;
    write_json(entries, service, &out);
    if (strstr((const char *)out.p, part) == NULL)
        fail_msg("%s\nlacks %s", out.p, part);
    buf_fini(&out);
}

static void a_service_without_entries_has_one_resolver(void **state)
{
    expect_json("[]", "web",
                "{\"Chain\":{\"ServiceName\":\"web\",\"Namespace\":\"default\",\"Partition\":"
                "\"default\",\"Datacenter\":\"dc1\",\"Default\":true,\"Protocol\":\"tcp\","
                "\"StartNode\":\"resolver:web.default.default.dc1\",\"Nodes\":{\"resolver:web."
                "default.default.dc1\":{\"Type\":\"resolver\",\"Name\":\"web.default.default.dc1\","
                "\"Resolver\":{\"ConnectTimeout\":\"5s\",\"Default\":true,\"Target\":\"web.default."
                "default.dc1\"}}},\"Targets\":{\"web.default.default.dc1\":{\"ConnectTimeout\":"
                "\"5s\",\"ID\":\"web.default.default.dc1\",\"Service\":\"web\",\"Namespace\":"
                "\"default\",\"Partition\":\"default\",\"Datacenter\":\"dc1\",\"MeshGateway\":{},"
                "\"Subset\":{},\"TransparentProxy\":{},\"SNI\":\"web.default.dc1.internal.td\","
                "\"Name\":\"web.default.dc1.internal.td\"}},\"AutoVirtualIPs\":null,"
                "\"ManualVirtualIPs\":null}}");
}

/* As Consul shows it: the routes of the entry as they were written, the one that it adds in full.
 */
static void last_route_of_a_router_says_where_its_service_is(void **state)
{
    expect_json_part("[" HTTP "," ROUTER("web", "{\"Match\":{\"HTTP\":{\"PathPrefix\":\"/a\"}},"
                                                "\"Destination\":{\"Service\":\"api\"}}") "]",
                     "web",
                     "\"Routes\":[{\"Definition\":{\"Match\":{\"HTTP\":{\"PathPrefix\":\"/a\"}},"
                     "\"Destination\":{\"Service\":\"api\"}},\"NextNode\":\"resolver:api.default."
                     "default.dc1\"},{\"Definition\":{\"Match\":{\"HTTP\":{\"PathPrefix\":\"/\"}},"
                     "\"Destination\":{\"Service\":\"web\",\"Namespace\":\"default\",\"Partition\":"
                     "\"default\"}},\"NextNode\":\"resolver:web.default.default.dc1\"}]");
}

static void splits_and_subsets_are_shown(void **state)
{
    expect_json(
        "[" HTTP "," SPLITTER("web", SUBSET("100", "v1")) "," RESOLVER(
            "web", "\"Subsets\":{\"v1\":{\"Filter\":\"Service.Meta.version == v1\"}}") "]",
        "web",
        "{\"Chain\":{\"ServiceName\":\"web\",\"Namespace\":\"default\",\"Partition\":\"default\","
        "\"Datacenter\":\"dc1\",\"Protocol\":\"http\",\"StartNode\":\"splitter:web.default."
        "default\",\"Nodes\":{\"resolver:v1.web.default.default.dc1\":{\"Type\":\"resolver\","
        "\"Name\":\"v1.web.default.default.dc1\",\"Resolver\":{\"ConnectTimeout\":\"5s\","
        "\"Target\":\"v1.web.default.default.dc1\"}},\"splitter:web.default.default\":{\"Type\":"
        "\"splitter\",\"Name\":\"web.default.default\",\"Splits\":[{\"Definition\":{\"Weight\":100,"
        "\"ServiceSubset\":\"v1\"},\"Weight\":100,\"NextNode\":\"resolver:v1.web.default.default."
        "dc1\"}]}},\"Targets\":{\"v1.web.default.default.dc1\":{\"ConnectTimeout\":\"5s\",\"ID\":"
        "\"v1.web.default.default.dc1\",\"Service\":\"web\",\"ServiceSubset\":\"v1\",\"Namespace\":"
        "\"default\",\"Partition\":\"default\",\"Datacenter\":\"dc1\",\"MeshGateway\":{},"
        "\"Subset\":{\"Filter\":\"Service.Meta.version == v1\"},\"TransparentProxy\":{},\"SNI\":"
        "\"v1.web.default.dc1.internal.td\",\"Name\":\"v1.web.default.dc1.internal.td\"}},"
        "\"AutoVirtualIPs\":null,\"ManualVirtualIPs\":null}}");
}

static void headers_of_joined_splitters_are_merged(void **state)
{
    struct store s;
    struct chain chain;
    struct why why = { "" };
    fill(&s, "[" HTTP ",{\"Kind\":\"service-splitter\",\"Name\":\"a\",\"Splits\":[{\"Weight\":100,"
             "\"Service\":\"b\",\"RequestHeaders\":{\"Set\":{\"x\":\"outer\",\"y\":\"outer\"}},"
             "\"ResponseHeaders\":{\"Set\":{\"x\":\"outer\"},\"Remove\":[\"q\"]}}]},"
             "{\"Kind\":\"service-splitter\",\"Name\":\"b\",\"Splits\":[{\"Weight\":100,"
             "\"RequestHeaders\":{\"Set\":{\"x\":\"inner\"}},"
             "\"ResponseHeaders\":{\"Set\":{\"x\":\"inner\"},\"Remove\":[\"p\"]}}]}]");
    assert_int_equal(compile(&s, "a", "", &chain, &why), OK);
    const struct entry_split *split = &chain.start->legs[0].split;
    assert_int_equal(split->request_headers->set.n, 2);
    assert_true(bytes_is(split->request_headers->set.all[0].value, "inner"));
    assert_true(bytes_is(split->request_headers->set.all[1].value, "outer"));
    assert_true(bytes_is(split->response_headers->set.all[0].value, "outer"));
    assert_int_equal(split->response_headers->remove.n, 2);
    arena_fini(&s.arena);
}

/* -- limits -------------------------------------------------------------------------------------
 */

/* N services redirect to one another in a row. */
static enum err compile_row(size_t n, const char *kind, const char *middle, const char *end,
                            const char *more)
{
    struct store s;
    struct chain chain;
    struct why why = { "" };
    struct buf json;
    buf_init(&json, 1 << 20);
    buf_printf(&json, "[%s", more);
    for (size_t i = 0; i < n; i++) {
        buf_put_str(&json, i == 0 && more[0] == 0 ? "" : ",");
        buf_printf(&json, "{\"Kind\":\"%s\",\"Name\":\"s%zu\",%s\"s%zu\"%s}", kind, i, middle,
                   i + 1, end);
    }
    buf_put(&json, "]", 2);
    fill(&s, (const char *)json.p);
    enum err e = compile(&s, "s0", "", &chain, &why);
    arena_fini(&s.arena);
    buf_fini(&json);
    return e;
}

static enum err redirect_row(size_t n)
{
    return compile_row(n, "service-resolver", "\"Redirect\":{\"Service\":", "}", "");
}

static void redirects_end_somewhere(void **state)
{
    assert_int_equal(redirect_row(CHAIN_DEPTH_MAX - 1), OK);
    assert_int_equal(redirect_row(CHAIN_DEPTH_MAX), ERR_TOO_BIG);
}

static enum err split_row(size_t n)
{
    return compile_row(n, "service-splitter", "\"Splits\":[{\"Weight\":100,\"Service\":", "}]",
                       HTTP);
}

static void splitters_end_somewhere(void **state)
{
    assert_int_equal(split_row(CHAIN_DEPTH_MAX), OK);
    assert_int_equal(split_row(CHAIN_DEPTH_MAX + 1), ERR_TOO_BIG);
}

/* A router of N routes beside the one that takes the rest. */
static enum err compile_routes(size_t n)
{
    struct store s;
    struct chain chain;
    struct why why = { "" };
    struct entry_route *routes = calloc(n, sizeof *routes);
    fill(&s, "[" HTTP ",{\"Kind\":\"service-router\",\"Name\":\"web\"}]");
    s.entries[1].router.routes = (struct json_structs){ .all = routes, .n = n };
    enum err e = compile(&s, "web", "", &chain, &why);
    arena_fini(&s.arena);
    free(routes);
    return e;
}

static void routes_are_counted(void **state)
{
    assert_int_equal(compile_routes(CHAIN_LEGS_MAX - 1), OK);
    assert_int_equal(compile_routes(CHAIN_LEGS_MAX), ERR_TOO_BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_come_out),
        cmocka_unit_test(a_service_without_entries_has_one_resolver),
        cmocka_unit_test(last_route_of_a_router_says_where_its_service_is),
        cmocka_unit_test(splits_and_subsets_are_shown),
        cmocka_unit_test(headers_of_joined_splitters_are_merged),
        cmocka_unit_test(redirects_end_somewhere),
        cmocka_unit_test(splitters_end_somewhere),
        cmocka_unit_test(routes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
