/* What a service-resolver may say. */
#include "base/compiler.h"
#include "traffic/config_entry_check.h"
#include "traffic/config_entry_text.h"
#include "wire/filter.h"

enum { SUBSET_NAME_MAX = 63 };

/* -- subsets ------------------------------------------------------------------------------------
 */

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_subset_name(struct bytes name)
{
    if (name.n > SUBSET_NAME_MAX || !is_plain(name.p[0]) || !is_plain(name.p[name.n - 1]))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!is_plain(name.p[i]) && name.p[i] != '-')
            return false;
    return true;
}

static enum err check_subset(struct bytes name, const struct entry_subset *subset,
                             struct arena *arena, struct why *why)
{
    const struct filter *filter;
    struct why parse;
    if (name.n == 0)
        return why_set(why, ERR_INVALID, "Subset defined with empty name");
    if (!is_subset_name(name))
        return why_set(why, ERR_INVALID,
                       "Subset %s is invalid: must be 63 characters or fewer, begin or end with "
                       "lower case alphanumeric characters, and contain lower case alphanumeric "
                       "characters or '-' in between",
                       config_entry_quoted(name, arena));
    if (subset->filter.n > 0 && filter_parse(subset->filter, NULL, arena, &filter, &parse) != OK)
        return why_set(why, ERR_INVALID, "Filter for subset %s is not a valid expression: %.300s",
                       config_entry_quoted(name, arena), parse.text);
    return OK;
}

static enum err check_subsets(const struct entry_resolver *r, struct arena *arena, struct why *why)
{
    const struct entry_subset *all = r->subsets.all;
    for (size_t i = 0; i < r->subsets.n; i++) {
        enum err e = check_subset(r->subsets.names[i], &all[i], arena, why);
        if (e != OK)
            return e;
    }
    if (r->default_subset.n > 0 && config_entry_subset_find(r, r->default_subset) == NULL)
        return why_set(why, ERR_INVALID, "DefaultSubset %s is not a valid subset",
                       config_entry_quoted(r->default_subset, arena));
    return OK;
}

/* True if SUBSET of SERVICE ("": the entry's own) is one of the entry's that is not there. */
static bool lacks_subset(const struct config_entry *entry, struct bytes service,
                         struct bytes subset)
{
    bool is_own = service.n == 0 || bytes_eq(service, entry->name);
    return subset.n > 0 && is_own && config_entry_subset_find(&entry->resolver, subset) == NULL;
}

/* -- redirect -----------------------------------------------------------------------------------
 */

static enum err check_redirect(const struct config_entry *entry, struct arena *arena,
                               struct why *why)
{
    const struct entry_redirect *r = entry->resolver.redirect;
    if (entry->resolver.failover.n > 0)
        return why_set(why, ERR_INVALID, "Redirect and Failover cannot both be set");
    if (r->service.n + r->subset.n + r->datacenter.n + r->peer.n + r->sameness_group.n == 0)
        return why_set(why, ERR_INVALID, "Redirect is empty");
    if (r->peer.n > 0 && r->subset.n > 0)
        return why_set(why, ERR_INVALID, "Redirect.Peer cannot be set with Redirect.ServiceSubset");
    if (r->peer.n > 0 && r->datacenter.n > 0)
        return why_set(why, ERR_INVALID, "Redirect.Peer cannot be set with Redirect.Datacenter");
    if (r->service.n == 0 && r->subset.n > 0)
        return why_set(why, ERR_INVALID, "Redirect.ServiceSubset defined without Redirect.Service");
    if (r->service.n == 0 && r->peer.n > 0)
        return why_set(why, ERR_INVALID, "Redirect.Peer defined without Redirect.Service");
    if (lacks_subset(entry, r->service, r->subset))
        return why_set(why, ERR_INVALID, "Redirect.ServiceSubset %s is not a valid subset of %s",
                       config_entry_quoted(r->subset, arena),
                       config_entry_quoted(r->service, arena));
    return OK;
}

/* -- failover -----------------------------------------------------------------------------------
 */

static enum err check_target(const struct config_entry *entry,
                             const struct entry_failover_target *t, const char *where,
                             struct arena *arena, struct why *why)
{
    if (t->peer.n > 0 && t->subset.n > 0)
        return why_set(why, ERR_INVALID, "%sPeer cannot be set with ServiceSubset", where);
    if (t->peer.n > 0 && t->datacenter.n > 0)
        return why_set(why, ERR_INVALID, "%sPeer cannot be set with Datacenter", where);
    if (lacks_subset(entry, t->service, t->subset))
        return why_set(why, ERR_INVALID, "%sServiceSubset %s is not a valid subset of %s", where,
                       config_entry_quoted(t->subset, arena),
                       config_entry_quoted(entry->name, arena));
    return OK;
}

