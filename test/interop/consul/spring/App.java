package interop.app;

import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application as Spring Initializr makes them: web, actuator and Consul's discovery. It answers its own name. */
@SpringBootApplication
@RestController
public class App {
    @Value("${spring.application.name}")
    private String name;

    @GetMapping("/who")
    public String who() {
        return name;
    }

    public static void main(String[] args) {
        run(args);
    }

    public static ConfigurableApplicationContext run(String... args) {
        String[] address = System.getenv("CONSUL_HTTP_ADDR").split(":");
        List<String> all = new ArrayList<>(List.of(
                "--spring.cloud.consul.host=" + address[0],
                "--spring.cloud.consul.port=" + address[1],
                "--spring.cloud.consul.discovery.hostname=127.0.0.1",
                "--spring.cloud.consul.discovery.health-check-interval=1s",
                "--spring.cloud.consul.discovery.query-passing=true",
                "--spring.cloud.consul.discovery.instance-id=${spring.application.name}-1",
                "--server.address=127.0.0.1",
                "--server.port=0",
                "--management.endpoint.health.show-details=always",
                "--spring.main.banner-mode=off",
                "--logging.level.root=OFF"));
        all.addAll(List.of(args));
        return new SpringApplicationBuilder(App.class).run(all.toArray(new String[0]));
    }
}
