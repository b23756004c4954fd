/* Writes that come faster than the disk takes them, over real sockets: a hub's credits and the
 * reading of connections, wired as `parts` wires them. */
#include "net/server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "faces/etcd/face.h"
#include "hub/core.h"
#include "test/lib/h2_client.h"
#include "test/lib/kernel.h"
#include "test/lib/stall_fs.h"
#include "wire/pb.h"

enum {
    CREDITS = 1 << 20,
    VALUE_BYTES = 4096,
    PUTS = 1500, /* six times the credits, within what a connection's window lets through */
    LEASE = 7,
    LONG_MS = 60000
};

static struct rig {
    struct kernel kernel;
    struct etcd_options options;
    struct etcd_face *face;
    struct net_server *net;
    struct net_service service;
    void *contexts[1];
    uint64_t hold_max_ms;
    uint16_t port;
    struct loops_event held, read, done; /* READ: the pusher's, all of it */
} rig;

static void on_credits(void *ctx, bool low)
{
    struct rig *r = ctx;
    if (low) {
        net_server_hold(r->net, 0);
        loops_event_happen(&r->held);
    } else {
        net_server_release(r->net, 0);
    }
}

static void open_net(void *ctx)
{
    struct rig *r = ctx;
    struct endpoint at;
    struct why why;
    assert_int_equal(etcd_face_new(r->kernel.hub, &r->options, NULL, &r->face), OK);
    r->contexts[0] = r->face;
    r->service = (struct net_service){
        .name = "etcd", .services = etcd_services, .http = &etcd_http, .contexts = r->contexts
    };
    r->net = net_server_new(&r->kernel.loop, 1, r->kernel.metrics);
    net_server_limit_hold(r->net, r->hold_max_ms);
    assert_int_equal(endpoint_parse(bytes_str("127.0.0.1:0"), &at, &why), OK);
    assert_int_equal(net_server_listen(r->net, &at, &r->service, NULL, &r->port, &why), OK);
}

static void close_net(void *ctx)
{
    struct rig *r = ctx;
    net_server_free(r->net);
    etcd_face_free(r->face);
}

static void start_with(uint64_t hold_max_ms)
{
    rig = (struct rig){ .hold_max_ms = hold_max_ms, .options.request_timeout_ms = LONG_MS };
    kernel_init(&rig.kernel, NULL);
    loops_event_init(&rig.held);
    loops_event_init(&rig.read);
    loops_event_init(&rig.done);
    rig.kernel.replica_options.fs = stall_fs();
    rig.kernel.hub_options.credits = CREDITS;
    rig.kernel.hub_options.on_credits = on_credits;
    rig.kernel.hub_options.ctx = &rig;
    rig.kernel.made = open_net;
    rig.kernel.ended = close_net;
    rig.kernel.ctx = &rig;
    kernel_start(&rig.kernel);
}

/* Each test starts it by itself. */
static int end(void **state)
{
    stall_fs_release();
    kernel_stop(&rig.kernel, true);
    kernel_fini(&rig.kernel);
    loops_event_fini(&rig.held);
    loops_event_fini(&rig.read);
    loops_event_fini(&rig.done);
    return 0;
}

/* -- a client that pushes --------------------------------------------------------------------- */

struct pusher { /* on a thread of its own: sending blocks while nobody reads */
    pthread_t thread;
    struct h2_client *client;
    struct h2_stream *calls[PUTS];
    unsigned of_status[32]; /* how many calls ended with it; the last: with none */
};

static void send_put(struct h2_stream *call, unsigned number)
{
    static const uint8_t value[VALUE_BYTES];
    char key[16];
    struct buf message;
    buf_init(&message, 2 * VALUE_BYTES);
    snprintf(key, sizeof key, "k%u", number);
    pb_put_bytes(&message, 1, bytes_str(key));
    pb_put_bytes(&message, 2, bytes_of(value, sizeof value));
    h2_send_message(call, buf_bytes(&message));
    h2_end(call);
    buf_fini(&message);
}

static void *push(void *arg)
{
    struct pusher *p = arg;
    for (unsigned i = 0; i < PUTS; i++) {
        p->calls[i] = h2_call(p->client, "/etcdserverpb.KV/Put", NULL, 0);
        send_put(p->calls[i], i);
        h2_flush(p->client);
    }
    h2_ping(p->client);
    if (h2_wait_pongs(p->client, 2))
        loops_event_happen(&rig.read);
    IGNORE(h2_wait_any_closed(p->client, PUTS)); /* the test sees how many were answered */
    return NULL;
}

static struct h2_client *connect_client(void)
{
    struct h2_client *c = h2_client_new(rig.port, NULL);
    h2_ping(c);
    assert_true(h2_wait_pongs(c, 1)); /* the server's windows are known */
    return c;
}

