#include "access/acl_check.h"

#include "access/acl_bind.h"
#include "access/jwt_method.h"
#include "access/kubernetes.h"
#include "access/name.h"
#include "access/rule_text.h"
#include "access/template.h"

#define TEXT_OF(b) (int)(b).n, (const char *)(b).p

static enum err check_length(struct bytes text, size_t max, const char *what, struct why *why)
{
    if (text.n <= max)
        return OK;
    return why_set(why, ERR_TOO_BIG, "%s is too long: %zu bytes, at most %zu", what, text.n, max);
}

/* -- policies ---------------------------------------------------------------------------------- */

static enum err check_rules(struct bytes text, struct why *why)
{
    struct arena arena;
    struct access_rules rules;
    arena_init(&arena, 0);
    access_rules_init(&rules, &arena);
    enum err e = rule_text_read(text, (struct bytes){ 0 }, &rules, why);
    arena_fini(&arena);
    return e;
}

static enum err check_datacenters(const struct acl_texts *dcs, struct why *why)
{
    if (dcs->n > ACL_DATACENTERS_MAX)
        return why_set(why, ERR_TOO_BIG, "more than %d datacenters", ACL_DATACENTERS_MAX);
    for (size_t i = 0; i < dcs->n; i++)
        if (dcs->all[i].n > ACL_NAME_MAX)
            return why_set(why, ERR_TOO_BIG, "a datacenter's name is too long");
    return OK;
}

