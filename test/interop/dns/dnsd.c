/* The DNS face on a kernel with a few services in it, for real clients.
 *
 * usage: dnsd PORT [RECURSORS]: serves 127.0.0.1:PORT until its standard input ends. */
#include "faces/dns/face.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "catalog/kinds.h"
#include "net/server.h"
#include "test/lib/kernel.h"
#include "test/unit/faces/dns/rig.h"

struct dnsd {
    struct kernel k;
    struct rig rig;
    uint16_t port;
    struct dns_face *face;
    struct udp_port *udp;
    struct net_server *server;
    struct net_service service;
    void *contexts[1];
};

static void must(enum err e, const struct why *why)
{
    if (e == OK)
        return;
    fprintf(stderr, "dnsd: %s (%s)\n", why->text, err_text(e));
    exit(1);
}

static void open_face(void *ctx)
{
    struct dnsd *d = ctx;
    struct endpoint at = { .kind = ENDPOINT_TCP, .host = "127.0.0.1", .port = d->port };
    struct why why = { 0 };
    d->face = dns_face_new(d->k.hub, &d->rig.config, d->k.metrics);
    d->contexts[0] = d->face;
    d->service =
        (struct net_service){ .name = "dns", .framed = &dns_tcp_service, .contexts = d->contexts };
    d->server = net_server_new(&d->k.loop, 1, d->k.metrics);
    must(udp_open(&d->k.loop, 1, &at, &dns_udp_reader, d->contexts, d->k.metrics, &d->udp, &why),
         &why);
    must(net_server_listen(d->server, &at, &d->service, NULL, &d->port, &why), &why);
}

static void close_face(void *ctx)
{
    struct dnsd *d = ctx;
    net_server_free(d->server);
    udp_close(d->udp);
    dns_face_free(d->face);
}

static void change(void *ctx, const struct change_op *op)
{
    struct dnsd *d = ctx;
    struct buf body;
    struct why why = { .text = "a change was refused" };
    uint64_t revision;
    buf_init(&body, 1 << 20);
    change_write(op, 1, &body);
    must(kernel_submit(&d->k, COMMAND_CATALOG_CHANGE, buf_bytes(&body), &revision), &why);
    buf_fini(&body);
}

static struct publication on(const char *node, uint16_t port)
{
    struct publication p = rig_at("", port);
    p.node = bytes_str(node);
    return p;
}

/* `web` in five instances, one tagged blue; `large` in a hundred; `cold` whose only check is
 * critical; `alias`, a host name of others. Nodes n1 to n100. */
static void register_all(struct rig *r)
{
    struct bytes tags[] = { bytes_str("blue") };
    for (unsigned i = 1; i <= 100; i++) {
        char node[16], address[24];
        snprintf(node, sizeof node, "n%u", i);
        snprintf(address, sizeof address, "10.0.0.%u", i);
        rig_node(r, node, address, i == 1 ? "rack=east" : NULL);
        rig_publish(r, "large", node, on(node, 9000));
    }
    for (unsigned i = 1; i <= 5; i++) {
        char part[16], address[24];
        snprintf(part, sizeof part, "web-%u", i);
        snprintf(address, sizeof address, "10.1.0.%u", i);
        struct publication p = rig_at(address, 80);
        p.tags = tags;
        p.tag_n = i == 1;
        rig_publish(r, "web", part, p);
    }
    rig_publish(r, "cold", "cold-1", on("n2", 90));
    rig_check(r, "n2", "cold-1", STATUS_DOWN);
    rig_publish(r, "alias", "alias-1", rig_at("www.example.test", 80));
}

int main(int argc, char **argv)
{
    static struct dnsd d;
    char byte;
    assert(argc == 2 || argc == 3);
    d.port = (uint16_t)strtoul(argv[1], NULL, 10);
    d.rig.settings = rig_settings();
    if (argc == 3)
        d.rig.settings.recursors = argv[2];
    d.rig.settings.node_name = "own";
    rig_configure(&d.rig);
    d.rig.change = change;
    d.rig.ctx = &d;
    kernel_init(&d.k, NULL);
    d.k.replica_options.kinds = catalog_kinds(&d.k.replica_options.kind_n);
    d.k.replica_options.hooks = catalog_hooks();
    d.k.made = open_face;
    d.k.ended = close_face;
    d.k.ctx = &d;
    kernel_start(&d.k);
    register_all(&d.rig);
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    kernel_stop(&d.k, true);
    kernel_fini(&d.k);
    dns_config_fini(&d.rig.config);
    rig_forget();
    return 0;
}
