/* The face on a kernel of its own, over real sockets. The test's thread is the client, and the
 * recursor that is asked for what is not ours. */
#include "faces/dns/face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <libknot/libknot.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "catalog/kinds.h"
#include "faces/dns/prepared.h"
#include "faces/dns/recurse.h"
#include "net/server.h"
#include "rig.h"
#include "test/lib/client.h"
#include "test/lib/kernel.h"

enum { WAIT_MS = 20000 };

struct running {
    struct kernel k;
    struct rig rig; /* for its rows and settings */
    struct dns_face *face;
    struct udp_port *udp;
    struct net_server *server;
    struct net_service service;
    void *contexts[1];
    uint16_t port;
    int client, recursor;
    char recursors[64];
    struct buf query;
};

/* -- fixtures ---------------------------------------------------------------------------------- */

static void change(void *ctx, const struct change_op *op)
{
    struct running *r = ctx;
    struct buf body;
    uint64_t revision;
    buf_init(&body, 1 << 20);
    change_write(op, 1, &body);
    assert_int_equal(kernel_submit(&r->k, COMMAND_CATALOG_CHANGE, buf_bytes(&body), &revision), OK);
    buf_fini(&body);
}

static void open_face(void *ctx)
{
    struct running *r = ctx;
    struct endpoint at;
    struct why why;
    r->face = dns_face_new(r->k.hub, &r->rig.config, r->k.metrics);
    r->contexts[0] = r->face;
    r->service =
        (struct net_service){ .name = "dns", .framed = &dns_tcp_service, .contexts = r->contexts };
    r->server = net_server_new(&r->k.loop, 1, r->k.metrics);
    assert_int_equal(endpoint_parse(bytes_str("127.0.0.1:0"), &at, &why), OK);
    enum err e = ERR_ADDRESS_IN_USE; /* a port that is free over UDP may not be over TCP */
    for (unsigned i = 0; i < 20 && e == ERR_ADDRESS_IN_USE; i++) {
        struct endpoint beside = at;
        udp_close(r->udp);
        assert_int_equal(
            udp_open(&r->k.loop, 1, &at, &dns_udp_reader, r->contexts, r->k.metrics, &r->udp, &why),
            OK);
        beside.port = udp_port_number(r->udp);
        e = net_server_listen(r->server, &beside, &r->service, NULL, &r->port, &why);
    }
    assert_int_equal(e, OK);
}

static void close_face(void *ctx)
{
    struct running *r = ctx;
    net_server_free(r->server);
    udp_close(r->udp);
    dns_face_free(r->face);
}

