#include "access/secret.h"
#include "faces/consul/acl/acl.h"
#include "wire/base64.h"

struct link {
    struct bytes id, name;
};

struct service {
    struct bytes name;
    struct json_texts datacenters;
};

struct node {
    struct bytes name, datacenter;
};

struct variables {
    struct bytes name;
};

struct template
{
    struct bytes name;
    const struct json_node *id; /* older clients give both */
    struct variables variables;
    struct json_texts datacenters;
};

static const struct json_field link_fields[] = {
    JSON_FIELD(struct link, id, "ID", STRING),
    JSON_FIELD(struct link, name, "Name", STRING),
};
const struct json_shape acl_link_shape = { "ACLLink", sizeof(struct link), link_fields, 2, true };

static const struct json_field service_fields[] = {
    JSON_FIELD(struct service, name, "ServiceName", STRING),
    JSON_FIELD(struct service, datacenters, "Datacenters", STRINGS),
};
const struct json_shape acl_service_shape = { "ACLServiceIdentity", sizeof(struct service),
                                              service_fields, 2, false };

static const struct json_field node_fields[] = {
    JSON_FIELD(struct node, name, "NodeName", STRING),
    JSON_FIELD(struct node, datacenter, "Datacenter", STRING),
};
const struct json_shape acl_node_shape = { "ACLNodeIdentity", sizeof(struct node), node_fields, 2,
                                           false };

static const struct json_field variable_fields[] = {
    JSON_FIELD(struct variables, name, "Name", STRING),
};
static const struct json_shape variables_shape = { "ACLTemplatedPolicyVariables",
                                                   sizeof(struct variables), variable_fields, 1,
                                                   false };

static const struct json_field template_fields[] = {
    JSON_FIELD(struct template, id, "TemplateID", ANY),
    JSON_FIELD(struct template, name, "TemplateName", STRING),
    JSON_FIELD_OF(struct template, variables, "TemplateVariables", STRUCT, &variables_shape),
    JSON_FIELD(struct template, datacenters, "Datacenters", STRINGS),
};
const struct json_shape acl_template_shape = { "ACLTemplatedPolicy", sizeof(struct template),
                                               template_fields, 4, false };

/* -- reading ----------------------------------------------------------------------------------- */

struct acl_texts acl_texts_of(const struct json_texts *texts)
{
    return (struct acl_texts){ .all = texts->all, .n = texts->n };
}

static enum err read_link(const struct view *view, enum acl_row_kind names, const struct link *link,
                          struct arena *arena, struct uuid *ret, struct why *why)
{
    const char *what = names == ACL_ROW_POLICY_NAME ? "policy" : "role";
    struct acl_policy policy;
    struct acl_role role;
    struct acl_stamp stamp;
    if (link->id.n == 0) {
        if (acl_id_of_name(view, names, link->name, arena, ret) == OK)
            return OK;
        return why_set(why, ERR_INVALID, "No such ACL %s with name \"%.*s\"", what,
                       (int)link->name.n, (const char *)link->name.p);
    }
    enum err e = uuid_parse(link->id, ret) ? OK : ERR_NOT_FOUND;
    if (e == OK)
        e = names == ACL_ROW_POLICY_NAME ? acl_policy_get(view, ret, arena, &policy, &stamp)
                                         : acl_role_get(view, ret, arena, &role, &stamp);
    return e == OK ? OK
                   : why_set(why, ERR_INVALID, "No such ACL %s with ID \"%.*s\"", what,
                             (int)link->id.n, (const char *)link->id.p);
}

static enum err read_links(const struct view *view, enum acl_row_kind names,
                           const struct json_structs *body, struct arena *arena,
                           struct acl_ids *ret, struct why *why)
{
    const struct link *links = body->all;
    enum err e = OK;
    *ret = (struct acl_ids){ .all = arena_zalloc(arena, body->n, sizeof *ret->all) };
    for (size_t i = 0; i < body->n && e == OK; i++) {
        bool is_twice = false;
        e = read_link(view, names, &links[i], arena, &ret->all[ret->n], why);
        for (size_t k = 0; k < ret->n && e == OK; k++)
            is_twice |= uuid_eq(&ret->all[k], &ret->all[ret->n]);
        ret->n += e == OK && !is_twice;
    }
    return e;
}

static struct acl_identities make_identities(size_t n, struct arena *arena)
{
    return (struct acl_identities){ .all = arena_zalloc(arena, n, sizeof(struct acl_identity)),
                                    .n = n };
}

static void read_identities(const struct acl_grants_body *body, struct arena *arena,
                            struct acl_grants *ret)
{
    ret->services = make_identities(body->services.n, arena);
    for (size_t i = 0; i < body->services.n; i++) {
        const struct service *s = (const struct service *)body->services.all + i;
        ret->services.all[i] =
            (struct acl_identity){ .name = s->name, .datacenters = acl_texts_of(&s->datacenters) };
    }
    ret->nodes = make_identities(body->nodes.n, arena);
    for (size_t i = 0; i < body->nodes.n; i++) {
        struct node *n = (struct node *)body->nodes.all + i;
        ret->nodes.all[i] =
            (struct acl_identity){ .name = n->name, .datacenters = { &n->datacenter, 1 } };
    }
    ret->templates = make_identities(body->templates.n, arena);
    for (size_t i = 0; i < body->templates.n; i++) {
        const struct template *t = (const struct template *)body->templates.all + i;
        ret->templates.all[i] =
            (struct acl_identity){ .template = t->name,
                                   .name = t->variables.name,
                                   .datacenters = acl_texts_of(&t->datacenters) };
    }
}

