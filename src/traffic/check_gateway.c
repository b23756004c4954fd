/* What ingress-gateways and terminating-gateways may say. */
#include <inttypes.h>

#include "base/compiler.h"
#include "base/text.h"
#include "traffic/config_entry_check.h"
#include "traffic/config_entry_text.h"

static bool is_any(struct bytes service)
{
    return bytes_is(service, "*");
}

/* -- ingress ------------------------------------------------------------------------------------
 */

static bool is_protocol(struct bytes protocol)
{
    static const char *const all[] = { "tcp", "http", "http2", "grpc" };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (bytes_is(protocol, all[i]))
            return true;
    return false;
}

static bool is_port_taken(const struct entry_ingress *ingress, size_t until)
{
    const struct entry_ingress_listener *all = ingress->listeners.all;
    for (size_t i = 0; i < until; i++)
        if (all[i].port == all[until].port)
            return true;
    return false;
}

/* The hosts of service AT are those of no other of the listener, nor twice its own. */
static bool has_host_twice(const struct entry_ingress_listener *l, size_t at)
{
    const struct entry_ingress_service *all = l->services.all;
    for (size_t h = 0; h < all[at].hosts.n; h++)
        for (size_t i = 0; i <= at; i++)
            for (size_t k = 0; k < (i == at ? h : all[i].hosts.n); k++)
                if (bytes_eq(all[i].hosts.all[k], all[at].hosts.all[h]))
                    return true;
    return false;
}

static bool is_named_twice(const struct entry_ingress_listener *l, size_t at)
{
    const struct entry_ingress_service *all = l->services.all;
    for (size_t i = 0; i < at; i++)
        if (text_eq_nocase(all[i].name, all[at].name))
            return true;
    return false;
}

static enum err check_service(const struct entry_ingress_listener *l, size_t at,
                              struct arena *arena, struct why *why)
{
    const struct entry_ingress_service *s =
        (const struct entry_ingress_service *)l->services.all + at;
    bool routes = !bytes_is(l->protocol, "tcp");
    if (s->name.n == 0)
        return why_set(why, ERR_INVALID,
                       "Service name cannot be blank (listener on port %" PRId64 ")", l->port);
    if (is_any(s->name) && !routes)
        return why_set(why, ERR_INVALID,
                       "Wildcard service name is only valid for protocol = 'http' (listener on "
                       "port %" PRId64 ")",
                       l->port);
    if (is_any(s->name) && s->hosts.n > 0)
        return why_set(why, ERR_INVALID,
                       "Associating hosts to a wildcard service is not supported (listener on "
                       "port %" PRId64 ")",
                       l->port);
    if (s->hosts.n > 0 && !routes)
        return why_set(why, ERR_INVALID,
                       "Associating hosts to a service is not supported for the %s protocol "
                       "(listener on port %" PRId64 ")",
                       arena_str(arena, l->protocol), l->port);
    if (is_named_twice(l, at))
        return why_set(why, ERR_INVALID,
                       "Service %s cannot be added multiple times (listener on port %" PRId64 ")",
                       arena_str(arena, s->name), l->port);
    return has_host_twice(l, at)
               ? why_set(why, ERR_INVALID,
                         "Hosts must be unique within a specific listener (listener on port "
                         "%" PRId64 ")",
                         l->port)
               : OK;
}

static enum err check_listener(struct entry_ingress_listener *l, struct arena *arena,
                               struct why *why)
{
    l->protocol = l->protocol.n == 0 ? bytes_str("tcp") : config_entry_lower(l->protocol, arena);
    if (!is_protocol(l->protocol))
        return why_set(why, ERR_INVALID,
                       "protocol must be 'tcp', 'http', 'http2', or 'grpc'. '%.200s' is an "
                       "unsupported protocol",
                       arena_str(arena, l->protocol));
    if (l->services.n == 0)
        return why_set(why, ERR_INVALID, "No service declared for listener with port %" PRId64,
                       l->port);
    if (l->services.n > 1 && bytes_is(l->protocol, "tcp"))
        return why_set(why, ERR_INVALID,
                       "Multiple services per listener are only supported for L7 protocols, "
                       "'http', 'grpc' and 'http2' (listener on port %" PRId64 ")",
                       l->port);
    enum err e = OK;
    for (size_t i = 0; e == OK && i < l->services.n; i++)
        e = check_service(l, i, arena, why);
    return e;
}

enum err config_entry_check_ingress(struct config_entry *entry, struct arena *arena,
                                    struct why *why)
{
    struct entry_ingress_listener *all = entry->ingress.listeners.all;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < entry->ingress.listeners.n; i++) {
        if (is_port_taken(&entry->ingress, i))
            return why_set(why, ERR_INVALID, "port %" PRId64 " declared on two listeners",
                           all[i].port);
        e = check_listener(&all[i], arena, why);
    }
    return e;
}

/* -- terminating --------------------------------------------------------------------------------
 */

enum err config_entry_check_terminating(const struct config_entry *entry, struct arena *arena,
                                        struct why *why)
{
    const struct entry_linked *all = entry->terminating.services.all;
    for (size_t i = 0; i < entry->terminating.services.n; i++) {
        const char *name = config_entry_quoted(all[i].name, arena);
        if (all[i].name.n == 0)
            return why_set(why, ERR_INVALID, "Service name cannot be blank.");
        for (size_t k = 0; k < i; k++)
            if (text_eq_nocase(all[k].name, all[i].name))
                return why_set(why, ERR_INVALID,
                               "Service %s was specified more than once within a namespace", name);
        bool has_own = all[i].cert_file.n > 0 || all[i].key_file.n > 0;
        if (has_own && (all[i].ca_file.n == 0 || all[i].cert_file.n == 0 || all[i].key_file.n == 0))
            return why_set(why, ERR_INVALID,
                           "Service %s must have a CertFile, CAFile, and KeyFile specified for TLS "
                           "origination",
                           name);
    }
    return OK;
}
