/* The page docs/compat/consul.md, made from the tables of routes. */
#include "faces/consul/call/face.h"
#include "faces/consul/call/route.h"

static const char front[] =
    "# Consul: the HTTP API\n\n"
    "Muster answers as Consul " CONSUL_VERSION
    " (Community Edition). This page is made from the tables that route the requests "
    "(`tools/docs`), so it\nhas every route there is; a test that is named here is one of "
    "`test/unit/faces/consul` and asserts what only the real work\ncan produce.\n\n"
    "What holds for all: the token is `?token=`, `X-Consul-Token` or `Authorization: Bearer`; "
    "`?dc=` "
    "other than this cluster's\nanswers 500 `No path to datacenter`; `?ns=` and `?partition=` but "
    "`default` are refused as in the Community Edition; `?pretty`;\ngzip for answers from 1,400 "
    "bytes "
    "on. *B*: a blocking query (`?index=`, `?wait=`). *M*: consistency (`?stale`, `?consistent`, "
    "`?max_stale=`,\n`?cached`) and the headers `X-Consul-Index`, `-KnownLeader`, `-LastContact`. "
    "GET is not taken where Consul wants PUT, as in Consul since 1.0:\na web page could send "
    "it. What agents register and the catalog are one registry: what\n`/v1/catalog/deregister` "
    "takes out stays out, where Consul's agents would bring it back.\n\n"
    "Refused here and taken by Consul 1.16, as far as the two were asked the same: a port outside "
    "0 to 65535, a kind of\nservice that there is not, in the catalog a service without a name and "
    "a state of a check that there is not, and from\n`connect/authorize` a certificate of another "
    "trust domain. Shown otherwise: a lock-delay above a minute as a minute, an\ninterval below a "
    "second as a second, the output of a check that alone has changed up to five minutes later "
    "also by the\nagent; a write to a locked pair keeps its LockIndex. Who waits for one node in "
    "the catalog is woken by changes of others too.\n\n"
    "With ACLs on (`--acl-enabled`) each route is refused to who lacks what its row says that it "
    "needs, in Consul's words; where rows are\nfiltered he is not shown them. `test_gate` asks "
    "every route as nobody, with an unknown token, another's, one with just that right, one with "
    "less\nand a management token, where nothing is allowed but by rules and where everything is. "
    "A right that ends while a request is under way refuses it. Differences: "
    "auth methods are of type jwt and kubernetes, the others are refused; the\nbuilt-in policies "
    "cannot be changed in any "
    "field; a token's hash is another; policies bound to other namespaces or partitions do not "
    "exist.\n";

static const char *or_nothing(const char *text)
{
    return text == NULL ? "" : text;
}

static void put_route(const struct consul_route *r, struct buf *out)
{
    bool blocks = (r->flags & CONSUL_BLOCKS) != 0, indexed = (r->flags & CONSUL_INDEXED) != 0;
    const char *test = or_nothing(r->test);
    buf_printf(out, "| %s `%s` | %s | %s%s%s | %s | %s | %s%s%s |\n", r->method, r->path,
               or_nothing(r->parameters), blocks ? "B" : "", blocks && indexed ? " " : "",
               indexed ? "M" : "", or_nothing(r->access), or_nothing(r->does),
               test[0] == 0 ? "" : "`", test, test[0] == 0 ? "" : "`");
}

void consul_compat_page(struct buf *out)
{
    buf_put_str(out, front);
    for (size_t i = 0; i < consul_area_n; i++) {
        const struct consul_area *area = consul_areas[i];
        buf_printf(out,
                   "\n## %s\n\n| route | parameters | | needs | answers | held by |\n"
                   "|---|---|---|---|---|---|\n",
                   area->name);
        for (size_t k = 0; k < area->route_n; k++)
            put_route(&area->routes[k], out);
    }
}
