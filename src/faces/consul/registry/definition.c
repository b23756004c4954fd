/* Names become the API's: enable_tag_override is EnableTagOverride. What users name themselves
 * stays as it is. */
#include "faces/consul/registry/definition.h"

#include "base/text.h"
#include "wire/json_writer.h"

enum { BODY_MAX = 4 * 1024 * 1024, NAME_MAX_BYTES = 128 };

enum names {
    NAMES_API,  /* become the API's */
    NAMES_KEYS, /* the user's; what is in them has the API's again */
    NAMES_FREE  /* the user's all the way down */
};

static enum names names_in(struct bytes member)
{
    static const struct {
        const char *member;
        enum names names;
    } rows[] = { { "meta", NAMES_FREE },
                 { "header", NAMES_FREE },
                 { "config", NAMES_FREE },
                 { "tagged_addresses", NAMES_KEYS },
                 { "taggedaddresses", NAMES_KEYS } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (text_eq_nocase(member, bytes_str(rows[i].member)))
            return rows[i].names;
    return NAMES_API;
}

static void put_api_name(struct json_writer *j, struct bytes name)
{
    char out[NAME_MAX_BYTES + 1];
    size_t n = 0;
    bool begins_word = true;
    for (size_t i = 0; i < name.n && n < NAME_MAX_BYTES; i++) {
        char c = (char)name.p[i];
        if (c == '_') {
            begins_word = true;
            continue;
        }
        out[n++] = (char)(begins_word && c >= 'a' && c <= 'z' ? c - 32 : c);
        begins_word = false;
    }
    out[n] = 0;
    json_put_name(j, out);
}

static void put_free_name(struct json_writer *j, struct bytes name)
{
    char out[NAME_MAX_BYTES + 1];
    size_t n = name.n < NAME_MAX_BYTES ? name.n : NAME_MAX_BYTES;
    memcpy(out, name.p, n);
    out[n] = 0;
    json_put_name(j, out);
}

static void put_value(struct json_writer *j, const struct hcl_node *node, enum names names);

static void put_members(struct json_writer *j, const struct hcl_node *object, enum names names)
{
    for (const struct hcl_node *n = object->first; n != NULL; n = n->next) {
        if (names == NAMES_API)
            put_api_name(j, n->name);
        else
            put_free_name(j, n->name);
        put_value(j, n,
                  names == NAMES_API    ? names_in(n->name)
                  : names == NAMES_KEYS ? NAMES_API
                                        : NAMES_FREE);
    }
}

/* A number that JSON has as it stands; HCL writes others too. */
static void put_number(struct json_writer *j, const struct hcl_node *node)
{
    int64_t whole;
    if (hcl_integer(node, &whole))
        json_put_int(j, whole);
    else
        json_put_raw(j, node->text);
}

static void put_value(struct json_writer *j, const struct hcl_node *node, enum names names)
{
    switch (node->kind) {
    case HCL_NULL:
        json_put_null(j);
        break;
    case HCL_BOOL:
        json_put_bool(j, node->truth);
        break;
    case HCL_NUMBER:
        put_number(j, node);
        break;
    case HCL_STRING:
        json_put_string(j, node->text);
        break;
    case HCL_LIST:
        json_open_array(j);
        for (const struct hcl_node *n = node->first; n != NULL; n = n->next)
            put_value(j, n, names);
        json_close_array(j);
        break;
    case HCL_OBJECT:
        json_open_object(j);
        put_members(j, node, names);
        json_close_object(j);
        break;
    }
}

static bool is_named(const struct hcl_node *n, const char *name)
{
    return text_eq_nocase(n->name, bytes_str(name));
}

static bool is_check_member(const struct hcl_node *n)
{
    return is_named(n, "check") || is_named(n, "checks");
}

/* `check {...} check {...}` and `checks = [...]`: one list. */
static void put_checks(struct json_writer *j, const struct hcl_node *service)
{
    json_add_array(j, "Checks");
    for (const struct hcl_node *n = service->first; n != NULL; n = n->next) {
        if (!is_check_member(n))
            continue;
        if (n->kind != HCL_LIST)
            put_value(j, n, NAMES_API);
        for (const struct hcl_node *k = n->kind == HCL_LIST ? n->first : NULL; k != NULL;
             k = k->next)
            put_value(j, k, NAMES_API);
    }
    json_close_array(j);
}

static void put_service(struct json_writer *j, const struct hcl_node *service)
{
    bool has_checks = false;
    json_open_object(j);
    for (const struct hcl_node *n = service->first; n != NULL; n = n->next) {
        has_checks |= is_check_member(n);
        if (is_check_member(n))
            continue;
        put_api_name(j, n->name);
        put_value(j, n, names_in(n->name));
    }
    if (has_checks)
        put_checks(j, service);
    json_close_object(j);
}

/* The last of a name counts. */
static struct bytes text_of(const struct hcl_node *object, const char *name)
{
    struct bytes found = { 0 };
    for (const struct hcl_node *n = object->first; n != NULL; n = n->next)
        if (n->kind == HCL_STRING && is_named(n, name))
            found = n->text;
    return found;
}

static struct bytes first_of(const struct hcl_node *object, const char *const *names, size_t n)
{
    struct bytes found = { 0 };
    for (size_t i = 0; i < n && found.n == 0; i++)
        found = text_of(object, names[i]);
    return found;
}

enum err consul_definition_read(const struct hcl_node *node, bool is_check, struct arena *arena,
                                struct consul_definition *ret, struct why *why)
{
    static const char *const service_ids[] = { "id", "name" };
    static const char *const check_ids[] = { "id", "check_id", "checkid", "name" };
    struct bytes id = is_check ? first_of(node, check_ids, ARRAY_LEN(check_ids))
                               : first_of(node, service_ids, ARRAY_LEN(service_ids));
    if (id.n == 0)
        return why_set(why, ERR_INVALID, "at %u:%u: a %s must have a name", node->line,
                       node->column, is_check ? "check" : "service");
    struct buf body;
    struct json_writer j;
    buf_init(&body, BODY_MAX);
    json_init(&j, &body);
    if (is_check)
        put_value(&j, node, NAMES_API);
    else
        put_service(&j, node);
    *ret = (struct consul_definition){ .id = arena_str(arena, id),
                                       .token = arena_dup(arena, text_of(node, "token")),
                                       .body = arena_dup(arena, buf_bytes(&body)) };
    enum err e = buf_err(&body);
    buf_fini(&body);
    return e == OK ? OK
                   : why_set(why, ERR_INVALID, "a definition is larger than %d bytes", BODY_MAX);
}