static struct pusher *start_pushing(void)
{
    static struct pusher pusher;
    pusher = (struct pusher){ .client = connect_client() };
    assert_int_equal(pthread_create(&pusher.thread, NULL, push, &pusher), 0);
    return &pusher;
}

/* Waits for its end and counts. */
static void end_pushing(struct pusher *p)
{
    enum { NONE = ARRAY_LEN(p->of_status) - 1 };
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    for (size_t i = 0; i < PUTS; i++) {
        int status = h2_grpc_status(p->calls[i]);
        p->of_status[status < 0 || status > NONE ? NONE : status]++;
    }
    h2_client_free(p->client);
}

static void note_under_way(void *ctx)
{
    *(uint64_t *)ctx = rig.kernel.hub->bytes_under_way;
}

static uint64_t under_way(void)
{
    uint64_t bytes;
    kernel_call(&rig.kernel, note_under_way, &bytes);
    return bytes;
}

static uint64_t puts_kept(void)
{
    return kernel_revision(&rig.kernel) - 1;
}

/* -- what it meets ---------------------------------------------------------------------------- */

static void writes_that_outrun_the_disk_are_slowed_and_none_is_refused(void **state)
{
    start_with(LONG_MS);
    stall_fs_stall();
    struct pusher *p = start_pushing();
    assert_true(loops_event_wait(&rig.held, 1, LOOPS_DEADLINE_MS));
    assert_in_range(under_way(), CREDITS / 4 * 3, CREDITS);
    stall_fs_release();
    end_pushing(p);
    assert_int_equal(p->of_status[0], PUTS);
    assert_int_equal(puts_kept(), PUTS);
    assert_true(rig.held.count > 1); /* and so on, until all had come */
    assert_int_equal(under_way(), 0);
}

static void disk_that_stands_still_lets_renewals_through_and_refuses_what_is_too_much(void **state)
{
    struct buf message;
    start_with(50);
    assert_int_equal(kernel_grant(&rig.kernel, LEASE, LONG_MS), OK);
    struct h2_client *other = connect_client();
    stall_fs_stall();
    struct pusher *p = start_pushing();
    assert_true(loops_event_wait(&rig.held, 1, LOOPS_DEADLINE_MS));
    buf_init(&message, 64);
    pb_put_int(&message, 1, LEASE);
    struct h2_stream *renewal = h2_call(other, "/etcdserverpb.Lease/LeaseKeepAlive", NULL, 0);
    h2_send_message(renewal, buf_bytes(&message));
    assert_true(h2_wait_messages(renewal, 1));
    assert_true(loops_event_wait(&rig.read, 1, LOOPS_DEADLINE_MS));
    stall_fs_release();
    end_pushing(p);
    assert_true(p->of_status[8] > 0);
    assert_int_equal(p->of_status[0] + p->of_status[8], PUTS);
    assert_int_equal(puts_kept(), p->of_status[0]); /* the grant took no revision */
    buf_fini(&message);
    h2_client_free(other);
}

static void on_drained(void *ctx)
{
    loops_event_happen(&((struct rig *)ctx)->done);
}

static void drain_while_nothing_is_read_answers_what_was_read(void **state)
{
    start_with(LONG_MS);
    stall_fs_stall();
    struct pusher *p = start_pushing();
    assert_true(loops_event_wait(&rig.held, 1, LOOPS_DEADLINE_MS));
    net_server_drain(rig.net, LONG_MS, on_drained, &rig);
    stall_fs_release();
    assert_true(loops_event_wait(&rig.done, 1, LOOPS_DEADLINE_MS));
    end_pushing(p);
    assert_true(p->of_status[0] > 0);
    assert_int_equal(p->of_status[8], 0);
    assert_int_equal(puts_kept(), p->of_status[0]);
}

static void drain_ends_also_if_the_disk_never_goes_on(void **state)
{
    start_with(LONG_MS);
    stall_fs_stall();
    struct pusher *p = start_pushing();
    assert_true(loops_event_wait(&rig.held, 1, LOOPS_DEADLINE_MS));
    net_server_drain(rig.net, 50, on_drained, &rig);
    assert_true(loops_event_wait(&rig.done, 1, LOOPS_DEADLINE_MS));
    end_pushing(p);
    assert_int_equal(p->of_status[0], 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, end)
    const struct CMUnitTest tests[] = {
        T(writes_that_outrun_the_disk_are_slowed_and_none_is_refused),
        T(disk_that_stands_still_lets_renewals_through_and_refuses_what_is_too_much),
        T(drain_while_nothing_is_read_answers_what_was_read),
        T(drain_ends_also_if_the_disk_never_goes_on),
    };
    return cmocka_run_group_tests_name("credits", tests, NULL, NULL);
}
