/* The first thing a newcomer reads. */
#include "server/dev.h"

#include <ftw.h>
#include <stdio.h>

#include "server/parts.h"

void dev_greet(struct parts *p)
{
    struct buf addresses;
    buf_init(&addresses, 4096);
    parts_addresses(p, &addresses);
    printf("\nMuster runs, on this machine only, with throw-away data.\n\n%.*s\n"
           "Try, in another terminal, with the packages etcd-client, curl and bind9-dnsutils:\n"
           "    etcdctl put services/hello/10.0.0.7:9000 '{\"Addr\":\"10.0.0.7:9000\"}'\n"
           "    etcdctl get --prefix services/\n"
           "    curl -X PUT localhost:8500/v1/agent/service/register "
           "-d '{\"Name\":\"web\",\"Address\":\"10.0.0.8\",\"Port\":8080}'\n"
           "    curl localhost:8500/v1/health/service/web\n"
           "    dig @127.0.0.1 -p 8600 hello.service.consul SRV\n"
           "    curl localhost:6878/metrics\n\n"
           "Ctrl C stops it, nothing is kept.\n\n",
           (int)addresses.n, (const char *)addresses.p);
    fflush(stdout);
    buf_fini(&addresses);
}

void dev_greet_as_consul(const struct config *config)
{
    printf("==> Starting Muster as Consul's agent...\n"
           "           Datacenter: '%s'\n          HTTP listen: %s\n"
           "           DNS listen: %s\n\n==> Consul agent running!\n\n",
           config->datacenter, config->consul_listen, config->dns_listen);
    fflush(stdout);
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
    return remove(path);
}

void dev_remove(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
