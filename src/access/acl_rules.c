#include "access/acl_rules.h"

#include "access/rule_text.h"
#include "access/template.h"

/* Of no datacenter in particular, or of this one. */
static bool is_of(const struct acl_texts *datacenters, struct bytes datacenter)
{
    for (size_t i = 0; i < datacenters->n; i++)
        if (bytes_eq(datacenters->all[i], datacenter))
            return true;
    return datacenters->n == 0;
}

void acl_policy_rules(const struct acl_policy *p, struct bytes datacenter, struct access_rules *out)
{
    struct uuid management = acl_builtin_id(ACL_MANAGEMENT_POLICY);
    if (!is_of(&p->datacenters, datacenter))
        return;
    if (uuid_eq(&p->id, &management))
        access_rules_add_all(out, p->name);
    else
        IGNORE(rule_text_read(p->rules, p->name, out, NULL)); /* it was checked when it was put */
}

/* What is no name gives no rules: it was checked when it was put. */
static void add(enum access_template t, const struct acl_identities *list, struct bytes datacenter,
                struct access_rules *out)
{
    for (size_t i = 0; i < list->n; i++)
        if (is_of(&list->all[i].datacenters, datacenter))
            IGNORE(template_add_rules(t, list->all[i].name, out));
}

void acl_identity_rules(const struct acl_grants *g, struct bytes datacenter,
                        struct access_rules *out)
{
    add(TEMPLATE_SERVICE, &g->services, datacenter, out);
    add(TEMPLATE_NODE, &g->nodes, datacenter, out);
    for (size_t i = 0; i < g->templates.n; i++) {
        struct acl_identities one = { .all = &g->templates.all[i], .n = 1 };
        enum access_template t;
        if (template_find(one.all->template, &t))
            add(t, &one, datacenter, out);
    }
}