enum err acl_policy_check(const struct acl_policy *p, struct why *why)
{
    if (p->name.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Policy: no Name is set");
    if (!policy_name_is_valid(p->name))
        return why_set(why, ERR_INVALID,
                       "Invalid Policy: invalid Name. Only alphanumeric characters, a single '/', "
                       "'-' and '_' are allowed");
    enum err e = check_length(p->description, ACL_DESCRIPTION_MAX, "Description", why);
    if (e == OK)
        e = check_length(p->rules, ACL_RULES_MAX, "Rules", why);
    if (e == OK)
        e = check_datacenters(&p->datacenters, why);
    return e == OK ? check_rules(p->rules, why) : e;
}

/* -- what tokens and roles grant --------------------------------------------------------------- */

static enum err check_service(const struct acl_identity *i, const char *on, struct why *why)
{
    if (i->name.n == 0)
        return why_set(why, ERR_INVALID,
                       "Service identity is missing the service name field on this %s", on);
    if (!identity_name_is_valid(i->name))
        return why_set(why, ERR_INVALID,
                       "Service identity \"%.*s\" has an invalid name. Only lowercase alphanumeric "
                       "characters, '-' and '_' are allowed",
                       TEXT_OF(i->name));
    return check_datacenters(&i->datacenters, why);
}

static enum err check_node(const struct acl_identity *i, const char *on, struct why *why)
{
    if (i->name.n == 0)
        return why_set(why, ERR_INVALID, "Node identity is missing the node name field on this %s",
                       on);
    if (i->datacenters.n != 1 || i->datacenters.all[0].n == 0)
        return why_set(why, ERR_INVALID, "Node identity is missing the datacenter field on this %s",
                       on);
    if (!identity_name_is_valid(i->name))
        return why_set(why, ERR_INVALID,
                       "Node identity has an invalid name. Only lowercase alphanumeric characters, "
                       "'-' and '_' are allowed");
    return check_datacenters(&i->datacenters, why);
}

static enum err check_template(const struct acl_identity *i, const char *on, struct why *why)
{
    enum access_template t;
    if (i->template.n == 0)
        return why_set(why, ERR_INVALID,
                       "templated policy is missing the template name field on this %s", on);
    if (!template_find(i->template, &t))
        return why_set(why, ERR_INVALID, "no such ACL templated policy with Name \"%.*s\"",
                       TEXT_OF(i->template));
    if (template_wants_name(t) ? !identity_name_is_valid(i->name) : i->name.n != 0)
        return why_set(why, ERR_INVALID,
                       "invalid templated policy \"%.*s\": its variable Name is \"%.*s\"",
                       TEXT_OF(i->template), TEXT_OF(i->name));
    return check_datacenters(&i->datacenters, why);
}

typedef enum err (*identity_check)(const struct acl_identity *i, const char *on, struct why *why);

static enum err check_identities(const struct acl_identities *list, identity_check check,
                                 const char *on, struct why *why)
{
    if (list->n > ACL_LINKS_MAX)
        return why_set(why, ERR_TOO_BIG, "more than %d identities of a kind on this %s",
                       ACL_LINKS_MAX, on);
    enum err e = OK;
    for (size_t i = 0; i < list->n && e == OK; i++)
        e = check(&list->all[i], on, why);
    return e;
}

static enum err check_grants(const struct acl_grants *g, const char *on, struct why *why)
{
    if (g->policies.n > ACL_LINKS_MAX || g->roles.n > ACL_LINKS_MAX)
        return why_set(why, ERR_TOO_BIG, "more than %d policies or roles on this %s", ACL_LINKS_MAX,
                       on);
    enum err e = check_identities(&g->services, check_service, on, why);
    if (e == OK)
        e = check_identities(&g->nodes, check_node, on, why);
    return e == OK ? check_identities(&g->templates, check_template, on, why) : e;
}

enum err acl_role_check(const struct acl_role *r, struct why *why)
{
    if (r->name.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Role: no Name is set");
    if (!role_name_is_valid(r->name))
        return why_set(why, ERR_INVALID,
                       "Invalid Role: invalid Name. Only alphanumeric characters, '-' and '_' are "
                       "allowed");
    enum err e = check_length(r->description, ACL_DESCRIPTION_MAX, "Description", why);
    return e == OK ? check_grants(&r->grants, "role", why) : e;
}

enum err acl_token_check(const struct acl_token *t, struct why *why)
{
    enum err e = check_length(t->description, ACL_DESCRIPTION_MAX, "Description", why);
    if (e == OK)
        e = check_length(t->secret, ACL_SECRET_MAX, "SecretID", why);
    return e == OK ? check_grants(&t->grants, "token", why) : e;
}

/* -- logging in -------------------------------------------------------------------------------- */

static enum err check_config(const struct acl_auth_method *m, struct why *why)
{
    struct jwt_method *method;
    struct kubernetes_config cluster;
    struct arena arena;
    arena_init(&arena, 0);
    enum err e = bytes_is(m->type, "jwt") ? jwt_method_new(m->config, &method, why)
                                          : kubernetes_read(m->config, &arena, &cluster, why);
    if (e == OK && bytes_is(m->type, "jwt"))
        jwt_method_free(method);
    arena_fini(&arena);
    return e;
}

enum err acl_auth_method_check(const struct acl_auth_method *m, struct why *why)
{
    if (m->name.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Auth Method: no Name is set");
    if (!role_name_is_valid(m->name))
        return why_set(why, ERR_INVALID,
                       "Invalid Auth Method: invalid Name. Only alphanumeric characters, '-' and "
                       "'_' are allowed");
    if (m->type.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Auth Method: no Type is set");
    if (bytes_is(m->type, "aws-iam"))
        return why_set(why, ERR_INVALID,
                       "Invalid Auth Method: type \"aws-iam\" is not supported here: use \"jwt\" "
                       "or \"kubernetes\"");
    if (!bytes_is(m->type, "jwt") && !bytes_is(m->type, "kubernetes"))
        return why_set(why, ERR_INVALID,
                       "Invalid Auth Method: Type should be one of: [jwt kubernetes]");
    enum err e = check_length(m->description, ACL_DESCRIPTION_MAX, "Description", why);
    if (e == OK)
        e = check_length(m->display_name, ACL_DESCRIPTION_MAX, "DisplayName", why);
    if (e == OK)
        e = check_length(m->config, ACL_CONFIG_MAX, "Config", why);
    return e == OK ? check_config(m, why) : e;
}

enum err acl_binding_rule_check(const struct acl_binding_rule *b, struct why *why)
{
    if (b->auth_method.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Binding Rule: no AuthMethod is set");
    if (b->bind_name.n == 0)
        return why_set(why, ERR_INVALID, "Invalid Binding Rule: no BindName is set");
    enum err e = check_length(b->description, ACL_DESCRIPTION_MAX, "Description", why);
    if (e == OK)
        e = check_length(b->bind_name, ACL_NAME_MAX, "BindName", why);
    if (e == OK)
        e = check_length(b->bind_var, ACL_NAME_MAX, "BindVars", why);
    if (e == OK)
        e = check_length(b->auth_method, ACL_NAME_MAX, "AuthMethod", why);
    return e == OK ? acl_selector_check(b->selector, why) : e;
}
