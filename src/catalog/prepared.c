/* What a query says: in JSON and out of it, and asked. */
#include "catalog/prepared.h"

#include "base/compiler.h"
#include "base/text.h"
#include "wire/duration.h"

/* -- JSON ---------------------------------------------------------------------------------------
 */

/* clang-format off */
static const struct json_field target_fields[] = {
    JSON_FIELD(struct prepared_target, peer,       "Peer",       STRING),
    JSON_FIELD(struct prepared_target, datacenter, "Datacenter", STRING),
};
static const struct json_shape target_shape = {
    .go_name = "QueryFailoverTarget", .size = sizeof(struct prepared_target),
    .fields = target_fields, .field_n = ARRAY_LEN(target_fields),
};
static const struct json_field failover_fields[] = {
    JSON_FIELD(struct prepared_failover, nearest,        "NearestN",    INT),
    JSON_FIELD(struct prepared_failover, datacenters,    "Datacenters", STRINGS),
    JSON_FIELD_OF(struct prepared_failover, targets,     "Targets",     STRUCTS, &target_shape),
};
static const struct json_shape failover_shape = {
    .go_name = "QueryFailoverOptions", .size = sizeof(struct prepared_failover),
    .fields = failover_fields, .field_n = ARRAY_LEN(failover_fields),
};
static const struct json_field service_fields[] = {
    JSON_FIELD(struct prepared_service, service,        "Service",        STRING),
    JSON_FIELD(struct prepared_service, sameness_group, "SamenessGroup",  STRING),
    JSON_FIELD_OF(struct prepared_service, failover,    "Failover",       STRUCT, &failover_shape),
    JSON_FIELD(struct prepared_service, only_passing,   "OnlyPassing",    BOOL),
    JSON_FIELD(struct prepared_service, ignored_checks, "IgnoreCheckIDs", STRINGS),
    JSON_FIELD(struct prepared_service, near,           "Near",           STRING),
    JSON_FIELD(struct prepared_service, tags,           "Tags",           STRINGS),
    JSON_FIELD(struct prepared_service, node_meta,      "NodeMeta",       STRING_MAP),
    JSON_FIELD(struct prepared_service, service_meta,   "ServiceMeta",    STRING_MAP),
    JSON_FIELD(struct prepared_service, connect,        "Connect",        BOOL),
    JSON_FIELD(struct prepared_service, peer,           "Peer",           STRING),
};
static const struct json_shape service_shape = {
    .go_name = "ServiceQuery", .size = sizeof(struct prepared_service),
    .fields = service_fields, .field_n = ARRAY_LEN(service_fields),
};
static const struct json_field template_fields[] = {
    JSON_FIELD(struct prepared_template, type,              "Type",            STRING),
    JSON_FIELD(struct prepared_template, regexp,            "Regexp",          STRING),
    JSON_FIELD(struct prepared_template, remove_empty_tags, "RemoveEmptyTags", BOOL),
};
static const struct json_shape template_shape = {
    .go_name = "QueryTemplateOptions", .size = sizeof(struct prepared_template),
    .fields = template_fields, .field_n = ARRAY_LEN(template_fields),
};
static const struct json_field dns_fields[] = {
    JSON_FIELD(struct prepared_dns, ttl, "TTL", STRING),
};
static const struct json_shape dns_shape = {
    .go_name = "QueryDNSOptions", .size = sizeof(struct prepared_dns),
    .fields = dns_fields, .field_n = ARRAY_LEN(dns_fields),
};
static const struct json_field prepared_fields[] = {
    JSON_FIELD(struct prepared, id,          "ID",          STRING),
    JSON_FIELD(struct prepared, name,        "Name",        STRING),
    JSON_FIELD(struct prepared, session,     "Session",     STRING),
    JSON_FIELD(struct prepared, token,       "Token",       STRING),
    JSON_FIELD_OF(struct prepared, template, "Template",    STRUCT, &template_shape),
    JSON_FIELD_OF(struct prepared, service,  "Service",     STRUCT, &service_shape),
    JSON_FIELD_OF(struct prepared, dns,      "DNS",         STRUCT, &dns_shape),
    JSON_FIELD(struct prepared, create,      "CreateIndex", INT),
    JSON_FIELD(struct prepared, modify,      "ModifyIndex", INT),
};
const struct json_shape prepared_shape = {
    .go_name = "PreparedQuery", .size = sizeof(struct prepared),
    .fields = prepared_fields, .field_n = ARRAY_LEN(prepared_fields),
};
/* clang-format on */

static void add_texts(struct json_writer *j, const char *name, const struct json_texts *texts)
{
    if (texts->all == NULL) {
        json_add_null(j, name);
        return;
    }
    json_add_array(j, name);
    for (size_t i = 0; i < texts->n; i++)
        json_put_string(j, texts->all[i]);
    json_close_array(j);
}

static void add_pairs(struct json_writer *j, const char *name, const struct json_pairs *pairs)
{
    if (pairs->all == NULL) {
        json_add_null(j, name);
        return;
    }
    json_add_object(j, name);
    for (size_t i = 0; i < pairs->n; i++) {
        json_put_name_bytes(j, pairs->all[i].name);
        json_put_string(j, pairs->all[i].value);
    }
    json_close_object(j);
}

