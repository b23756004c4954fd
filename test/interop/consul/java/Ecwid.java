import com.ecwid.consul.v1.ConsulClient;
import com.ecwid.consul.v1.ConsistencyMode;
import com.ecwid.consul.v1.OperationException;
import com.ecwid.consul.v1.QueryParams;
import com.ecwid.consul.v1.Response;
import com.ecwid.consul.v1.agent.model.NewService;
import com.ecwid.consul.v1.catalog.CatalogServiceRequest;
import com.ecwid.consul.v1.catalog.model.CatalogDeregistration;
import com.ecwid.consul.v1.catalog.model.CatalogRegistration;
import com.ecwid.consul.v1.catalog.model.CatalogService;
import com.ecwid.consul.v1.health.HealthServicesRequest;
import com.ecwid.consul.v1.health.model.HealthService;
import com.ecwid.consul.v1.kv.model.GetValue;
import com.ecwid.consul.v1.kv.model.PutParams;
import com.ecwid.consul.v1.session.model.NewSession;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Drives a server with Ecwid's client, which Spring Cloud Consul before 5 is made of; CONSUL_HTTP_ADDR names it. */
public final class Ecwid {
    private static ConsulClient client;

    private Ecwid() {
    }

    public static void main(String[] args) {
        String[] address = System.getenv("CONSUL_HTTP_ADDR").split(":");
        client = new ConsulClient(address[0], Integer.parseInt(address[1]));
        Check check = new Check("ecwid");
        String token = System.getenv("CONSUL_HTTP_TOKEN");
        if (token != null) {
            check.run("token_decides_what_is_done", () -> token(token));
            System.exit(check.exitCode());
        }
        check.run("register_pass_fail_deregister", Ecwid::register);
        check.run("ttl_runs_out", Ecwid::ttl);
        check.run("blocking_query_wakes", Ecwid::wakes);
        check.run("pairs_with_flags_and_cas", Ecwid::pairs);
        check.run("session_locks_a_pair", Ecwid::lock);
        check.run("catalog_registers_an_external_node", Ecwid::catalog);
        check.run("bad_registration_is_refused", Ecwid::refused);
        System.exit(check.exitCode());
    }

    private static NewService service(String id, String name, String ttl) {
        NewService service = new NewService();
        service.setId(id);
        service.setName(name);
        service.setAddress("10.2.0.1");
        service.setPort(8080);
        service.setTags(List.of("v1"));
        service.setMeta(Map.of("zone", "a"));
        NewService.Check check = new NewService.Check();
        check.setTtl(ttl);
        check.setDeregisterCriticalServiceAfter("10m");
        service.setCheck(check);
        return service;
    }

    private static Response<List<HealthService>> passing(String name, QueryParams query) {
        return client.getHealthServices(name,
                HealthServicesRequest.newBuilder().setPassing(true).setQueryParams(query).build());
    }

    private static int passing(String name) {
        return passing(name, QueryParams.DEFAULT).getValue().size();
    }

    private static void register() {
        client.agentServiceRegister(service("e1", "ecwid", "30s"));
        Check.equal("passing before the first pass", passing("ecwid"), 0);
        client.agentCheckPass("service:e1", "well");
        HealthService found = passing("ecwid", QueryParams.DEFAULT).getValue().get(0);
        Check.equal("address", found.getService().getAddress() + ":" + found.getService().getPort(), "10.2.0.1:8080");
        Check.equal("metadata", found.getService().getMeta(), Map.of("zone", "a"));
        Check.equal("tags", found.getService().getTags(), List.of("v1"));
        Check.equal("output", client.getAgentChecks().getValue().get("service:e1").getOutput(), "well");
        client.agentCheckFail("service:e1", "broken");
        Check.equal("passing after a failure", passing("ecwid"), 0);
        client.agentCheckPass("service:e1");
        client.agentServiceSetMaintenance("e1", true, "moves");
        Check.equal("passing in maintenance", passing("ecwid"), 0);
        client.agentServiceSetMaintenance("e1", false);
        Check.equal("passing afterwards", passing("ecwid"), 1);
        client.agentServiceDeregister("e1");
        Check.equal("passing when it is deregistered", passing("ecwid"), 0);
        Check.that(!client.getAgentServices().getValue().containsKey("e1"), "the agent still lists it");
    }

    private static void ttl() throws Exception {
        client.agentServiceRegister(service("e2", "ecwid-ttl", "1s"));
        client.agentCheckPass("service:e2");
        Check.equal("passing", passing("ecwid-ttl"), 1);
        Check.until(Duration.ofSeconds(5), "its time runs out", () -> passing("ecwid-ttl") == 0);
        client.agentServiceDeregister("e2");
    }

    private static void wakes() throws Exception {
        client.agentServiceRegister(service("e3", "ecwid-wakes", "30s"));
        long index = passing("ecwid-wakes", QueryParams.DEFAULT).getConsulIndex();
        CompletableFuture<Response<List<HealthService>>> waiting = CompletableFuture.supplyAsync(() -> passing("ecwid-wakes",
                QueryParams.Builder.builder().setConsistencyMode(ConsistencyMode.CONSISTENT).setWaitTime(9).setIndex(index).build()));
        Check.waits(waiting, "the query");
        client.agentCheckPass("service:e3");
        Response<List<HealthService>> woken = waiting.get(1, java.util.concurrent.TimeUnit.SECONDS);
        Check.equal("instances that it answers", woken.getValue().size(), 1);
        Check.that(woken.getConsulIndex() > index, "index " + woken.getConsulIndex() + " after " + index);
        Check.that(woken.isConsulKnownLeader() && woken.getConsulLastContact() == 0, "who leads is not said");
        client.agentServiceDeregister("e3");
    }

