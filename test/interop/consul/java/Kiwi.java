import org.kiwiproject.consul.Consul;
import org.kiwiproject.consul.ConsulException;
import org.kiwiproject.consul.NotRegisteredException;
import org.kiwiproject.consul.cache.ServiceHealthCache;
import org.kiwiproject.consul.model.ConsulResponse;
import org.kiwiproject.consul.model.acl.ImmutablePolicy;
import org.kiwiproject.consul.model.acl.ImmutablePolicyLink;
import org.kiwiproject.consul.model.acl.ImmutableToken;
import org.kiwiproject.consul.model.acl.TokenResponse;
import org.kiwiproject.consul.model.agent.ImmutableRegCheck;
import org.kiwiproject.consul.model.agent.ImmutableRegistration;
import org.kiwiproject.consul.model.catalog.CatalogService;
import org.kiwiproject.consul.model.catalog.ImmutableCatalogDeregistration;
import org.kiwiproject.consul.model.catalog.ImmutableCatalogRegistration;
import org.kiwiproject.consul.model.health.ImmutableService;
import org.kiwiproject.consul.model.health.ServiceHealth;
import org.kiwiproject.consul.model.kv.Value;
import org.kiwiproject.consul.model.session.ImmutableSession;
import org.kiwiproject.consul.option.ImmutablePutOptions;
import org.kiwiproject.consul.option.PutOptions;
import org.kiwiproject.consul.option.QueryOptions;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Drives a server with consul-client; CONSUL_HTTP_ADDR names it. The first argument is what the checks are called: the
 * same source, with its packages renamed, drives the client's predecessor.
 */
public final class Kiwi {
    private static Consul consul;

    private Kiwi() {
    }

    public static void main(String[] args) {
        String token = System.getenv("CONSUL_HTTP_TOKEN");
        consul = connect(token);
        Check check = new Check(args[0]);
        if (token != null) {
            check.run("policy_and_token_decide_what_is_done", Kiwi::token);
            System.exit(check.exitCode());
        }
        check.run("register_pass_warn_fail_deregister", Kiwi::register);
        check.run("ttl_runs_out", Kiwi::ttl);
        check.run("blocking_query_wakes", Kiwi::wakes);
        check.run("cache_follows_changes", Kiwi::cache);
        check.run("pairs_with_flags_and_cas", Kiwi::pairs);
        check.run("session_locks_a_pair", Kiwi::lock);
        check.run("catalog_registers_an_external_node", Kiwi::catalog);
        check.run("unknown_check_is_not_registered", Kiwi::unknown);
        System.exit(check.exitCode());
    }

    private static Consul connect(String token) {
        Consul.Builder builder = Consul.builder().withUrl("http://" + System.getenv("CONSUL_HTTP_ADDR"));
        return (token == null ? builder : builder.withTokenAuth(token).withPing(false)).build();
    }

    private static void register(String id, String name, String ttl) {
        consul.agentClient().register(ImmutableRegistration.builder().id(id).name(name).address("10.3.0.1").port(8080)
                .addTags("v1").putMeta("zone", "a")
                .check(ImmutableRegCheck.builder().ttl(ttl).deregisterCriticalServiceAfter("10m").build()).build());
    }

    private static List<ServiceHealth> passing(String name) {
        return consul.healthClient().getHealthyServiceInstances(name).getResponse();
    }

