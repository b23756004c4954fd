import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.watch.WatchEvent;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Drives a server with jetcd. The server is named by the first argument or ETCD_ENDPOINT; its own
 * lock and election services are tried if LOCK_SERVICE is set; RESTART_COMMAND restarts it.
 */
public final class Main {
    private static final String PREFIX = "jetcd/";

    public static void main(String[] args) throws Exception {
        String endpoint = args.length > 0 ? args[0] : System.getenv("ETCD_ENDPOINT");
        Check check = new Check("jetcd");
        Client client = Client.builder().endpoints("http://" + endpoint).connectTimeout(Duration.ofSeconds(5)).build();
        check.run("starts_with_nothing", () -> Check.of(client.getKVClient().delete(bytes(PREFIX),
            DeleteOption.builder().isPrefix(true).build())));
        check.run("put_get_delete", () -> putGetDelete(client.getKVClient()));
        check.run("txn", () -> txn(client.getKVClient()));
        check.run("errors", () -> errors(client));
        check.run("watch_prefix_from_an_old_revision", () -> watch(client));
        check.run("watch_of_a_compacted_revision", () -> watchCompacted(client));
        check.run("lease_expires_and_keep_alive_keeps", () -> lease(client));
        check.run("members_and_status", () -> members(client, endpoint));
        if (System.getenv("LOCK_SERVICE") != null) {
            check.run("lock_service_of_two_leases", () -> Services.lock(client));
            check.run("election_service", () -> Services.election(client));
        }
        if (System.getenv("RESTART_COMMAND") != null) {
            check.run("watch_survives_a_restart", () -> restart(client));
        }
        System.exit(check.exitCode()); // the client's threads would hold the program for minutes
    }

    static ByteSequence bytes(String s) {
        return ByteSequence.from(s, StandardCharsets.UTF_8);
    }

    static String text(ByteSequence b) {
        return b.toString(StandardCharsets.UTF_8);
    }

    private static long put(KV kv, String key, String value) throws Exception {
        return Check.of(kv.put(bytes(PREFIX + key), bytes(value))).getHeader().getRevision();
    }

    private static String get(KV kv, String key) throws Exception {
        List<KeyValue> kvs = Check.of(kv.get(bytes(PREFIX + key))).getKvs();
        return kvs.isEmpty() ? "-" : text(kvs.get(0).getValue());
    }

    private static void putGetDelete(KV kv) throws Exception {
        long first = put(kv, "a", "1");
        Check.equal("previous value", text(Check.of(kv.put(bytes(PREFIX + "a"), bytes("2"),
            PutOption.builder().withPrevKV().build())).getPrevKv().getValue()), "1");
        Check.equal("value", get(kv, "a"), "2");
        GetResponse old = Check.of(kv.get(bytes(PREFIX + "a"), GetOption.builder().withRevision(first).build()));
        Check.equal("old value", text(old.getKvs().get(0).getValue()), "1");
        Check.equal("revision", old.getHeader().getRevision(), first + 1);
        put(kv, "b", "3");
        GetResponse all = Check.of(kv.get(bytes(PREFIX), GetOption.builder().isPrefix(true).withLimit(1).build()));
        Check.equal("keys with a limit", all.getKvs().size(), 1);
        Check.equal("count", all.getCount(), 2L);
        Check.equal("more", all.isMore(), true);
        Check.equal("deleted", Check.of(kv.delete(bytes(PREFIX), DeleteOption.builder().isPrefix(true).build())).getDeleted(), 2L);
        Check.equal("value after delete", get(kv, "a"), "-");
    }

    private static void txn(KV kv) throws Exception {
        put(kv, "txn", "1");
        Cmp is1 = new Cmp(bytes(PREFIX + "txn"), Cmp.Op.EQUAL, CmpTarget.value(bytes("1")));
        Op put2 = Op.put(bytes(PREFIX + "txn"), bytes("2"), PutOption.DEFAULT);
        Op get = Op.get(bytes(PREFIX + "txn"), GetOption.DEFAULT);
        TxnResponse r = Check.of(kv.txn().If(is1).Then(put2).Else(get).commit());
        Check.equal("first succeeded", r.isSucceeded(), true);
        r = Check.of(kv.txn().If(is1).Then(put2).Else(get).commit());
        Check.equal("second succeeded", r.isSucceeded(), false);
        Check.equal("value in the other branch", text(r.getGetResponses().get(0).getKvs().get(0).getValue()), "2");
    }

    private static void errors(Client client) throws Exception {
        KV kv = client.getKVClient();
        String text = Check.errorOf(kv.put(bytes(PREFIX + "e"), bytes("v"), PutOption.builder().withLeaseId(4242).build()));
        Check.that(text.contains("etcdserver: requested lease not found"), "put with an unknown lease: " + text);
        text = Check.errorOf(client.getLeaseClient().revoke(4242));
        Check.that(text.contains("etcdserver: requested lease not found"), "revoke of an unknown lease: " + text);
        text = Check.errorOf(kv.get(bytes(PREFIX + "e"), GetOption.builder().withRevision(1L << 40).build()));
        Check.that(text.contains("etcdserver: mvcc: required revision is a future revision"), "get of the future: " + text);
        text = Check.errorOf(kv.put(bytes(""), bytes("v")));
        Check.that(text.contains("etcdserver: key is not provided"), "put of no key: " + text);
    }

    /** Collects events, written as "PUT k=v" or "DELETE k". */
    static final class Events implements Watch.Listener {
        final List<String> seen = new CopyOnWriteArrayList<>();
        final List<Throwable> errors = new CopyOnWriteArrayList<>();