    private static void pairs() {
        Check.equal("pair that is not there", client.getKVValue("ecwid/none").getValue() == null, true);
        PutParams params = new PutParams();
        params.setFlags(42);
        Check.equal("put", client.setKVValue("ecwid/a", "häus", params).getValue(), true);
        GetValue pair = client.getKVValue("ecwid/a").getValue();
        Check.equal("value", pair.getDecodedValue(java.nio.charset.StandardCharsets.UTF_8), "häus");
        Check.equal("flags", pair.getFlags(), 42L);
        PutParams cas = new PutParams();
        cas.setCas(pair.getModifyIndex() - 1);
        Check.equal("put of an older index", client.setKVValue("ecwid/a", "no", cas).getValue(), false);
        cas.setCas(pair.getModifyIndex());
        Check.equal("put of its index", client.setKVValue("ecwid/a", "yes", cas).getValue(), true);
        client.setKVValue("ecwid/b/c", "deep");
        Check.equal("keys", client.getKVKeysOnly("ecwid/", "/", null).getValue(), List.of("ecwid/a", "ecwid/b/"));
        Check.equal("pairs below", client.getKVValues("ecwid/").getValue().size(), 2);
        client.deleteKVValues("ecwid/");
        Check.equal("pairs afterwards", client.getKVValues("ecwid/").getValue() == null, true);
    }

    private static String session() {
        NewSession session = new NewSession();
        session.setName("ecwid");
        session.setTtl("30s");
        session.setLockDelay(0);
        return client.sessionCreate(session, QueryParams.DEFAULT).getValue();
    }

    private static boolean acquire(String id) {
        PutParams params = new PutParams();
        params.setAcquireSession(id);
        return client.setKVValue("ecwid/lock", id, params).getValue();
    }

    private static void lock() {
        String first = session();
        String second = session();
        Check.equal("first takes it", acquire(first), true);
        Check.equal("second does not", acquire(second), false);
        Check.equal("holder", client.getKVValue("ecwid/lock").getValue().getSession(), first);
        Check.equal("name of the renewed", client.renewSession(first, QueryParams.DEFAULT).getValue().getName(), "ecwid");
        PutParams release = new PutParams();
        release.setReleaseSession(first);
        Check.equal("release", client.setKVValue("ecwid/lock", "free", release).getValue(), true);
        Check.equal("then the second takes it", acquire(second), true);
        client.sessionDestroy(second, QueryParams.DEFAULT);
        Check.equal("holder without its session", client.getKVValue("ecwid/lock").getValue().getSession() == null, true);
        Check.equal("a session that is gone", client.getSessionInfo(second, QueryParams.DEFAULT).getValue() == null, true);
        client.sessionDestroy(first, QueryParams.DEFAULT);
        client.deleteKVValue("ecwid/lock");
    }

    private static void catalog() {
        CatalogRegistration.Service service = new CatalogRegistration.Service();
        service.setId("x1");
        service.setService("ecwid-external");
        service.setPort(5432);
        CatalogRegistration node = new CatalogRegistration();
        node.setNode("ecwid-node");
        node.setAddress("10.2.9.9");
        node.setNodeMeta(Map.of("external-node", "true"));
        node.setService(service);
        client.catalogRegister(node);
        List<CatalogService> rows =
                client.getCatalogService("ecwid-external", CatalogServiceRequest.newBuilder().build()).getValue();
        Check.equal("rows", rows.size(), 1);
        Check.equal("place", rows.get(0).getAddress() + ":" + rows.get(0).getServicePort(), "10.2.9.9:5432");
        Check.equal("metadata of its node", rows.get(0).getNodeMeta(), Map.of("external-node", "true"));
        CatalogDeregistration gone = new CatalogDeregistration();
        gone.setNode("ecwid-node");
        client.catalogDeregister(gone);
        Check.that(!client.getCatalogServices(QueryParams.DEFAULT).getValue().containsKey("ecwid-external"), "still listed");
    }

    private static void refused() {
        try {
            client.agentServiceRegister(new NewService());
        } catch (OperationException e) {
            Check.equal("status", e.getStatusCode(), 400);
            Check.equal("text", e.getStatusContent(), "Missing service name");
            return;
        }
        throw new AssertionError("a service without a name is registered");
    }

    private static void token(String token) {
        try {
            client.setKVValue("ecwid/secret", "no");
            throw new AssertionError("a pair is put without a token");
        } catch (OperationException e) {
            Check.equal("status", e.getStatusCode(), 403);
        }
        Check.equal("put with the token", client.setKVValue("ecwid/secret", "yes", token, null).getValue(), true);
        Check.equal("value", client.getKVValue("ecwid/secret", token).getValue().getDecodedValue(), "yes");
        client.agentServiceRegister(service("e9", "ecwid-secret", "30s"), token);
        Check.equal("passing for nobody", passing("ecwid-secret"), 0);
        client.agentCheckPass("service:e9", "well", token);
        Check.equal("passing for the token", client.getHealthServices("ecwid-secret",
                HealthServicesRequest.newBuilder().setPassing(true).setToken(token).build()).getValue().size(), 1);
        Check.equal("still for nobody", passing("ecwid-secret"), 0);
    }
}
