/* etcd's options by name: a manifest that starts it starts this server, or is told why not. */
#include "server/config_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* All that the help of etcd 3.7 names. */
static const char names[] =
    "advertise-client-urls auth-token auth-token-ttl auto-compaction-mode "
    "auto-compaction-retention auto-tls backend-batch-interval backend-batch-limit "
    "backend-bbolt-freelist-type bcrypt-cost bootstrap-defrag-threshold-megabytes cert-file "
    "cipher-suites client-cert-allowed-hostname client-cert-auth client-cert-file "
    "client-crl-file client-key-file compact-hash-check-time compaction-batch-limit "
    "compaction-sleep-interval corrupt-check-time cors data-dir discovery discovery-cacert "
    "discovery-cert discovery-dial-timeout discovery-endpoints discovery-fallback "
    "discovery-insecure-skip-tls-verify discovery-insecure-transport discovery-keepalive-time "
    "discovery-keepalive-timeout discovery-key discovery-password discovery-proxy "
    "discovery-request-timeout discovery-srv discovery-srv-name discovery-token "
    "discovery-user distributed-tracing-address distributed-tracing-instance-id "
    "distributed-tracing-sampling-rate distributed-tracing-service-name downgrade-check-time "
    "election-timeout enable-distributed-tracing enable-grpc-gateway enable-log-rotation "
    "enable-pprof feature-gates force-new-cluster grpc-keepalive-interval "
    "grpc-keepalive-min-time grpc-keepalive-timeout heartbeat-interval host-whitelist "
    "initial-advertise-peer-urls initial-cluster initial-cluster-state initial-cluster-token "
    "initial-election-tick-advance key-file listen-client-http-urls listen-client-urls "
    "listen-metrics-urls listen-peer-urls log-format log-level log-outputs "
    "log-rotation-config-json logger max-concurrent-streams max-learners max-request-bytes "
    "max-snapshots max-txn-ops max-wals memory-mlock metrics name peer-auto-tls "
    "peer-cert-allowed-cn peer-cert-allowed-hostname peer-cert-file peer-client-cert-auth "
    "peer-client-cert-file peer-client-key-file peer-crl-file peer-key-file "
    "peer-skip-client-san-verification peer-trusted-ca-file pre-vote quota-backend-bytes "
    "raft-read-timeout raft-write-timeout self-signed-cert-validity snapshot-catchup-entries "
    "snapshot-count socket-reuse-address socket-reuse-port strict-reconfig-check "
    "tls-max-version tls-min-version trusted-ca-file unsafe-no-fsync v2-deprecation wal-dir "
    "warning-apply-duration warning-unary-request-duration watch-progress-notify-interval ";

static void every_option_of_etcd_is_known(void **state)
{
    size_t count = 0;
    for (const char *at = names; *at != 0; at += strcspn(at, " ") + 1, count++)
        if (!config_is_known(bytes_of(at, strcspn(at, " "))))
            fail_msg("etcd's option '%.*s' is unknown", (int)strcspn(at, " "), at);
    assert_int_equal(count, 113);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_of_etcd_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