enum err acl_read_grants(const struct view *view, const struct acl_grants_body *body,
                         struct arena *arena, struct acl_grants *ret, struct why *why)
{
    enum err e = read_links(view, ACL_ROW_POLICY_NAME, &body->policies, arena, &ret->policies, why);
    if (e == OK)
        e = read_links(view, ACL_ROW_ROLE_NAME, &body->roles, arena, &ret->roles, why);
    if (e == OK)
        read_identities(body, arena, ret);
    return e;
}

/* -- writing ----------------------------------------------------------------------------------- */

void acl_put_id(struct json_writer *j, const char *name, const struct uuid *id)
{
    char text[UUID_TEXT + 1];
    uuid_print(id, text);
    json_add_str(j, name, text);
}

void acl_put_texts(struct json_writer *j, const char *name, const struct acl_texts *texts)
{
    json_add_array(j, name);
    for (size_t i = 0; i < texts->n; i++)
        json_put_string(j, texts->all[i]);
    json_close_array(j);
}

static bool name_of(const struct view *view, bool is_role, const struct uuid *id,
                    struct arena *arena, struct bytes *ret)
{
    struct acl_policy policy = { 0 };
    struct acl_role role = { 0 };
    struct acl_stamp stamp;
    enum err e = is_role ? acl_role_get(view, id, arena, &role, &stamp)
                         : acl_policy_get(view, id, arena, &policy, &stamp);
    *ret = is_role ? role.name : policy.name;
    return e == OK;
}

static void put_links(struct json_writer *j, const struct view *view, const char *title,
                      bool is_role, const struct acl_ids *ids, struct arena *arena)
{
    bool is_open = false;
    for (size_t i = 0; i < ids->n; i++) {
        struct bytes name;
        if (!name_of(view, is_role, &ids->all[i], arena, &name))
            continue;
        if (!is_open)
            json_add_array(j, title);
        is_open = true;
        json_open_object(j);
        acl_put_id(j, "ID", &ids->all[i]);
        json_add_string(j, "Name", name);
        json_close_object(j);
    }
    if (is_open)
        json_close_array(j);
}

static void put_services(struct json_writer *j, const struct acl_identities *list)
{
    if (list->n == 0)
        return;
    json_add_array(j, "ServiceIdentities");
    for (size_t i = 0; i < list->n; i++) {
        json_open_object(j);
        json_add_string(j, "ServiceName", list->all[i].name);
        if (list->all[i].datacenters.n > 0)
            acl_put_texts(j, "Datacenters", &list->all[i].datacenters);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_nodes(struct json_writer *j, const struct acl_identities *list)
{
    if (list->n == 0)
        return;
    json_add_array(j, "NodeIdentities");
    for (size_t i = 0; i < list->n; i++) {
        json_open_object(j);
        json_add_string(j, "NodeName", list->all[i].name);
        if (list->all[i].datacenters.n > 0)
            json_add_string(j, "Datacenter", list->all[i].datacenters.all[0]);
        json_close_object(j);
    }
    json_close_array(j);
}

static void put_templates(struct json_writer *j, const struct acl_identities *list)
{
    if (list->n == 0)
        return;
    json_add_array(j, "TemplatedPolicies");
    for (size_t i = 0; i < list->n; i++) {
        json_open_object(j);
        json_add_string(j, "TemplateName", list->all[i].template);
        if (list->all[i].name.n > 0) {
            json_add_object(j, "TemplateVariables");
            json_add_string(j, "Name", list->all[i].name);
            json_close_object(j);
        }
        if (list->all[i].datacenters.n > 0)
            acl_put_texts(j, "Datacenters", &list->all[i].datacenters);
        json_close_object(j);
    }
    json_close_array(j);
}

void acl_put_grants(struct json_writer *j, const struct view *view, const struct acl_grants *g,
                    struct arena *arena)
{
    put_links(j, view, "Policies", false, &g->policies, arena);
    put_links(j, view, "Roles", true, &g->roles, arena);
    put_services(j, &g->services);
    put_nodes(j, &g->nodes);
    put_templates(j, &g->templates);
}

void acl_put_stamp(struct json_writer *j, const struct acl_stamp *stamp, const struct bytes *hashed)
{
    if (hashed != NULL) {
        uint8_t digest[SECRET_DIGEST_BYTES];
        char room[64];
        struct buf text = { .p = (uint8_t *)room, .room = sizeof room, .max = sizeof room };
        secret_digest(*hashed, digest);
        base64_write(bytes_of(digest, sizeof digest), &text);
        json_add_string(j, "Hash", buf_bytes(&text));
    }
    json_add_uint(j, "CreateIndex", stamp->create == 0 ? 1 : stamp->create);
    json_add_uint(j, "ModifyIndex", stamp->modify == 0 ? 1 : stamp->modify);
}