static int bound_socket(uint16_t *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static int start_with(void **state, bool recurses)
{
    struct running *r = *state != NULL ? *state : calloc(1, sizeof *r);
    uint16_t port;
    r->recursor = bound_socket(&port);
    if (r->rig.settings.domain == NULL)
        r->rig.settings = rig_settings();
    snprintf(r->recursors, sizeof r->recursors, "127.0.0.1:%u", port);
    r->rig.settings.recursor_timeout_ms = 3 * WAIT_MS;
    if (recurses)
        r->rig.settings.recursors = r->recursors;
    rig_configure(&r->rig);
    r->rig.change = change;
    r->rig.ctx = r;
    kernel_init(&r->k, NULL);
    r->k.replica_options.kinds = catalog_kinds(&r->k.replica_options.kind_n);
    r->k.replica_options.hooks = catalog_hooks();
    r->k.made = open_face;
    r->k.ended = close_face;
    r->k.ctx = r;
    kernel_start(&r->k);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(r->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    r->client = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(connect(r->client, (struct sockaddr *)&to, sizeof to), 0);
    buf_init(&r->query, 4096);
    *state = r;
    return 0;
}

static int start(void **state)
{
    *state = NULL;
    return start_with(state, false);
}

static int start_recursing(void **state)
{
    *state = NULL;
    return start_with(state, true);
}

enum { RATE = 20 };

/* With a rate that SPARES (NULL: nobody), though all who ask are on this machine. */
static int start_rated(void **state, bool (*spares)(const struct udp_peer *peer))
{
    struct running *r = calloc(1, sizeof *r);
    r->rig.settings = rig_settings();
    r->rig.settings.rate_limit = RATE;
    r->rig.settings.rate_spares = spares;
    *state = r;
    return start_with(state, false);
}

static int start_limited(void **state)
{
    return start_rated(state, NULL);
}

static int start_sparing(void **state)
{
    return start_rated(state, udp_peer_is_loopback);
}

static int stop(void **state)
{
    struct running *r = *state;
    kernel_stop(&r->k, true);
    kernel_fini(&r->k);
    dns_config_fini(&r->rig.config);
    buf_fini(&r->query);
    close(r->client);
    close(r->recursor);
    free(r);
    return 0;
}

/* -- asking ------------------------------------------------------------------------------------ */

static void send_query(struct running *r, const char *name, uint16_t type)
{
    struct dns_ask ask = { .name = name, .type = type, .id = 7, .no_rd = true, .edns_bytes = 4096 };
    buf_clear(&r->query, 4096);
    dns_ask_write(&ask, &r->query);
    assert_int_equal(send(r->client, r->query.p, r->query.n, 0), r->query.n);
}

/* What comes within WAIT_MS. */
static struct bytes receive(int fd, struct sockaddr_in *ret_from)
{
    static uint8_t packet[UINT16_MAX];
    struct pollfd p = { .fd = fd, .events = POLLIN };
    socklen_t n = sizeof *ret_from;
    assert_int_equal(poll(&p, 1, WAIT_MS), 1);
    ssize_t got =
        recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)ret_from, ret_from ? &n : NULL);
    assert_true(got >= 0);
    return bytes_of(packet, (size_t)got);
}

static const char *text_of(struct bytes packet)
{
    assert_int_equal(knot_wire_get_id(packet.p), 7);
    return dns_text(packet);
}

static const char *ask(struct running *r, const char *name, uint16_t type)
{
    send_query(r, name, type);
    return text_of(receive(r->client, NULL));
}

static double counted(struct running *r, const char *name)
{
    struct buf out;
    char wanted[100];
    double value = -1;
    buf_init(&out, 1 << 20);
    metrics_render(r->k.metrics, &out);
    buf_put_u8(&out, 0);
    snprintf(wanted, sizeof wanted, "\n%s ", name);
    const char *at = strstr((const char *)out.p, wanted);
    assert_non_null(at);
    value = strtod(at + strlen(wanted), NULL);
    buf_fini(&out);
    return value;
}

/* -- claims ------------------------------------------------------------------------------------ */

