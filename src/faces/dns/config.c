#include "faces/dns/config.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "wire/duration.h"

enum { DNS_PORT = 53 };

/* The text up to the next comma, without spaces around it; *AT moves behind it. */
static bool next_item(const char **at, struct bytes *ret)
{
    while (**at == ' ' || **at == ',')
        (*at)++;
    size_t n = strcspn(*at, ",");
    *ret = bytes_of(*at, n);
    *at += n;
    while (ret->n > 0 && ret->p[ret->n - 1] == ' ')
        ret->n--;
    return ret->n > 0;
}

/* -- zones ------------------------------------------------------------------------------------- */

static enum err read_domain(const char *text, const char *option, struct dname *ret,
                            struct why *why)
{
    if (!dname_parse(bytes_str(text), ret) || ret->n > DNAME_MAX / 2)
        return why_set(why, ERR_INVALID, "%s '%.200s' is no domain name", option, text);
    return OK;
}

static enum err read_zones(struct dns_config *c, const struct dns_settings *s, struct why *why)
{
    struct dname label = { .n = 0 };
    enum err e = read_domain(s->domain, "--domain", &c->zones.domain, why);
    if (e == OK && s->alt_domain[0] != 0)
        e = read_domain(s->alt_domain, "--alt-domain", &c->zones.alt, why);
    dname_put_label(&label, bytes_str(s->datacenter));
    if (e == OK && label.bad)
        e = why_set(why, ERR_INVALID, "--datacenter '%.200s' is no label of a name", s->datacenter);
    c->zones.datacenter = arena_dup(&c->arena, bytes_str(s->datacenter));
    return e;
}

/* -- times to live ----------------------------------------------------------------------------- */

static enum err seconds_of(uint64_t ms, const char *option, uint32_t *ret, struct why *why)
{
    if (ms / 1000 > DNS_TTL_MAX_S)
        return why_set(why, ERR_INVALID, "%s is more than %d seconds", option, DNS_TTL_MAX_S);
    *ret = (uint32_t)(ms / 1000);
    return OK;
}

static enum err refuse_rule(struct bytes rule, struct why *why)
{
    return why_set(why, ERR_INVALID,
                   "--dns-service-ttl: '%.*s' is not name=duration, such as web=10s, api-*=5s or "
                   "*=1s",
                   (int)(rule.n < 200 ? rule.n : 200), (const char *)rule.p);
}

static enum err read_rule(struct dns_config *c, struct bytes text, struct why *why)
{
    const uint8_t *equals = memchr(text.p, '=', text.n);
    if (equals == NULL || equals == text.p)
        return refuse_rule(text, why);
    struct bytes name = bytes_of(text.p, (size_t)(equals - text.p));
    struct bytes duration = bytes_skip(text, name.n + 1);
    bool is_prefix = name.p[name.n - 1] == '*';
    int64_t ns;
    if (duration_parse(duration, &ns) != OK || ns < 0 ||
        memchr(name.p, '*', name.n - is_prefix) != NULL)
        return refuse_rule(text, why);
    uint32_t seconds = 0;
    enum err e = seconds_of((uint64_t)ns / 1000000, "--dns-service-ttl", &seconds, why);
    if (e == OK)
        c->ttls[c->ttl_n++] =
            (struct dns_ttl_rule){ .name =
                                       arena_dup(&c->arena, bytes_of(name.p, name.n - is_prefix)),
                                   .is_prefix = is_prefix,
                                   .seconds = seconds };
    return e;
}

static enum err read_rules(struct dns_config *c, const char *text, struct why *why)
{
    struct bytes rule;
    enum err e = OK;
    c->ttls = arena_zalloc(&c->arena, DNS_TTL_RULES_MAX, sizeof *c->ttls);
    while (e == OK && next_item(&text, &rule)) {
        if (c->ttl_n == DNS_TTL_RULES_MAX)
            return why_set(why, ERR_INVALID, "--dns-service-ttl: more than %d rules",
                           DNS_TTL_RULES_MAX);
        e = read_rule(c, rule, why);
    }
    return e;
}

static bool starts_nocase(struct bytes text, struct bytes prefix)
{
    return text.n >= prefix.n && text_eq_nocase(bytes_of(text.p, prefix.n), prefix);
}

uint32_t dns_config_service_ttl(const struct dns_config *c, struct bytes service)
{
    const struct dns_ttl_rule *best = NULL;
    for (size_t i = 0; i < c->ttl_n; i++) {
        const struct dns_ttl_rule *rule = &c->ttls[i];
        if (!rule->is_prefix && text_eq_nocase(service, rule->name))
            return rule->seconds;
        if (rule->is_prefix && starts_nocase(service, rule->name) &&
            (best == NULL || best->name.n < rule->name.n))
            best = rule;
    }
    return best == NULL ? 0 : best->seconds;
}