static void write_failover(const struct prepared_failover *f, struct json_writer *j)
{
    const struct prepared_target *targets = f->targets.all;
    json_add_object(j, "Failover");
    json_add_int(j, "NearestN", f->nearest);
    add_texts(j, "Datacenters", &f->datacenters);
    if (targets == NULL) {
        json_add_null(j, "Targets");
    } else {
        json_add_array(j, "Targets");
        for (size_t i = 0; i < f->targets.n; i++) {
            json_open_object(j);
            json_add_string(j, "Peer", targets[i].peer);
            json_add_string(j, "Datacenter", targets[i].datacenter);
            json_close_object(j);
        }
        json_close_array(j);
    }
    json_close_object(j);
}

static void write_service(const struct prepared_service *s, struct json_writer *j)
{
    json_add_object(j, "Service");
    json_add_string(j, "Service", s->service);
    json_add_string(j, "SamenessGroup", s->sameness_group);
    write_failover(&s->failover, j);
    json_add_bool(j, "OnlyPassing", s->only_passing);
    add_texts(j, "IgnoreCheckIDs", &s->ignored_checks);
    json_add_string(j, "Near", s->near);
    add_texts(j, "Tags", &s->tags);
    add_pairs(j, "NodeMeta", &s->node_meta);
    add_pairs(j, "ServiceMeta", &s->service_meta);
    json_add_bool(j, "Connect", s->connect);
    json_add_string(j, "Peer", s->peer);
    json_close_object(j);
}

void prepared_write(const struct prepared *p, struct bytes token, struct json_writer *j)
{
    json_open_object(j);
    json_add_string(j, "ID", p->id);
    json_add_string(j, "Name", p->name);
    json_add_string(j, "Session", p->session);
    json_add_string(j, "Token", token);
    json_add_object(j, "Template");
    json_add_string(j, "Type", p->template.type);
    json_add_string(j, "Regexp", p->template.regexp);
    json_add_bool(j, "RemoveEmptyTags", p->template.remove_empty_tags);
    json_close_object(j);
    write_service(&p->service, j);
    json_add_object(j, "DNS");
    json_add_string(j, "TTL", p->dns.ttl);
    json_close_object(j);
    json_add_int(j, "CreateIndex", p->create);
    json_add_int(j, "ModifyIndex", p->modify);
    json_close_object(j);
}

bool prepared_is_template(const struct prepared *p)
{
    return p->template.type.n > 0;
}

bool prepared_ttl(const struct prepared *p, uint32_t *ret_s)
{
    int64_t ns;
    if (p->dns.ttl.n == 0 || duration_parse(p->dns.ttl, &ns) != OK || ns < 0)
        return false;
    int64_t s = ns / 1000000000;
    *ret_s = s > INT32_MAX ? INT32_MAX : (uint32_t)s;
    return true;
}

/* -- which instances ----------------------------------------------------------------------------
 */

static bool is_ignored(const struct prepared *p, struct bytes check)
{
    for (size_t i = 0; i < p->service.ignored_checks.n; i++)
        if (bytes_eq(p->service.ignored_checks.all[i], check))
            return true;
    return false;
}

static bool is_healthy(const struct prepared *p, const struct prepared_candidate *c)
{
    for (size_t i = 0; i < c->check_n; i++) {
        enum status status = c->checks[i].status;
        bool is_bad = status == STATUS_DOWN || (p->service.only_passing && status != STATUS_UP);
        if (is_bad && !is_ignored(p, c->checks[i].id))
            return false;
    }
    return true;
}

static bool has_tag(const struct prepared_candidate *c, struct bytes tag)
{
    for (size_t i = 0; i < c->tag_n; i++)
        if (text_eq_nocase(c->tags[i], tag))
            return true;
    return false;
}

/* All that are asked for, none of those with a "!". */
static bool has_tags(const struct prepared *p, const struct prepared_candidate *c)
{
    for (size_t i = 0; i < p->service.tags.n; i++) {
        struct bytes tag = p->service.tags.all[i];
        bool is_unwanted = tag.n > 0 && tag.p[0] == '!';
        if (has_tag(c, is_unwanted ? bytes_skip(tag, 1) : tag) == is_unwanted)
            return false;
    }
    return true;
}

static bool has_meta(const struct json_pairs *asked, const struct labels *labels)
{
    for (size_t i = 0; i < asked->n; i++) {
        const struct bytes *value = labels == NULL ? NULL : labels_find(labels, asked->all[i].name);
        if (value == NULL || !bytes_eq(*value, asked->all[i].value))
            return false;
    }
    return true;
}

bool prepared_keeps(const struct prepared *p, const struct prepared_candidate *c)
{
    return is_healthy(p, c) && has_tags(p, c) && has_meta(&p->service.node_meta, c->node_meta) &&
           has_meta(&p->service.service_meta, c->service_meta);
}
