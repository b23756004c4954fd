/* Configured, or found out from the machine. */
#include "server/self.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/uuid.h"
#include "net/endpoint.h"

enum { NAME_MAX_BYTES = 128, META_MAX = 64, META_NAME_MAX = 128, META_VALUE_MAX = 512 };

static enum err find_name(const struct config *c, struct arena *arena, const char **ret,
                          struct why *why)
{
    char host[256] = "";
    const char *name = c->node_name;
    if (name[0] == 0 && gethostname(host, sizeof host - 1) == 0)
        name = arena_str(arena, bytes_str(host));
    if (name[0] == 0)
        name = "localhost";
    struct bytes text = bytes_str(name);
    bool is_plain = text.n <= NAME_MAX_BYTES && text_is_utf8(text);
    for (size_t i = 0; i < text.n; i++)
        is_plain = is_plain && text.p[i] > 0x20 && text.p[i] != 0x7f && text.p[i] != '/';
    if (!is_plain)
        return why_set(why, ERR_INVALID,
                       "--node-name '%s' is no name: at most %d bytes without blanks and slashes",
                       name, NAME_MAX_BYTES);
    *ret = name;
    return OK;
}

/* The first of a comma-separated list; off if there is none. They were checked when the listeners
 * were. */
static struct endpoint first_endpoint(const char *addresses)
{
    struct endpoint at = { .kind = ENDPOINT_OFF };
    struct why why;
    size_t n = strcspn(addresses, ",");
    if (n > 0 && endpoint_parse(bytes_of(addresses, n), &at, &why) != OK)
        at.kind = ENDPOINT_OFF;
    return at;
}

/* The first address of an interface that is up and leads out; NULL if there is none. */
static const char *outer_address(struct arena *arena)
{
    struct ifaddrs *all = NULL;
    const char *found = NULL;
    char text[INET_ADDRSTRLEN];
    if (getifaddrs(&all) != 0)
        return NULL;
    for (const struct ifaddrs *i = all; i != NULL && found == NULL; i = i->ifa_next) {
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET ||
            (i->ifa_flags & IFF_UP) == 0 || (i->ifa_flags & IFF_LOOPBACK) != 0)
            continue;
        struct sockaddr_in at;
        memcpy(&at, i->ifa_addr, sizeof at);
        if (inet_ntop(AF_INET, &at.sin_addr, text, sizeof text) != NULL)
            found = arena_str(arena, bytes_str(text));
    }
    freeifaddrs(all);
    return found;
}

static const char *find_address(const struct config *c, struct arena *arena)
{
    struct endpoint at = first_endpoint(c->consul_listen);
    if (at.kind == ENDPOINT_OFF)
        at = first_endpoint(c->dns_listen);
    if (c->node_address[0] != 0)
        return c->node_address;
    if (at.kind != ENDPOINT_TCP || strcmp(at.host, "localhost") == 0)
        return "127.0.0.1";
    bool is_any = strcmp(at.host, "0.0.0.0") == 0 || strcmp(at.host, "::") == 0 || at.host[0] == 0;
    const char *outer = is_any ? outer_address(arena) : arena_str(arena, bytes_str(at.host));
    return outer == NULL ? "127.0.0.1" : outer;
}

static bool is_meta_name(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= META_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n &&
           strncmp(name, "consul-", 7) != 0;
}

/* "name:value,name:value"; of a name that stands twice the last counts. */
static enum err find_meta(const char *text, struct arena *arena, struct self *self, struct why *why)
{
    self->meta = arena_zalloc(arena, META_MAX, sizeof *self->meta);
    for (const char *at = text; *at != 0; at += strspn(at, ",")) {
        size_t n = strcspn(at, ",");
        char *name = arena_str(arena, bytes_of(at, n)), *colon = strchr(name, ':');
        at += n;
        if (colon != NULL)
            *colon = 0;
        const char *value = colon == NULL ? "" : colon + 1;
        size_t k = self->meta_n;
        while (k > 0 && strcmp(self->meta[k - 1].name, name) > 0)
            k--;
        if (!is_meta_name(name) || strlen(value) > META_VALUE_MAX)
            return why_set(why, ERR_INVALID,
                           "--node-meta: '%s' is no name, or its value is longer than %d bytes",
                           name, META_VALUE_MAX);
        if (k > 0 && strcmp(self->meta[k - 1].name, name) == 0) {
            self->meta[k - 1].value = value;
            continue;
        }
        if (self->meta_n == META_MAX)
            return why_set(why, ERR_INVALID, "--node-meta: more than %d pairs", META_MAX);
        memmove(&self->meta[k + 1], &self->meta[k], (self->meta_n - k) * sizeof *self->meta);
        self->meta[k] = (struct consul_meta){ name, value };
        self->meta_n++;
    }
    return OK;
}

/* Of the first address of LIST. */
static uint16_t port_of(const char *list)
{
    struct endpoint first = first_endpoint(list);
    return first.kind == ENDPOINT_TCP ? first.port : 0;
}

enum err self_find(const struct config *c, struct arena *arena, struct self *ret, struct why *why)
{
    struct self self = { .consul_port = port_of(c->consul_listen),
                         .consul_https_port = port_of(c->consul_https_listen),
                         .consul_grpc_port = port_of(c->consul_grpc_listen),
                         .consul_grpc_tls_port = port_of(c->consul_grpc_tls_listen),
                         .native_port = port_of(c->native_listen) };
    struct uuid id;
    enum err e = find_name(c, arena, &self.node_name, why);
    if (e != OK)
        return e;
    if (c->node_id[0] != 0 && !uuid_parse(bytes_str(c->node_id), &id))
        return why_set(why, ERR_INVALID, "--node-id '%s' is no UUID", c->node_id);
    self.node_id = c->node_id[0] == 0 ? NULL : c->node_id;
    if (c->connect_cluster[0] != 0 && !uuid_parse(bytes_str(c->connect_cluster), &id))
        return why_set(why, ERR_INVALID, "--connect-cluster-id '%s' is no UUID",
                       c->connect_cluster);
    e = find_meta(c->node_meta, arena, &self, why);
    if (e != OK)
        return e;
    self.address = find_address(c, arena);
    *ret = self;
    return OK;
}