static enum err read_times(struct dns_config *c, const struct dns_settings *s, struct why *why)
{
    const struct {
        uint64_t ms;
        const char *option;
        uint32_t *into;
    } times[] = {
        { s->node_ttl_ms, "--dns-node-ttl", &c->node_ttl },
        { s->soa_refresh_ms, "--dns-soa-refresh", &c->soa.refresh },
        { s->soa_retry_ms, "--dns-soa-retry", &c->soa.retry },
        { s->soa_expire_ms, "--dns-soa-expire", &c->soa.expire },
        { s->soa_min_ttl_ms, "--dns-soa-min-ttl", &c->soa.min_ttl },
    };
    enum err e = OK;
    for (size_t i = 0; i < ARRAY_LEN(times) && e == OK; i++)
        e = seconds_of(times[i].ms, times[i].option, times[i].into, why);
    return e == OK ? read_rules(c, s->service_ttl, why) : e;
}

/* -- recursors --------------------------------------------------------------------------------- */

static void map_v4(const struct ip *ip, struct in6_addr *ret)
{
    static const uint8_t before[12] = { [10] = 0xff, [11] = 0xff };
    memcpy(ret->s6_addr, before, sizeof before);
    memcpy(ret->s6_addr + sizeof before, ip->p, ip->n);
}

/* "10.0.0.2", "10.0.0.2:5353", "fd00::2", "[fd00::2]:5353" */
static bool read_recursor(struct bytes text, struct sockaddr_in6 *ret)
{
    uint64_t port = DNS_PORT;
    struct ip ip = ip_parse(text);
    if (ip.n == 0) {
        size_t colon = text.n;
        while (colon > 0 && text.p[colon - 1] != ':')
            colon--;
        if (colon == 0 || !text_u64(bytes_skip(text, colon), &port) || port == 0 ||
            port > UINT16_MAX)
            return false;
        text.n = colon - 1;
        bool bracketed = text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']';
        ip = ip_parse(bracketed ? bytes_of(text.p + 1, text.n - 2) : text);
        if (ip.n == 0 || bracketed != (ip.n == 16))
            return false;
    }
    *ret = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    if (ip.n == 4)
        map_v4(&ip, &ret->sin6_addr);
    else
        memcpy(&ret->sin6_addr, ip.p, ip.n);
    return true;
}

static enum err read_recursors(struct dns_config *c, const char *text, struct why *why)
{
    struct bytes item;
    while (next_item(&text, &item)) {
        if (c->recursor_n == DNS_RECURSORS_MAX)
            return why_set(why, ERR_INVALID, "--recursors: more than %d", DNS_RECURSORS_MAX);
        if (!read_recursor(item, &c->recursors[c->recursor_n]))
            return why_set(why, ERR_INVALID,
                           "--recursors: '%.*s' is no address; write 10.0.0.2, 10.0.0.2:53 or "
                           "[fd00::2]:53",
                           (int)(item.n < 200 ? item.n : 200), (const char *)item.p);
        c->recursor_n++;
    }
    return OK;
}

static struct labels copy_labels(const struct labels *from, struct arena *arena)
{
    struct labels copy = { .n = from->n };
    copy.all = arena_zalloc(arena, from->n + 1, sizeof *copy.all);
    for (size_t i = 0; i < from->n; i++)
        copy.all[i] = (struct label){ arena_dup(arena, from->all[i].key),
                                      arena_dup(arena, from->all[i].value) };
    return copy;
}

/* -- all --------------------------------------------------------------------------------------- */

enum err dns_config_init(struct dns_config *c, const struct dns_settings *s, struct why *why)
{
    *c = (struct dns_config){
        .only_passing = s->only_passing,
        .node_meta_txt = s->node_meta_txt,
        .a_record_limit = s->a_record_limit,
        .recursor_timeout_ms = s->recursor_timeout_ms,
        .recursors_at_random = s->recursors_at_random,
        .rate_limit = s->rate_limit,
        .rate_spares = s->rate_spares,
        .weight = s->weight,
        .lan = s->lan,
        .is_mesh_of = s->is_mesh_of,
        .proxies = s->proxies,
        .gateways = s->gateways,
        .virtual_address = s->virtual_address,
        .prepared = s->prepared,
        .prepared_ctx = s->prepared_ctx,
        .style = { .udp_answer_limit = (unsigned)s->udp_answer_limit,
                   .compresses = !s->disable_compression,
                   .truncates = s->enable_truncate },
    };
    arena_init(&c->arena, 0);
    c->token = arena_dup(&c->arena, bytes_str(s->token));
    c->node_name = arena_dup(&c->arena, bytes_str(s->node_name));
    c->node_metadata = copy_labels(&s->node_metadata, &c->arena);
    c->node_address = ip_parse(bytes_str(s->node_address));
    enum err e = read_zones(c, s, why);
    if (e == OK && c->node_address.n == 0)
        e = why_set(why, ERR_INVALID, "dns: '%.200s' is no address of this node", s->node_address);
    if (e == OK)
        e = read_times(c, s, why);
    if (e == OK)
        e = read_recursors(c, s->recursors, why);
    c->style.recurses = c->recursor_n > 0;
    return e;
}

void dns_config_fini(struct dns_config *c)
{
    arena_fini(&c->arena);
}