static enum err check_targets(const struct config_entry *entry, const struct entry_failover *f,
                              const char *subset, struct arena *arena, struct why *why)
{
    const struct entry_failover_target *all = f->targets.all;
    const char *clash = f->datacenters.n > 0 ? "Datacenters"
                        : f->subset.n > 0    ? "ServiceSubset"
                        : f->service.n > 0   ? "Service"
                                             : NULL;
    if (f->targets.n > 0 && clash != NULL)
        return why_set(why, ERR_INVALID, "Bad Failover[%s]: Targets cannot be set with %s", subset,
                       clash);
    for (size_t i = 0; i < f->targets.n; i++) {
        const char *where = arena_printf(arena, "Bad Failover[%s].Targets[%zu]: ", subset, i);
        enum err e = check_target(entry, &all[i], where, arena, why);
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err check_failover(const struct config_entry *entry, size_t i, struct arena *arena,
                               struct why *why)
{
    const struct entry_resolver *r = &entry->resolver;
    const struct entry_failover *f = (const struct entry_failover *)r->failover.all + i;
    const char *subset = config_entry_quoted(r->failover.names[i], arena);
    bool is_all = bytes_is(r->failover.names[i], "*");
    if (!is_all && config_entry_subset_find(r, r->failover.names[i]) == NULL)
        return why_set(why, ERR_INVALID, "Bad Failover[%s]: not a valid subset", subset);
    if (f->service.n + f->subset.n + f->datacenters.n + f->targets.n + f->sameness_group.n == 0)
        return why_set(why, ERR_INVALID,
                       "Bad Failover[%s]: one of Service, ServiceSubset, Namespace, Targets, "
                       "SamenessGroup, or Datacenters is required",
                       subset);
    if (lacks_subset(entry, f->service, f->subset))
        return why_set(
            why, ERR_INVALID, "Bad Failover[%s]: ServiceSubset %s is not a valid subset of %s",
            subset, config_entry_quoted(f->subset, arena), config_entry_quoted(f->service, arena));
    for (size_t k = 0; k < f->datacenters.n; k++)
        if (f->datacenters.all[k].n == 0)
            return why_set(why, ERR_INVALID, "Bad Failover[%s].Datacenters: found empty datacenter",
                           subset);
    return check_targets(entry, f, subset, arena, why);
}

/* -- balancer -----------------------------------------------------------------------------------
 */

static enum err check_hash_policy(const struct entry_hash_policy *p, size_t i, struct arena *arena,
                                  struct why *why)
{
    static const char *const fields[] = { "", "header", "cookie", "query_parameter" };
    const char *field = config_entry_quoted(p->field, arena);
    bool is_known = false;
    for (size_t k = 0; k < ARRAY_LEN(fields); k++)
        is_known = is_known || bytes_is(p->field, fields[k]);
#define REFUSE(...) why_set(why, ERR_INVALID, "Bad LoadBalancer HashPolicy[%zu]: " __VA_ARGS__)
    if (!is_known)
        return REFUSE("%s is not a supported field", i, field);
    if (p->source_ip && p->field.n > 0)
        return REFUSE("A single hash policy cannot hash both a source address and a %s", i, field);
    if (p->source_ip && p->value.n > 0)
        return REFUSE("A FieldValue cannot be specified when hashing SourceIP", i);
    if (p->field.n > 0 && p->value.n == 0)
        return REFUSE("Field %s was specified without a FieldValue", i, field);
    if (p->value.n > 0 && p->field.n == 0)
        return REFUSE("FieldValue requires a Field to apply to", i);
    if (p->cookie != NULL && !bytes_is(p->field, "cookie"))
        return REFUSE("cookie_config provided for %s", i, field);
    if (p->cookie != NULL && p->cookie->session && p->cookie->ttl != 0)
        return REFUSE("a session cookie cannot have an associated TTL", i);
#undef REFUSE
    return OK;
}

static enum err check_balancer(const struct entry_balancer *b, struct arena *arena, struct why *why)
{
    static const char *const policies[] = { "",          "random", "round_robin", "least_request",
                                            "ring_hash", "maglev" };
    const char *policy = config_entry_quoted(b->policy, arena);
    const struct entry_hash_policy *hashes = b->hash_policies.all;
    bool is_ring = bytes_is(b->policy, "ring_hash"), is_known = false;
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        is_known = is_known || bytes_is(b->policy, policies[i]);
    if (!is_known)
        return why_set(why, ERR_INVALID, "Bad LoadBalancer policy: %s is not supported", policy);
    if (!is_ring && b->ring != NULL)
        return why_set(why, ERR_INVALID,
                       "Bad LoadBalancer configuration. RingHashConfig specified for incompatible "
                       "load balancing policy %s",
                       policy);
    if (b->least != NULL && !bytes_is(b->policy, "least_request"))
        return why_set(why, ERR_INVALID,
                       "Bad LoadBalancer configuration. LeastRequestConfig specified for "
                       "incompatible load balancing policy %s",
                       policy);
    if (b->hash_policies.n > 0 && !is_ring && !bytes_is(b->policy, "maglev"))
        return why_set(why, ERR_INVALID,
                       "Bad LoadBalancer configuration: HashPolicies specified for non-hash-based "
                       "Policy: %s",
                       policy);
    enum err e = OK;
    for (size_t i = 0; e == OK && i < b->hash_policies.n; i++)
        e = check_hash_policy(&hashes[i], i, arena, why);
    return e;
}

/* -- the whole ----------------------------------------------------------------------------------
 */

static enum err check_timeout(const char *name, int64_t ns, struct arena *arena, struct why *why)
{
    return ns >= 0 ? OK
                   : why_set(why, ERR_INVALID, "Bad %s '%s', must be >= 0", name,
                             config_entry_duration(ns, arena));
}

enum err config_entry_check_resolver(const struct config_entry *entry, struct arena *arena,
                                     struct why *why)
{
    const struct entry_resolver *r = &entry->resolver;
    enum err e = check_subsets(r, arena, why);
    if (e == OK && r->redirect != NULL)
        e = check_redirect(entry, arena, why);
    for (size_t i = 0; e == OK && i < r->failover.n; i++)
        e = check_failover(entry, i, arena, why);
    if (e == OK)
        e = check_timeout("ConnectTimeout", r->connect_timeout, arena, why);
    if (e == OK)
        e = check_timeout("RequestTimeout", r->request_timeout, arena, why);
    if (e == OK && r->balancer != NULL)
        e = check_balancer(r->balancer, arena, why);
    return e;
}
