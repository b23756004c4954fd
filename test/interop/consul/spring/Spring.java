import interop.app.App;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.event.HeartbeatEvent;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Spring Cloud Consul: this program is an application that finds others, each of which is a process of its own;
 * CONSUL_HTTP_ADDR names the server.
 */
public final class Spring {
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration START = Duration.ofSeconds(90); // a virtual machine and Spring, on a busy machine
    private static final int TTL = 3; // seconds
    private static DiscoveryClient discovery;
    private static ConfigurableApplicationContext own;

    private Spring() {
    }

    public static void main(String[] args) {
        AtomicInteger heard = new AtomicInteger();
        own = App.run("--spring.application.name=seeker");
        own.addApplicationListener(event -> {
            if (event instanceof HeartbeatEvent) {
                heard.incrementAndGet();
            }
        });
        discovery = own.getBean(DiscoveryClient.class);
        Check check = new Check("spring");
        check.run("application_finds_itself", Spring::itself);
        check.run("another_is_found_called_and_deregistered_by_sigterm", () -> another(heard));
        check.run("heartbeats_keep_it_and_their_end_takes_it_out", Spring::beats);
        check.run("deregistered_when_its_context_closes", Spring::closes);
        System.exit(check.exitCode());
    }

    private static Process start(String name, String... more) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-cp",
                System.getProperty("java.class.path"), "interop.app.App", "--spring.application.name=" + name));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    private static String get(String uri) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(10)).build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private static String consul(String path) throws Exception {
        return get("http://" + System.getenv("CONSUL_HTTP_ADDR") + path);
    }

    private static ServiceInstance found(String name) throws Exception {
        Check.until(START, name + " is found", () -> discovery.getInstances(name).size() == 1);
        return discovery.getInstances(name).get(0);
    }

    private static void itself() throws Exception {
        ServiceInstance instance = found("seeker");
        Check.equal("place", instance.getHost() + ":" + instance.getPort(),
                "127.0.0.1:" + own.getEnvironment().getProperty("local.server.port"));
        String health = get(instance.getUri() + "/actuator/health");
        Check.that(health.matches(".*\"consul\":\\{\"details\":\\{\"leader\":\"[^\"]+\".*\"status\":\"UP\".*"),
                "its health is " + health);
    }

    private static void another(AtomicInteger heard) throws Exception {
        int before = heard.get();
        Process orders = start("orders", "--spring.cloud.consul.discovery.metadata.zone=a",
                "--spring.cloud.consul.discovery.tags=v1");
        ServiceInstance instance = found("orders");
        Check.equal("who answers there", get(instance.getUri() + "/who"), "orders");
        Check.equal("zone", instance.getMetadata().get("zone"), "a");
        Check.that(discovery.getServices().containsAll(List.of("orders", "seeker", "consul")),
                "services are " + discovery.getServices());
        Check.that(consul("/v1/catalog/service/orders?tag=v1").contains("orders-1"), "its tag is not there");
        Check.until(Duration.ofSeconds(10), "the catalog's watch is heard", () -> heard.get() > before);
        orders.destroy();
        orders.waitFor();
        Check.equal("catalog afterwards", consul("/v1/catalog/service/orders"), "[]");
        Check.equal("instances afterwards", discovery.getInstances("orders").size(), 0);
    }

    private static void beats() throws Exception {
        Process beats = start("beats", "--spring.cloud.consul.discovery.heartbeat.enabled=true",
                "--spring.cloud.consul.discovery.heartbeat.ttl=" + TTL + "s");
        found("beats");
        Check.that(consul("/v1/health/checks/beats").contains("\"Type\":\"ttl\""), "it has no check by beats");
        for (long end = System.nanoTime() + Duration.ofSeconds(TTL + 2).toNanos(); System.nanoTime() < end; Thread.sleep(100)) {
            Check.equal("instances while it beats", discovery.getInstances("beats").size(), 1);
        }
        beats.destroyForcibly();
        beats.waitFor();
        Check.until(Duration.ofSeconds(TTL + 2), "the beats' end takes it out", () -> discovery.getInstances("beats").isEmpty());
    }

    private static void closes() throws Exception {
        own.close();
        Check.equal("catalog afterwards", consul("/v1/catalog/service/seeker"), "[]");
        Check.equal("services", consul("/v1/agent/service/seeker-1"), "unknown service ID: seeker-1");
    }
}