    private static void register() throws Exception {
        register("k1", "kiwi", "30s");
        Check.equal("passing before the first pass", passing("kiwi").size(), 0);
        consul.agentClient().pass("k1", "well");
        ServiceHealth found = passing("kiwi").get(0);
        Check.equal("address", found.getService().getAddress() + ":" + found.getService().getPort(), "10.3.0.1:8080");
        Check.equal("metadata", found.getService().getMeta(), Map.of("zone", "a"));
        Check.equal("tags", found.getService().getTags(), List.of("v1"));
        Check.equal("output", consul.agentClient().getChecks().get("service:k1").getOutput(), Optional.of("well"));
        consul.agentClient().warn("k1");
        Check.equal("passing after a warning", passing("kiwi").size(), 0);
        consul.agentClient().fail("k1", "broken");
        Check.equal("all", consul.healthClient().getAllServiceInstances("kiwi").getResponse().size(), 1);
        consul.agentClient().pass("k1");
        consul.agentClient().toggleMaintenanceMode("k1", true, "moves");
        Check.equal("passing in maintenance", passing("kiwi").size(), 0);
        consul.agentClient().toggleMaintenanceMode("k1", false);
        Check.equal("passing afterwards", passing("kiwi").size(), 1);
        Check.equal("registered", consul.agentClient().isRegistered("k1"), true);
        consul.agentClient().deregister("k1");
        Check.equal("still registered", consul.agentClient().isRegistered("k1"), false);
        Check.equal("passing when it is deregistered", passing("kiwi").size(), 0);
    }

    private static void ttl() throws Exception {
        register("k2", "kiwi-ttl", "1s");
        consul.agentClient().pass("k2");
        Check.equal("passing", passing("kiwi-ttl").size(), 1);
        Check.until(Duration.ofSeconds(5), "its time runs out", () -> passing("kiwi-ttl").isEmpty());
        consul.agentClient().deregister("k2");
    }

    private static void wakes() throws Exception {
        register("k3", "kiwi-wakes", "30s");
        BigInteger index = consul.healthClient().getHealthyServiceInstances("kiwi-wakes").getIndex();
        CompletableFuture<ConsulResponse<List<ServiceHealth>>> waiting = CompletableFuture.supplyAsync(() -> consul
                .healthClient().getHealthyServiceInstances("kiwi-wakes", QueryOptions.blockSeconds(9, index).build()));
        Check.waits(waiting, "the query");
        consul.agentClient().pass("k3");
        ConsulResponse<List<ServiceHealth>> woken = waiting.get(1, TimeUnit.SECONDS);
        Check.equal("instances that it answers", woken.getResponse().size(), 1);
        Check.that(woken.getIndex().compareTo(index) > 0, "index " + woken.getIndex() + " after " + index);
        Check.that(woken.isKnownLeader() && woken.getLastContact() == 0, "who leads is not said");
        consul.agentClient().deregister("k3");
    }

    private static void cache() throws Exception {
        ServiceHealthCache cache = ServiceHealthCache.newCache(consul.healthClient(), "kiwi-cache", true, 5, QueryOptions.BLANK);
        cache.start();
        Check.that(cache.awaitInitialized(10, TimeUnit.SECONDS), "the cache does not come up");
        Check.equal("instances at first", cache.getMap().size(), 0);
        register("k4", "kiwi-cache", "30s");
        consul.agentClient().pass("k4");
        Check.until(Duration.ofSeconds(5), "the cache sees it", () -> cache.getMap().size() == 1);
        consul.agentClient().deregister("k4");
        Check.until(Duration.ofSeconds(5), "the cache sees it go", () -> cache.getMap().isEmpty());
        cache.stop();
    }

    private static void pairs() {
        Check.equal("pair that is not there", consul.keyValueClient().getValue("kiwi/none"), Optional.empty());
        Check.equal("put", consul.keyValueClient().putValue("kiwi/a", "häus", 42, PutOptions.BLANK,
                java.nio.charset.StandardCharsets.UTF_8), true);
        Value pair = consul.keyValueClient().getValue("kiwi/a").get();
        Check.equal("value", pair.getValueAsString(java.nio.charset.StandardCharsets.UTF_8), Optional.of("häus"));
        Check.equal("flags", pair.getFlags(), 42L);
        Check.equal("put of an older index", cas("no", pair.getModifyIndex() - 1), false);
        Check.equal("put of its index", cas("yes", pair.getModifyIndex()), true);
        consul.keyValueClient().putValue("kiwi/b/c", "deep");
        Check.equal("keys", consul.keyValueClient().getKeys("kiwi/", "/"), List.of("kiwi/a", "kiwi/b/"));
        Check.equal("pairs below", consul.keyValueClient().getValuesAsString("kiwi/"), List.of("yes", "deep"));
        consul.keyValueClient().deleteKeys("kiwi/");
        Check.equal("pairs afterwards", consul.keyValueClient().getValues("kiwi/").size(), 0);
    }