        @Override
        public void onNext(io.etcd.jetcd.watch.WatchResponse response) {
            for (WatchEvent e : response.getEvents()) {
                String key = text(e.getKeyValue().getKey()).substring(PREFIX.length());
                boolean put = e.getEventType() == WatchEvent.EventType.PUT;
                seen.add(put ? "PUT " + key + "=" + text(e.getKeyValue().getValue()) : "DELETE " + key);
            }
        }

        @Override
        public void onError(Throwable e) {
            errors.add(e);
        }

        @Override
        public void onCompleted() {
        }

        void expect(String want) throws Exception {
            expectDespiteErrors(want);
            Check.equal("errors", errors.stream().map(String::valueOf).collect(Collectors.joining(", ")), "");
        }

        /** The library reports a lost connection as an error before it resumes the watch. */
        void expectDespiteErrors(String want) throws Exception {
            long count = want.chars().filter(c -> c == ',').count() + 1;
            Check.until(Duration.ofSeconds(15), "events " + want + " (errors: " + errors + ")", () -> seen.size() >= count);
            Check.equal("events", String.join(",", seen), want);
        }
    }

    private static WatchOption from(long revision) {
        return WatchOption.builder().isPrefix(true).withRevision(revision).withPrevKV(true).build();
    }

    private static void watch(Client client) throws Exception {
        KV kv = client.getKVClient();
        long first = put(kv, "w/a", "1");
        put(kv, "w/b", "2");
        Check.of(kv.delete(bytes(PREFIX + "w/a")));
        Events events = new Events();
        try (Watch.Watcher watcher = client.getWatchClient().watch(bytes(PREFIX + "w/"), from(first), events)) {
            events.expect("PUT w/a=1,PUT w/b=2,DELETE w/a");
            put(kv, "w/c", "3");
            events.expect("PUT w/a=1,PUT w/b=2,DELETE w/a,PUT w/c=3");
        }
    }

    private static void watchCompacted(Client client) throws Exception {
        KV kv = client.getKVClient();
        long old = put(kv, "compacted", "1");
        long now = put(kv, "compacted", "2");
        Check.of(kv.compact(now));
        Events events = new Events();
        try (Watch.Watcher watcher = client.getWatchClient().watch(bytes(PREFIX + "compacted"), from(old), events)) {
            Check.until(Duration.ofSeconds(10), "end of the watch", () -> !events.errors.isEmpty());
            String text = String.valueOf(events.errors.get(0));
            Check.that(text.contains("required revision has been compacted"), "error is " + text);
        }
    }

    private static void lease(Client client) throws Exception {
        KV kv = client.getKVClient();
        Lease leases = client.getLeaseClient();
        long kept = Check.of(leases.grant(2)).getID();
        long left = Check.of(leases.grant(2)).getID();
        Check.of(kv.put(bytes(PREFIX + "kept"), bytes("v"), PutOption.builder().withLeaseId(kept).build()));
        Check.of(kv.put(bytes(PREFIX + "left"), bytes("v"), PutOption.builder().withLeaseId(left).build()));
        AtomicInteger answers = new AtomicInteger();
        StreamObserver<LeaseKeepAliveResponse> observer = new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse r) {
                answers.incrementAndGet();
            }

            @Override
            public void onError(Throwable e) {
            }

            @Override
            public void onCompleted() {
            }
        };
        try (CloseableClient alive = leases.keepAlive(kept, observer)) {
            Check.until(Duration.ofSeconds(5), "the key without keep-alive goes", () -> get(kv, "left").equals("-"));
            Check.until(Duration.ofSeconds(5), "keep-alive answers", () -> answers.get() >= 4);
            Check.equal("kept value", get(kv, "kept"), "v");
            Check.equal("keys on the lease",
                Check.of(leases.timeToLive(kept, LeaseOption.builder().withAttachedKeys().build())).getKeys().size(), 1);
        }
        Check.of(leases.revoke(kept));
        Check.equal("value after revoke", get(kv, "kept"), "-");
        Check.equal("TTL after revoke", Check.of(leases.timeToLive(kept, LeaseOption.DEFAULT)).getTTL(), -1L);
    }

    private static void members(Client client, String endpoint) throws Exception {
        Check.equal("members", Check.of(client.getClusterClient().listMember()).getMembers().size(), 1);
        var status = Check.of(client.getMaintenanceClient().statusMember("http://" + endpoint));
        Check.that(status.getVersion().startsWith("3."), "version is " + status.getVersion());
        Check.equal("alarms", Check.of(client.getMaintenanceClient().listAlarms()).getAlarms().size(), 0);
    }

    private static void restart(Client client) throws Exception {
        KV kv = client.getKVClient();
        long first = put(kv, "restart/a", "1");
        Events events = new Events();
        try (Watch.Watcher watcher = client.getWatchClient().watch(bytes(PREFIX + "restart/"), from(first), events)) {
            events.expect("PUT restart/a=1");
            Process restart = new ProcessBuilder("sh", "-c", System.getenv("RESTART_COMMAND")).inheritIO().start();
            Check.that(restart.waitFor(30, TimeUnit.SECONDS) && restart.exitValue() == 0, "the restart command fails");
            Check.until(Duration.ofSeconds(15), "put after the restart", () -> {
                try {
                    put(kv, "restart/b", "2");
                    return true;
                } catch (Exception e) {
                    return false;
                }
            });
            events.expectDespiteErrors("PUT restart/a=1,PUT restart/b=2");
        }
    }
}