static void what_is_registered_is_answered_at_once(void **state)
{
    struct running *r = *state;
    assert_memory_equal(ask(r, "web.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    rig_publish(&r->rig, "web", "a", rig_at("10.0.0.1", 80));
    assert_non_null(strstr(ask(r, "web.service.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
    rig_publish(&r->rig, "web", "a", rig_at("10.0.0.2", 80));
    const char *text = ask(r, "web.service.consul", KNOT_RRTYPE_A);
    assert_null(strstr(text, "10.0.0.1"));
    assert_non_null(strstr(text, "A 10.0.0.2\n"));
}

static double cached(struct running *r)
{
    return counted(r, "muster_dns_cached_total");
}

static void answer_is_kept_while_its_service_is_unchanged(void **state)
{
    struct running *r = *state;
    rig_publish(&r->rig, "web", "a", rig_at("10.0.0.1", 80));
    ask(r, "web.service.consul", KNOT_RRTYPE_A);
    assert_true(cached(r) == 0);
    assert_non_null(
        strstr(ask(r, "WEB.service.consul", KNOT_RRTYPE_A), "= WEB.service.consul. A 10.0.0.1\n"));
    assert_true(cached(r) == 1);
    rig_publish(&r->rig, "other", "a", rig_at("10.0.0.2", 80));
    ask(r, "web.service.consul", KNOT_RRTYPE_A);
    assert_true(cached(r) == 2);
    rig_publish(&r->rig, "web", "b", rig_at("10.0.0.3", 80));
    assert_int_equal(rig_count(ask(r, "web.service.consul", KNOT_RRTYPE_A), "= "), 2);
    assert_true(cached(r) == 2);
}

static struct publication on_node(const char *node)
{
    struct publication p = rig_at("", 80);
    p.node = bytes_str(node);
    return p;
}

static void answer_is_forgotten_when_a_node_of_its_service_changes(void **state)
{
    struct running *r = *state;
    rig_node(&r->rig, "n1", "10.0.0.1", NULL);
    rig_node(&r->rig, "n2", "10.0.0.2", NULL);
    rig_publish(&r->rig, "web", "a", on_node("n1"));
    assert_non_null(strstr(ask(r, "web.service.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
    rig_node(&r->rig, "n2", "10.0.0.22", NULL);
    ask(r, "web.service.consul", KNOT_RRTYPE_A);
    assert_true(cached(r) == 1);
    rig_node(&r->rig, "n1", "10.0.0.11", NULL);
    assert_non_null(strstr(ask(r, "web.service.consul", KNOT_RRTYPE_A), "A 10.0.0.11\n"));
    rig_check(&r->rig, "n1", "", STATUS_DOWN);
    assert_memory_equal(ask(r, "web.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    rig_check(&r->rig, "n1", "", STATUS_UP);
    assert_memory_equal(ask(r, "web.service.consul", KNOT_RRTYPE_A), "NOERROR", 7);
    rig_check(&r->rig, "n1", "a", STATUS_DOWN);
    assert_memory_equal(ask(r, "web.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
}

static void address_of_a_node_is_forgotten_when_it_changes(void **state)
{
    struct running *r = *state;
    rig_node(&r->rig, "n1", "10.0.0.1", NULL);
    ask(r, "n1.node.consul", KNOT_RRTYPE_A);
    rig_node(&r->rig, "n1", "10.0.0.2", NULL);
    assert_non_null(strstr(ask(r, "n1.node.consul", KNOT_RRTYPE_A), "A 10.0.0.2\n"));
}

static void alias_is_forgotten_when_what_it_leads_to_changes(void **state)
{
    struct running *r = *state;
    rig_publish(&r->rig, "front", "a", rig_at("web.service.consul", 80));
    rig_publish(&r->rig, "web", "a", rig_at("10.0.0.1", 80));
    assert_non_null(strstr(ask(r, "front.service.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
    rig_publish(&r->rig, "web", "a", rig_at("10.0.0.2", 80));
    assert_non_null(strstr(ask(r, "front.service.consul", KNOT_RRTYPE_A), "A 10.0.0.2\n"));
}

static bool say_mesh(const struct instance *i, struct bytes service, struct bytes name,
                     struct arena *arena)
{
    return bytes_is(service, "edge") && bytes_is(name, "web");
}

static size_t proxies_sought; /* which is dear */

static enum err say_proxies(const struct view *view, struct bytes service, struct arena *arena,
                            struct bytes **ret, size_t *ret_n)
{
    static struct bytes name;
    name = bytes_str("edge");
    proxies_sought++;
    *ret = &name;
    *ret_n = 1;
    return OK;
}

static int start_mesh(void **state)
{
    struct running *r = calloc(1, sizeof *r);
    r->rig.settings = rig_settings();
    r->rig.settings.is_mesh_of = say_mesh;
    r->rig.settings.proxies = say_proxies;
    proxies_sought = 0;
    *state = r;
    return start_with(state, false);
}

static void answer_of_the_mesh_is_kept_until_any_service_changes(void **state)
{
    struct running *r = *state;
    rig_publish(&r->rig, "edge", "a", rig_at("10.0.0.1", 80));
    for (int i = 0; i < 3; i++)
        assert_non_null(strstr(ask(r, "web.connect.consul", KNOT_RRTYPE_A), "A 10.0.0.1\n"));
    assert_int_equal(proxies_sought, 1);
    rig_publish(&r->rig, "other", "a", rig_at("10.0.0.2", 80));
    ask(r, "web.connect.consul", KNOT_RRTYPE_A);
    assert_int_equal(proxies_sought, 2);
    rig_publish(&r->rig, "edge", "a", rig_at("10.0.0.3", 80));
    assert_non_null(strstr(ask(r, "web.connect.consul", KNOT_RRTYPE_A), "A 10.0.0.3\n"));
}

static void denials_are_not_kept(void **state)
{
    struct running *r = *state;
    for (unsigned i = 0; i < 3; i++)
        assert_memory_equal(ask(r, "nobody.service.consul", KNOT_RRTYPE_A), "NXDOMAIN", 8);
    assert_true(counted(r, "muster_dns_cached_total") == 0);
    assert_true(counted(r, "muster_dns_nxdomain_total") == 3);
}

static void queries_over_tcp_are_answered_in_a_row(void **state)
{
    struct running *r = *state;
    struct client *c = client_tcp(r->port);
    struct dns_ask own = { .name = "own.node.consul", .id = 7 };
    rig_publish(&r->rig, "web", "a", rig_at("10.0.0.1", 80));
    buf_clear(&r->query, 4096);
    dns_ask_write(&own, &r->query);
    uint8_t length[2] = { 0, (uint8_t)r->query.n };
    for (unsigned i = 0; i < 300; i++) {
        assert_true(client_send(c, length, 2));
        assert_true(client_send(c, r->query.p, r->query.n));
    }
    size_t answer_n = r->query.n + 16; /* and an address */
    assert_true(client_read_bytes(c, 300 * (2 + answer_n)));
    struct bytes got = client_received(c);
    assert_int_equal(got.n, 300 * (2 + answer_n));
    assert_int_equal(got.p[1], answer_n);
    assert_non_null(strstr(text_of(bytes_of(got.p + 2, answer_n)), "A 192.0.2.1\n"));
    client_close(c);
}

/* Tags that nobody has: each query reads the whole service, and its denial is not kept. */
static void more_work_than_a_turn_has_time_for_is_done_in_the_next(void **state)
{
    struct running *r = *state;
    struct client *c = client_tcp(r->port);
    enum { INSTANCES = 200, QUERIES = 60 };
    for (unsigned i = 0; i < INSTANCES; i++) {
        char part[16], address[16];
        snprintf(part, sizeof part, "%u", i);
        snprintf(address, sizeof address, "10.0.0.%u", i);
        rig_publish(&r->rig, "large", part, rig_at(address, 80));
    }
    struct buf all;
    buf_init(&all, 1 << 20);
    size_t answer_n = 0;
    for (unsigned i = 0; i < QUERIES; i++) {
        char name[64];
        snprintf(name, sizeof name, "tag%02u.large.service.consul", i);
        send_query(r, name, KNOT_RRTYPE_A);
        buf_put_u8(&all, 0);
        buf_put_u8(&all, (uint8_t)r->query.n);
        buf_put_bytes(&all, buf_bytes(&r->query));
    }
    assert_true(client_send(c, all.p, all.n));
    for (unsigned i = 0; i < QUERIES; i++) {
        struct bytes answer = receive(r->client, NULL);
        answer_n = answer.n;
        assert_memory_equal(text_of(answer), "NXDOMAIN", 8);
    }
    assert_true(client_read_bytes(c, QUERIES * (2 + answer_n)));
    client_close(c);
    buf_fini(&all);
}

static void tcp_client_that_leaves_takes_its_queries_along(void **state)
{
    struct running *r = *state;
    for (unsigned i = 0; i < 20; i++) {
        struct client *c = client_tcp(r->port);
        struct dns_ask reverse = { .name = "9.0.0.10.in-addr.arpa", .type = KNOT_RRTYPE_PTR };
        buf_clear(&r->query, 4096);
        dns_ask_write(&reverse, &r->query);
        uint8_t length[2] = { 0, (uint8_t)r->query.n };
        client_send(c, length, 2);
        client_send(c, r->query.p, r->query.n);
        client_reset(c);
    }
    assert_memory_equal(ask(r, "own.node.consul", KNOT_RRTYPE_A), "NOERROR", 7);
}

static void rubbish_is_dropped_and_the_next_answered(void **state)
{
    struct running *r = *state;
    assert_int_equal(send(r->client, "rubbish", 7, 0), 7);
    assert_memory_equal(ask(r, "own.node.consul", KNOT_RRTYPE_A), "NOERROR", 7);
    assert_true(counted(r, "muster_dns_dropped_total") == 1);
}

static void names_outside_are_refused_without_recursors(void **state)
{
    assert_memory_equal(ask(*state, "example.com", KNOT_RRTYPE_A), "REFUSED qr\n", 11);
}

static void other_classes_are_refused(void **state)
{
    struct running *r = *state;
    struct dns_ask own = { .name = "own.node.consul", .id = 7 };
    buf_clear(&r->query, 4096);
    dns_ask_write(&own, &r->query);
    r->query.p[r->query.n - 1] = KNOT_CLASS_CH;
    assert_int_equal(send(r->client, r->query.p, r->query.n, 0), r->query.n);
    assert_memory_equal(text_of(receive(r->client, NULL)), "REFUSED", 7);
}

/* -- who asks -----------------------------------------------------------------------------------
 */

static struct dns_asking asked_by;

static enum err note_asker(void *ctx, const struct view *view, struct bytes name,
                           const struct dns_asking *asking, struct arena *arena,
                           struct dns_prepared *ret)
{
    asked_by = *asking;
    *ret = (struct dns_prepared){ .is_for_asker = bytes_is(name, "near") };
    return OK;
}

static int start_noting(void **state)
{
    struct running *r = calloc(1, sizeof *r);
    r->rig.settings = rig_settings();
    r->rig.settings.prepared = note_asker;
    *state = r;
    return start_with(state, false);
}

static const char *ask_for_subnet(struct running *r, const char *name)
{
    struct dns_ask ask = { .name = name, .id = 7, .edns_bytes = 1232, .subnet = true };
    buf_clear(&r->query, 4096);
    dns_ask_write(&ask, &r->query);
    assert_int_equal(send(r->client, r->query.p, r->query.n, 0), r->query.n);
    return text_of(receive(r->client, NULL));
}

static void prepared_query_knows_who_asks_or_for_whom(void **state)
{
    struct running *r = *state;
    ask(r, "near.query.consul", KNOT_RRTYPE_A);
    assert_true(bytes_is(asked_by.own_node, "own"));
    assert_int_equal(asked_by.asker.n, 4);
    assert_memory_equal(asked_by.asker.p, "\x7f\0\0\1", 4);
    /* What is for one subnet says so; a resolver keeps what is for all. */
    assert_non_null(strstr(ask_for_subnet(r, "near.query.consul"), " subnet 24/24\n"));
    assert_int_equal(asked_by.asker.n, 4);
    assert_memory_equal(asked_by.asker.p, "\x0a\1\2\0", 4);
    assert_non_null(strstr(ask_for_subnet(r, "all.query.consul"), " subnet 24/0\n"));
}

/* -- the rate -----------------------------------------------------------------------------------
 */

static void client_above_the_rate_is_sent_to_tcp(void **state)
{
    struct running *r = *state;
    unsigned answered = 0, sent_away = 0;
    for (unsigned i = 0; i < 10 * RATE; i++) {
        const char *text = ask(r, "own.node.consul", KNOT_RRTYPE_A);
        answered += strstr(text, "A 192.0.2.1") != NULL;
        sent_away += strncmp(text, "NOERROR qr tc\n", 14) == 0;
    }
    assert_true(answered >= RATE && sent_away > 0);
    assert_int_equal(answered + sent_away, 10 * RATE);
}

static void who_is_spared_has_no_rate(void **state)
{
    for (unsigned i = 0; i < 10 * RATE; i++)
        assert_non_null(strstr(ask(*state, "own.node.consul", KNOT_RRTYPE_A), "A 192.0.2.1"));
}

/* -- reverse ----------------------------------------------------------------------------------- */

static void address_leads_to_node_then_to_service(void **state)
{
    struct running *r = *state;
    rig_publish(&r->rig, "web", "a", rig_at("10.0.0.1", 80));
    rig_publish(&r->rig, "blue--db", "a", rig_at("2001:db8::1", 80));
    assert_non_null(strstr(ask(r, "1.0.0.10.in-addr.arpa", KNOT_RRTYPE_PTR),
                           "= 1.0.0.10.in-addr.arpa. PTR web.service.dc1.consul.\n"));
    assert_non_null(
        strstr(ask(r, "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
                   KNOT_RRTYPE_PTR),
               "PTR blue--db.service.dc1.consul.\n"));
    rig_node(&r->rig, "N1", "10.0.0.1", NULL);
    assert_non_null(
        strstr(ask(r, "1.0.0.10.in-addr.arpa", KNOT_RRTYPE_PTR), "PTR N1.node.dc1.consul.\n"));
}

static void own_address_leads_to_the_own_node(void **state)
{
    assert_non_null(strstr(ask(*state, "1.2.0.192.in-addr.arpa", KNOT_RRTYPE_PTR),
                           "PTR own.node.dc1.consul.\n"));
}

static void address_that_nobody_has_does_not_exist(void **state)
{
    assert_memory_equal(ask(*state, "9.0.0.10.in-addr.arpa", KNOT_RRTYPE_PTR), "NXDOMAIN qr aa",
                        14);
    assert_memory_equal(ask(*state, "0.10.in-addr.arpa", KNOT_RRTYPE_PTR), "NXDOMAIN qr aa", 14);
}

/* More rows than are looked at in a turn, and many who ask at once. */
static void many_ask_for_what_stands_far_behind(void **state)
{
    struct running *r = *state;
    for (unsigned i = 0; i < 600; i++) {
        char name[16], address[16];
        snprintf(name, sizeof name, "n%03u", i);
        snprintf(address, sizeof address, "10.1.%u.%u", i / 200, i % 200);
        rig_node(&r->rig, name, address, NULL);
    }
    for (unsigned i = 0; i < 60; i++) {
        char name[64];
        snprintf(name, sizeof name, "%u.2.1.10.in-addr.arpa", i * 3);
        send_query(r, name, KNOT_RRTYPE_PTR);
    }
    for (unsigned i = 0; i < 60; i++)
        assert_non_null(strstr(text_of(receive(r->client, NULL)), "PTR n"));
}

static void more_than_may_wait_are_told_to_come_again(void **state)
{
    struct running *r = *state;
    unsigned failed = 0;
    for (unsigned i = 0; i < 600; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%03u", i);
        rig_node(&r->rig, name, "10.1.0.1", NULL);
    }
    struct client *c[4];
    struct dns_ask reverse = { .name = "9.0.0.10.in-addr.arpa", .type = KNOT_RRTYPE_PTR, .id = 7 };
    buf_clear(&r->query, 4096);
    dns_ask_write(&reverse, &r->query);
    uint8_t all[128 * 64];
    size_t one = 2 + r->query.n;
    for (unsigned i = 0; i < 128; i++) {
        all[i * one] = 0;
        all[i * one + 1] = (uint8_t)r->query.n;
        memcpy(all + i * one + 2, r->query.p, r->query.n);
    }
    for (unsigned i = 0; i < 4; i++)
        c[i] = client_tcp(r->port);
    for (unsigned round = 0; round < 50 && failed == 0; round++) {
        for (unsigned i = 0; i < 4; i++)
            assert_true(client_send(c[i], all, 128 * one));
        for (unsigned i = 0; i < 4; i++)
            assert_true(client_read_bytes(c[i], 128 * (one)));
        failed = (unsigned)counted(r, "muster_dns_servfail_total");
    }
    assert_true(failed > 0);
    for (unsigned i = 0; i < 4; i++)
        client_close(c[i]);
}

/* -- recursors --------------------------------------------------------------------------------- */

struct recursor_says {
    const char *address; /* NULL: no record */
    unsigned records;    /* of it; 0: 1 */
    uint8_t rcode;
    bool lies_first; /* another address, with another id, goes before */
};

static size_t put_addresses(const struct recursor_says *says, uint8_t *out, size_t end)
{
    static const uint8_t head[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4 };
    unsigned n = says->records == 0 ? 1 : says->records;
    knot_wire_set_ancount(out, (uint16_t)n);
    for (unsigned i = 0; i < n; i++) {
        memcpy(out + end, head, sizeof head);
        assert_int_equal(inet_pton(AF_INET, says->address, out + end + sizeof head), 1);
        out[end + sizeof head + 3] += (uint8_t)i;
        end += sizeof head + 4;
    }
    return end;
}

/* Waits for what the server asks its recursor, and answers it. */
static void answer_as_recursor(struct running *r, struct recursor_says says)
{
    struct sockaddr_in from;
    struct bytes in = receive(r->recursor, &from);
    uint8_t out[4096];
    size_t end = KNOT_WIRE_HEADER_SIZE + knot_dname_size(in.p + KNOT_WIRE_HEADER_SIZE) + 4;
    memcpy(out, in.p, end);
    knot_wire_set_qr(out);
    knot_wire_set_ra(out);
    knot_wire_set_rcode(out, says.rcode);
    knot_wire_set_arcount(out, 0);
    if (says.address != NULL)
        end = put_addresses(&says, out, end);
    if (says.lies_first) {
        out[0] ^= 1;
        out[end - 1] ^= 1;
        sendto(r->recursor, out, end, 0, (struct sockaddr *)&from, sizeof from);
        out[end - 1] ^= 1;
        out[0] ^= 1;
    }
    assert_int_equal(sendto(r->recursor, out, end, 0, (struct sockaddr *)&from, sizeof from), end);
}

static void names_outside_are_relayed_with_the_clients_id(void **state)
{
    struct running *r = *state;
    send_query(r, "www.Example.com", KNOT_RRTYPE_A);
    answer_as_recursor(r, (struct recursor_says){ .address = "198.51.100.1" });
    assert_string_equal(text_of(receive(r->client, NULL)),
                        "NOERROR qr ra\n? www.Example.com. A\n"
                        "= www.Example.com. 60 A 198.51.100.1\n");
    assert_non_null(strstr(ask(r, "own.node.consul", KNOT_RRTYPE_A), "NOERROR qr aa ra\n"));
}

static void answer_to_another_question_is_not_taken(void **state)
{
    struct running *r = *state;
    send_query(r, "www.example.com", KNOT_RRTYPE_A);
    answer_as_recursor(r, (struct recursor_says){ .address = "198.51.100.1", .lies_first = true });
    assert_non_null(strstr(text_of(receive(r->client, NULL)), "A 198.51.100.1"));
}

static void recursor_that_fails_is_a_failure(void **state)
{
    struct running *r = *state;
    send_query(r, "www.example.com", KNOT_RRTYPE_A);
    answer_as_recursor(r, (struct recursor_says){ .rcode = KNOT_RCODE_SERVFAIL });
    assert_memory_equal(text_of(receive(r->client, NULL)), "SERVFAIL qr ra\n", 15);
}

static void denial_of_a_recursor_is_relayed(void **state)
{
    struct running *r = *state;
    send_query(r, "www.example.com", KNOT_RRTYPE_A);
    answer_as_recursor(r, (struct recursor_says){ .rcode = KNOT_RCODE_NXDOMAIN });
    assert_memory_equal(text_of(receive(r->client, NULL)), "NXDOMAIN qr ra\n", 15);
}

static void recursor_that_does_not_answer_is_a_failure_in_time(void **state)
{
    struct running *r = *state;
    r->rig.config.recursor_timeout_ms = 50;
    send_query(r, "www.example.com", KNOT_RRTYPE_A);
    assert_memory_equal(text_of(receive(r->client, NULL)), "SERVFAIL qr ra\n", 15);
}

static void alias_outside_is_followed_by_the_recursor(void **state)
{
    struct running *r = *state;
    rig_publish(&r->rig, "web", "a", rig_at("host.example", 80));
    send_query(r, "web.service.consul", KNOT_RRTYPE_A);
    answer_as_recursor(r, (struct recursor_says){ .address = "198.51.100.1" });
    assert_non_null(strstr(text_of(receive(r->client, NULL)),
                           "= web.service.consul. CNAME host.example.\n"
                           "= host.example. 60 A 198.51.100.1\n"));
}

static void no_more_records_than_the_limit_are_taken_behind_an_alias(void **state)
{
    struct running *r = *state;
    rig_publish(&r->rig, "web", "a", rig_at("host.example", 80));
    for (unsigned more = 0; more < 2; more++) {
        struct recursor_says says = { .address = "198.51.100.1", .records = DNS_CHASED_MAX + more };
        send_query(r, "web.service.consul", KNOT_RRTYPE_A);
        answer_as_recursor(r, says);
        assert_int_equal(rig_count(text_of(receive(r->client, NULL)), "= host.example."),
                         DNS_CHASED_MAX);
    }
}

static void more_than_may_be_under_way_at_recursors_fail(void **state)
{
    struct running *r = *state;
    struct sockaddr_in from;
    for (unsigned i = 0; i < DNS_FORWARDS_MAX; i++) {
        send_query(r, "www.example.com", KNOT_RRTYPE_A);
        receive(r->recursor, &from);
    }
    assert_memory_equal(ask(r, "www.example.com", KNOT_RRTYPE_A), "SERVFAIL qr ra\n", 15);
}

static void alias_that_the_recursor_cannot_follow_stays(void **state)
{
    struct running *r = *state;
    rig_publish(&r->rig, "web", "a", rig_at("host.example", 80));
    send_query(r, "web.service.consul", KNOT_RRTYPE_A);
    answer_as_recursor(r, (struct recursor_says){ .rcode = KNOT_RCODE_SERVFAIL });
    const char *text = text_of(receive(r->client, NULL));
    assert_memory_equal(text, "NOERROR qr aa ra\n", 17);
    assert_int_equal(rig_count(text, "= "), 1);
}

static void address_that_nobody_has_is_asked_of_the_recursor(void **state)
{
    struct running *r = *state;
    send_query(r, "9.0.0.10.in-addr.arpa", KNOT_RRTYPE_PTR);
    answer_as_recursor(r, (struct recursor_says){ .rcode = KNOT_RCODE_NXDOMAIN });
    assert_memory_equal(text_of(receive(r->client, NULL)), "NXDOMAIN qr ra\n", 15);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
#define RECURSING(name) cmocka_unit_test_setup_teardown(name, start_recursing, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_registered_is_answered_at_once),
        CASE(answer_is_kept_while_its_service_is_unchanged),
        CASE(answer_is_forgotten_when_a_node_of_its_service_changes),
        CASE(address_of_a_node_is_forgotten_when_it_changes),
        CASE(alias_is_forgotten_when_what_it_leads_to_changes),
        cmocka_unit_test_setup_teardown(answer_of_the_mesh_is_kept_until_any_service_changes,
                                        start_mesh, stop),
        CASE(denials_are_not_kept),
        CASE(queries_over_tcp_are_answered_in_a_row),
        CASE(more_work_than_a_turn_has_time_for_is_done_in_the_next),
        CASE(tcp_client_that_leaves_takes_its_queries_along),
        CASE(rubbish_is_dropped_and_the_next_answered),
        CASE(names_outside_are_refused_without_recursors),
        CASE(other_classes_are_refused),
        cmocka_unit_test_setup_teardown(prepared_query_knows_who_asks_or_for_whom, start_noting,
                                        stop),
        cmocka_unit_test_setup_teardown(client_above_the_rate_is_sent_to_tcp, start_limited, stop),
        cmocka_unit_test_setup_teardown(who_is_spared_has_no_rate, start_sparing, stop),
        CASE(address_leads_to_node_then_to_service),
        CASE(own_address_leads_to_the_own_node),
        CASE(address_that_nobody_has_does_not_exist),
        CASE(many_ask_for_what_stands_far_behind),
        CASE(more_than_may_wait_are_told_to_come_again),
        RECURSING(names_outside_are_relayed_with_the_clients_id),
        RECURSING(answer_to_another_question_is_not_taken),
        RECURSING(recursor_that_fails_is_a_failure),
        RECURSING(denial_of_a_recursor_is_relayed),
        RECURSING(recursor_that_does_not_answer_is_a_failure_in_time),
        RECURSING(alias_outside_is_followed_by_the_recursor),
        RECURSING(no_more_records_than_the_limit_are_taken_behind_an_alias),
        RECURSING(more_than_may_be_under_way_at_recursors_fail),
        RECURSING(alias_that_the_recursor_cannot_follow_stays),
        RECURSING(address_that_nobody_has_is_asked_of_the_recursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