    private static boolean cas(String value, long index) {
        return consul.keyValueClient().putValue("kiwi/a", value, 0, ImmutablePutOptions.builder().cas(index).build());
    }

    private static String session() {
        return consul.sessionClient()
                .createSession(ImmutableSession.builder().name("kiwi").ttl("30s").lockDelay("0s").build()).getId();
    }

    private static void lock() {
        String first = session();
        String second = session();
        Check.equal("first takes it", consul.keyValueClient().acquireLock("kiwi/lock", "1", first), true);
        Check.equal("second does not", consul.keyValueClient().acquireLock("kiwi/lock", "2", second), false);
        Check.equal("holder", consul.keyValueClient().getSession("kiwi/lock"), Optional.of(first));
        Check.equal("renewed", consul.sessionClient().renewSession(first).get().getId(), first);
        Check.equal("release", consul.keyValueClient().releaseLock("kiwi/lock", first), true);
        Check.equal("then the second takes it", consul.keyValueClient().acquireLock("kiwi/lock", "2", second), true);
        consul.sessionClient().destroySession(second);
        Check.equal("holder without its session", consul.keyValueClient().getSession("kiwi/lock"), Optional.empty());
        Check.equal("a session that is gone", consul.sessionClient().getSessionInfo(second), Optional.empty());
        consul.sessionClient().destroySession(first);
        consul.keyValueClient().deleteKey("kiwi/lock");
    }

    private static void catalog() {
        consul.catalogClient().register(ImmutableCatalogRegistration.builder().node("kiwi-node").address("10.3.9.9")
                .putNodeMeta("external-node", "true")
                .service(ImmutableService.builder().id("x1").service("kiwi-external").address("").port(5432).build()).build());
        List<CatalogService> rows = consul.catalogClient().getService("kiwi-external").getResponse();
        Check.equal("rows", rows.size(), 1);
        Check.equal("place", rows.get(0).getAddress() + ":" + rows.get(0).getServicePort(), "10.3.9.9:5432");
        consul.catalogClient().deregister(ImmutableCatalogDeregistration.builder().node("kiwi-node").build());
        Check.that(!consul.catalogClient().getServices().getResponse().containsKey("kiwi-external"), "still listed");
    }

    private static void unknown() throws Exception {
        try {
            consul.agentClient().pass("nobody");
        } catch (NotRegisteredException e) {
            return; // what a program registers again upon
        }
        throw new AssertionError("a check that is not there passes");
    }

    private static void token() throws Exception {
        String policy = consul.aclClient().createPolicy(ImmutablePolicy.builder().name("kiwi")
                .rules("key_prefix \"kiwi/\" { policy = \"write\" }").build()).id();
        TokenResponse made = consul.aclClient().createToken(ImmutableToken.builder().description("of kiwi")
                .addPolicies(ImmutablePolicyLink.builder().id(policy).build()).build());
        Check.equal("its policy", made.policies().get(0).name(), Optional.of("kiwi"));
        Consul theirs = connect(made.secretId());
        Check.equal("put below its prefix", theirs.keyValueClient().putValue("kiwi/a", "1"), true);
        Check.equal("itself", theirs.aclClient().readSelfToken().accessorId(), made.accessorId());
        forbidden(theirs, "put elsewhere");
        consul.aclClient().deleteToken(made.accessorId());
        try {
            theirs.keyValueClient().putValue("kiwi/a", "2");
        } catch (ConsulException e) {
            Check.equal("status of a token that is gone", e.getCode(), 403);
            consul.aclClient().deletePolicy(policy);
            return;
        }
        throw new AssertionError("a token that is gone puts a pair");
    }

    private static void forbidden(Consul theirs, String what) {
        try {
            theirs.keyValueClient().putValue("other/a", "1");
        } catch (ConsulException e) {
            Check.equal("status of a " + what, e.getCode(), 403);
            return;
        }
        throw new AssertionError(what + " is allowed");
    }
}
