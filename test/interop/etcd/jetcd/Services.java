import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.Lock;
import io.etcd.jetcd.election.CampaignResponse;
import io.etcd.jetcd.lock.LockResponse;
import java.util.concurrent.CompletableFuture;

/** The lock and election services of the server, which of all clients only jetcd uses. */
final class Services {
    private Services() {
    }

    private static long grant(Client client) throws Exception {
        return Check.of(client.getLeaseClient().grant(30)).getID();
    }

    static void lock(Client client) throws Exception {
        Lock locks = client.getLockClient();
        ByteSequence name = Main.bytes("jetcd/lock");
        long first = grant(client);
        long second = grant(client);
        LockResponse held = Check.of(locks.lock(name, first));
        Check.equal("key", Main.text(held.getKey()), "jetcd/lock/" + Long.toHexString(first));
        CompletableFuture<LockResponse> waiting = locks.lock(name, second);
        Check.waits(waiting, "second lock");
        Check.of(locks.unlock(held.getKey()));
        Check.equal("key of the second", Main.text(Check.of(waiting).getKey()), "jetcd/lock/" + Long.toHexString(second));
        Check.of(client.getLeaseClient().revoke(second));
        Check.of(client.getLeaseClient().revoke(first));
    }

    static void election(Client client) throws Exception {
        Election elections = client.getElectionClient();
        ByteSequence name = Main.bytes("jetcd/election");
        long first = grant(client);
        long second = grant(client);
        CampaignResponse a = Check.of(elections.campaign(name, first, Main.bytes("a")));
        CompletableFuture<CampaignResponse> waiting = elections.campaign(name, second, Main.bytes("b"));
        Check.waits(waiting, "second campaign");
        Check.equal("leader", Main.text(Check.of(elections.leader(name)).getKv().getValue()), "a");
        Check.of(elections.proclaim(a.getLeader(), Main.bytes("a again")));
        Check.equal("leader", Main.text(Check.of(elections.leader(name)).getKv().getValue()), "a again");
        Check.of(elections.resign(a.getLeader()));
        Check.of(waiting);
        Check.equal("leader", Main.text(Check.of(elections.leader(name)).getKv().getValue()), "b");
        Check.of(client.getLeaseClient().revoke(second));
        Check.of(client.getLeaseClient().revoke(first));
    }
}
