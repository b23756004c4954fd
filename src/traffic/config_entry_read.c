/* From JSON to an entry and back. What all kinds have stands in one table, what a kind adds in
 * another; they are read together, so that a name that is in neither is said once. */
#include "traffic/config_entry.h"

#include "base/compiler.h"
#include "traffic/config_entry_tables.h"
#include "wire/json_tree.h"

static const struct {
    const char *name, *only;
    bool is_interpreted;
} kinds[ENTRY_KIND_N] = {
#define X(kind, name, only, interpreted) [kind] = { name, only, interpreted },
    ENTRY_KINDS(X)
#undef X
};

const char *config_entry_kind_name(enum config_entry_kind kind)
{
    return kinds[kind].name;
}

const char *config_entry_kind_only(enum config_entry_kind kind)
{
    return kinds[kind].only;
}

bool config_entry_kind_is_interpreted(enum config_entry_kind kind)
{
    return kinds[kind].is_interpreted;
}

bool config_entry_kind_find(struct bytes name, enum config_entry_kind *ret)
{
    for (size_t i = 0; i < ENTRY_KIND_N; i++)
        if (bytes_is(name, kinds[i].name)) {
            *ret = (enum config_entry_kind)i;
            return true;
        }
    return false;
}

/* clang-format off */
static const struct shape_field head_fields[] = {
    SHAPE_FIELD(struct config_entry, name, "Name",        TEXT),
    SHAPE_FIELD(struct config_entry, meta, "Meta",        TEXT_MAP),
    SHAPE_FIELD(struct config_entry, kind, "Kind",        IGNORED),
    SHAPE_FIELD(struct config_entry, kind, "CreateIndex", IGNORED),
    SHAPE_FIELD(struct config_entry, kind, "ModifyIndex", IGNORED),
    SHAPE_FIELD(struct config_entry, kind, "Hash",        IGNORED),
};
/* clang-format on */

static bool is_of_head(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LEN(head_fields); i++)
        if (shape_name_is(name, head_fields[i].name))
            return true;
    return false;
}

/* -- reading ------------------------------------------------------------------------------------
 */

static enum err read_kind(const struct json_node *node, enum config_entry_kind *ret,
                          struct why *why)
{
    struct bytes name = bytes_str("");
    bool is_there = false;
    if (node->kind != JSON_NODE_OBJECT)
        return why_set(why, ERR_MALFORMED,
                       "json: cannot unmarshal value into Go value of type "
                       "map[string]interface {}");
    for (const struct json_node *each = node->first; each != NULL; each = each->next)
        if (bytes_is(each->name, "Kind") || bytes_is(each->name, "kind")) {
            if (each->kind != JSON_NODE_STRING)
                return why_set(why, ERR_MALFORMED, "Kind value in payload is not a string");
            name = each->text;
            is_there = true;
        }
    if (!is_there)
        return why_set(why, ERR_MALFORMED,
                       "Payload does not contain a kind/Kind key at the top level");
    if (!config_entry_kind_find(name, ret))
        return why_set(why, ERR_MALFORMED, "invalid config entry kind: %.*s",
                       (int)(name.n < 200 ? name.n : 200), (const char *)name.p);
    return OK;
}

/* The table of the head and that of the kind, as one. */
static struct shape whole_shape(enum config_entry_kind kind, struct arena *arena)
{
    const struct shape *own = config_entry_shapes[kind];
    size_t head_n = ARRAY_LEN(head_fields), own_n = own == NULL ? 0 : own->field_n;
    struct shape_field *all = arena_zalloc(arena, head_n + own_n, sizeof *all);
    memcpy(all, head_fields, sizeof head_fields);
    for (size_t i = 0; i < own_n; i++) {
        all[head_n + i] = own->fields[i];
        all[head_n + i].offset += offsetof(struct config_entry, defaults);
    }
    return (struct shape){ .size = sizeof(struct config_entry),
                           .fields = all,
                           .field_n = head_n + own_n,
                           .is_open = own == NULL };
}

