/* What a query may say, in Consul's words. */
#include "catalog/prepared_check.h"

#include "catalog/prepared_render.h"
#include "wire/duration.h"

static enum err check_dns(const struct prepared *p, struct why *why)
{
    int64_t ns;
    int n = p->dns.ttl.n < 60 ? (int)p->dns.ttl.n : 60;
    const char *text = (const char *)p->dns.ttl.p;
    if (p->dns.ttl.n == 0)
        return OK;
    if (duration_parse(p->dns.ttl, &ns) != OK)
        return why_set(why, ERR_INVALID, "Bad DNS TTL '%.*s': time: invalid duration \"%.*s\"", n,
                       text, n, text);
    if (ns < 0)
        return why_set(why, ERR_INVALID, "DNS TTL '%lld', must be >=0", (long long)ns);
    return OK;
}

static enum err check_service(const struct prepared_service *s, struct why *why)
{
    if (s->service.n == 0 && s->sameness_group.n == 0)
        return why_set(why, ERR_INVALID, "Must provide a Service name to query");
    if (s->failover.nearest < 0)
        return why_set(why, ERR_INVALID, "Bad NearestN '%lld', must be >= 0",
                       (long long)s->failover.nearest);
    if ((s->failover.nearest != 0 || s->failover.datacenters.n > 0) && s->failover.targets.n > 0)
        return why_set(why, ERR_INVALID,
                       "Targets cannot be populated with NearestN or Datacenters");
    return OK;
}

static enum err check_template(const struct prepared *p, struct arena *arena, struct why *why)
{
    struct prepared rendered;
    struct why inner = { "" };
    if (!prepared_is_template(p))
        return OK;
    if (!bytes_is(p->template.type, "name_prefix_match"))
        return why_set(why, ERR_INVALID, "failed compiling template: Bad Template.Type '%.*s'",
                       (int)(p->template.type.n < 60 ? p->template.type.n : 60),
                       (const char *)p->template.type.p);
    enum err e = prepared_render(p, p->name, arena, &rendered, &inner);
    return e == OK ? OK
                   : why_set(why, ERR_INVALID, "failed compiling template: %.400s", inner.text);
}

enum err prepared_check(const struct prepared *p, struct arena *arena, struct why *why)
{
    if (p->name.n == 0 && !prepared_is_template(p) && p->session.n == 0)
        return why_set(why, ERR_INVALID, "Must be bound to a session");
    if (p->name.n > PREPARED_NAME_MAX || (p->name.n > 0 && memchr(p->name.p, 0, p->name.n) != NULL))
        return why_set(why, ERR_INVALID, "Name is longer than %d bytes, or holds a zero byte",
                       PREPARED_NAME_MAX);
    if (bytes_is(p->token, "<hidden>"))
        return why_set(why, ERR_INVALID,
                       "Bad Token '<hidden>', it looks like a query definition with a redacted "
                       "token was submitted");
    enum err e = check_service(&p->service, why);
    if (e == OK)
        e = check_dns(p, why);
    return e == OK ? check_template(p, arena, why) : e;
}