enum err config_entry_read_node(const struct json_node *node, struct arena *arena,
                                struct config_entry *ret, struct why *why)
{
    struct config_entry entry = { .name = bytes_str("") };
    enum err e = read_kind(node, &entry.kind, why);
    if (e != OK)
        return e;
    const struct shape shape = whole_shape(entry.kind, arena);
    if (!kinds[entry.kind].is_interpreted) {
        entry.as_sent = node;
        e = shape_check_any(node, kinds[entry.kind].name, why);
    }
    if (e == OK)
        e = shape_read(node, &shape, arena, &entry, why);
    if (e == OK)
        *ret = entry;
    return e;
}

enum err config_entry_read(struct bytes json, struct arena *arena, struct config_entry *ret,
                           struct why *why)
{
    const struct json_node *node;
    enum err e = json_read(json, arena, &node, why);
    return e == OK ? config_entry_read_node(node, arena, ret, why) : e;
}

/* -- writing ------------------------------------------------------------------------------------
 */

static bool is_initials(struct bytes word)
{
    static const char *const initials[] = { "tls", "http", "jwt", "tcp", "id", "sni" };
    for (size_t i = 0; i < ARRAY_LEN(initials); i++)
        if (bytes_is(word, initials[i]))
            return true;
    return false;
}

/* "api_gateway" as "ApiGateway": for names of which no table knows the form. */
static void put_camel_name(struct bytes name, struct json_writer *j)
{
    struct buf out;
    buf_init(&out, 2 * name.n + 1);
    while (name.n > 0) {
        const uint8_t *end = memchr(name.p, '_', name.n);
        struct bytes word = bytes_of(name.p, end == NULL ? name.n : (size_t)(end - name.p));
        name = bytes_skip(name, word.n + 1);
        for (size_t i = 0; i < word.n; i++) {
            bool up = (i == 0 || is_initials(word)) && word.p[i] >= 'a' && word.p[i] <= 'z';
            buf_put_u8(&out, up ? (uint8_t)(word.p[i] - 'a' + 'A') : word.p[i]);
        }
    }
    json_put_name_bytes(j, buf_bytes(&out));
    buf_fini(&out);
}

static void write_as_sent(const struct json_node *node, struct json_writer *j)
{
    for (const struct json_node *each = node->first; each != NULL; each = each->next) {
        if (is_of_head(each->name))
            continue;
        put_camel_name(each->name, j);
        json_put_node(j, each);
    }
}

void config_entry_write_open(const struct config_entry *entry, struct json_writer *j)
{
    static const struct shape head = { .fields = head_fields, .field_n = 2 };
    json_open_object(j);
    json_add_str(j, "Kind", kinds[entry->kind].name);
    shape_write(entry, &head, true, j);
    if (config_entry_shapes[entry->kind] != NULL)
        shape_write(&entry->defaults, config_entry_shapes[entry->kind], true, j);
    else
        write_as_sent(entry->as_sent, j);
}

void config_entry_write(const struct config_entry *entry, struct json_writer *j)
{
    config_entry_write_open(entry, j);
    json_close_object(j);
}

/* -- finding ------------------------------------------------------------------------------------
 */

const void *config_entry_named(const struct json_structs *all, size_t size, struct bytes name)
{
    for (size_t i = 0; i < all->n; i++)
        if (bytes_eq(all->names[i], name))
            return (const char *)all->all + i * size;
    return NULL;
}

const struct entry_subset *config_entry_subset_find(const struct entry_resolver *r,
                                                    struct bytes name)
{
    return config_entry_named(&r->subsets, sizeof(struct entry_subset), name);
}

const struct entry_failover *config_entry_failover_find(const struct entry_resolver *r,
                                                        struct bytes subset)
{
    const struct entry_failover *own =
        config_entry_named(&r->failover, sizeof(struct entry_failover), subset);
    return own != NULL
               ? own
               : config_entry_named(&r->failover, sizeof(struct entry_failover), bytes_str("*"));
}

/* -- what they hold -----------------------------------------------------------------------------
 */

unsigned config_entry_header_ways(const struct entry_header_match *h)
{
    return (unsigned)h->present + (h->exact.n > 0) + (h->prefix.n > 0) + (h->suffix.n > 0) +
           (h->contains.n > 0) + (h->regex.n > 0);
}

bool config_entry_is_method(struct bytes method)
{
    static const char *const methods[] = { "GET",    "HEAD",    "POST",    "PUT",  "PATCH",
                                           "DELETE", "CONNECT", "OPTIONS", "TRACE" };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (bytes_is(method, methods[i]))
            return true;
    return false;
}
