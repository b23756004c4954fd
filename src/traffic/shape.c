/* Down the tree with the path to where it is, which is what may have to be said. Names that are
 * none are gathered, so that one refusal says them all. */
#include "traffic/shape.h"

#include <stdio.h>

#include "base/text.h"
#include "wire/duration.h"
#include "wire/go_text.h"

enum { KEYS_SAID_MAX = 400 }; /* bytes of names that are none */

struct reader {
    struct arena *arena;
    struct why *why;
    struct buf unknown; /* "\t* invalid config key ..." each with its line's end */
    unsigned unknown_n;
};

/* -- names --------------------------------------------------------------------------------------
 */

static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool shape_name_is(struct bytes name, const char *field)
{
    size_t at = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '_' && i > 0)
            continue;
        if (field[at] == 0 || fold(name.p[i]) != fold((uint8_t)field[at]))
            return false;
        at++;
    }
    return field[at] == 0;
}

static const struct shape_field *find_field(const struct shape *shape, struct bytes name)
{
    for (size_t i = 0; i < shape->field_n; i++)
        if (shape_name_is(name, shape->fields[i].name))
            return &shape->fields[i];
    return NULL;
}

static bool ends_with(struct bytes name, const char *end)
{
    size_t n = strlen(end);
    return name.n >= n && text_eq_nocase(bytes_of(name.p + name.n - n, n), bytes_str(end));
}

static void gather_unknown(struct reader *r, const char *path, struct bytes name)
{
    bool of_enterprise = ends_with(name, "namespace") || ends_with(name, "partition");
    struct buf full;
    buf_init(&full, KEYS_SAID_MAX);
    buf_printf(&full, "%s%s", path, path[0] == 0 ? "" : ".");
    buf_put_bytes(&full, name);
    buf_put_str(&r->unknown, "\t* invalid config key ");
    go_quote(&r->unknown, buf_bytes(&full));
    buf_put_str(&r->unknown,
                of_enterprise ? ", namespaces are a consul enterprise feature\n" : "\n");
    buf_fini(&full);
    r->unknown_n++;
}

/* -- simple values ------------------------------------------------------------------------------
 */

static enum err misfit(struct reader *r, const char *path, const char *type,
                       const struct json_node *node)
{
    static const char *const kinds[] = {
        [JSON_NODE_NULL] = "nil",
        [JSON_NODE_BOOL] = "bool",
        [JSON_NODE_NUMBER] = "float64",
        [JSON_NODE_STRING] = "string",
        [JSON_NODE_ARRAY] = "[]interface {}",
        [JSON_NODE_OBJECT] = "map[string]interface {}",
    };
    return why_set(r->why, ERR_MALFORMED,
                   "1 error(s) decoding:\n\n* '%.200s' expected type '%s', got unconvertible type "
                   "'%s'",
                   path, type, kinds[node->kind]);
}

static enum err read_text(struct reader *r, const char *path, const struct json_node *node,
                          struct bytes *into)
{
    if (node->kind == JSON_NODE_BOOL)
        *into = bytes_str(node->truth ? "1" : "0");
    else if (node->kind == JSON_NODE_STRING || node->kind == JSON_NODE_NUMBER)
        *into = node->text;
    else
        return misfit(r, path, "string", node);
    return OK;
}

static enum err read_bool(struct reader *r, const char *path, const struct json_node *node,
                          bool *into)
{
    if (node->kind == JSON_NODE_BOOL)
        *into = node->truth;
    else if (node->kind == JSON_NODE_NUMBER)
        *into = !bytes_is(node->text, "0");
    else if (node->kind != JSON_NODE_STRING || go_read_bool(node->text, into) != OK)
        return misfit(r, path, "bool", node);
    return OK;
}

static enum err read_float(struct reader *r, const char *path, const struct json_node *node,
                           double *into)
{
    bool is_text = node->kind == JSON_NODE_NUMBER || node->kind == JSON_NODE_STRING;
    double value;
    if (!is_text || go_read_float(node->text, &value) != OK || !(value > -3e38 && value < 3e38))
        return misfit(r, path, "float32", node);
    *into = value;
    return OK;
}

static enum err read_int(struct reader *r, const char *path, const struct json_node *node,
                         int64_t *into)
{
    double real;
    bool is_text = node->kind == JSON_NODE_NUMBER || node->kind == JSON_NODE_STRING;
    if (is_text && text_i64(node->text, into))
        return OK;
    if (!is_text || go_read_float(node->text, &real) != OK || !(real > -9.2e18 && real < 9.2e18))
        return misfit(r, path, "int", node);
    *into = (int64_t)real;
    return OK;
}

static enum err read_duration(struct reader *r, const char *path, const struct json_node *node,
                              int64_t *into)
{
    if (node->kind != JSON_NODE_STRING)
        return read_int(r, path, node, into);
    if (node->text.n == 0 || duration_parse(node->text, into) == OK)
        return OK;
    struct buf quoted;
    buf_init(&quoted, 300);
    go_quote(&quoted, bytes_of(node->text.p, node->text.n < 60 ? node->text.n : 60));
    enum err e = why_set(r->why, ERR_MALFORMED,
                         "1 error(s) decoding:\n\n* error decoding '%.200s': time: invalid "
                         "duration %.*s",
                         path, (int)quoted.n, (const char *)quoted.p);
    buf_fini(&quoted);
    return e;
}

static enum err count(struct reader *r, const char *path, const struct json_node *node, size_t *ret)
{
    *ret = 0;
    for (const struct json_node *each = node->first; each != NULL; each = each->next)
        ++*ret;
    return *ret <= SHAPE_LIST_MAX
               ? OK
               : why_set(r->why, ERR_TOO_BIG, "'%.200s' has more than %d elements", path,
                         SHAPE_LIST_MAX);
}

/* What is in a list; what is none is its own only element. */
static enum err elements(struct reader *r, const char *path, const struct json_node *node,
                         const struct json_node **ret_first, size_t *ret_n)
{
    *ret_first = node;
    *ret_n = 1;
    if (node->kind != JSON_NODE_ARRAY)
        return OK;
    *ret_first = node->first;
    return count(r, path, node, ret_n);
}

static enum err members(struct reader *r, const char *path, const struct json_node *node,
                        const char *type, size_t *ret_n)
{
    return node->kind == JSON_NODE_OBJECT ? count(r, path, node, ret_n)
                                          : misfit(r, path, type, node);
}

static enum err read_texts(struct reader *r, const char *path, const struct json_node *node,
                           struct json_texts *into)
{
    struct json_texts all;
    const struct json_node *each;
    enum err e = elements(r, path, node, &each, &all.n);
    if (e != OK)
        return e;
    all.all = arena_zalloc(r->arena, all.n + 1, sizeof *all.all);
    for (size_t i = 0; i < all.n; i++, each = each->next) {
        e = read_text(r, arena_printf(r->arena, "%s[%zu]", path, i), each, &all.all[i]);
        if (e != OK)
            return e;
    }
    *into = all;
    return OK;
}

static enum err read_ints(struct reader *r, const char *path, const struct json_node *node,
                          struct json_texts *into)
{
    uint64_t value;
    enum err e = read_texts(r, path, node, into);
    for (size_t i = 0; e == OK && i < into->n; i++)
        if (!text_u64(into->all[i], &value) || value > UINT32_MAX)
            e = misfit(r, path, "uint32", node);
    return e;
}

static enum err read_text_map(struct reader *r, const char *path, const struct json_node *node,
                              struct json_pairs *into)
{
    struct json_pairs all = { .n = 0 };
    size_t most = 0;
    enum err e = members(r, path, node, "map[string]string", &most);
    if (e != OK)
        return e;
    all.all = arena_zalloc(r->arena, most + 1, sizeof *all.all);
    for (const struct json_node *each = node->first; each != NULL; each = each->next) {
        size_t at = 0;
        while (at < all.n && !bytes_eq(all.all[at].name, each->name))
            at++;
        all.all[at].name = each->name;
        if (at == all.n)
            all.n++;
        e = read_text(r, path, each, &all.all[at].value);
        if (e != OK)
            return e;
    }
    *into = all;
    return OK;
}

static bool is_within(const struct json_node *node, int depth)
{
    if (node->kind != JSON_NODE_ARRAY && node->kind != JSON_NODE_OBJECT)
        return true;
    if (depth == 0)
        return false;
    for (const struct json_node *each = node->first; each != NULL; each = each->next)
        if (!is_within(each, depth - 1))
            return false;
    return true;
}

enum err shape_check_any(const struct json_node *node, const char *name, struct why *why)
{
    return is_within(node, SHAPE_ANY_DEPTH_MAX)
               ? OK
               : why_set(why, ERR_TOO_BIG, "'%.200s' is more than %d levels deep", name,
                         SHAPE_ANY_DEPTH_MAX);
}

/* -- structs ------------------------------------------------------------------------------------
 */

static enum err read_struct(struct reader *r, const char *path, const struct json_node *node,
                            const struct shape *shape, void *into);

static enum err read_pointer(struct reader *r, const char *path, const struct json_node *node,
                             const struct shape *shape, void *into)
{
    void **pointer = into;
    if (*pointer == NULL)
        *pointer = arena_zalloc(r->arena, 1, shape->size);
    if (node->kind == JSON_NODE_ARRAY && node->first != NULL && node->first->next == NULL)
        node = node->first; /* a block of HCL */
    return read_struct(r, path, node, shape, *pointer);
}

static enum err read_structs(struct reader *r, const char *path, const struct json_node *node,
                             const struct shape *shape, struct json_structs *into)
{
    struct json_structs all = { .names = NULL };
    const struct json_node *each;
    enum err e = elements(r, path, node, &each, &all.n);
    if (e != OK)
        return e;
    all.all = arena_zalloc(r->arena, all.n + 1, shape->size);
    for (size_t i = 0; i < all.n; i++, each = each->next) {
        e = read_struct(r, arena_printf(r->arena, "%s[%zu]", path, i), each, shape,
                        (char *)all.all + i * shape->size);
        if (e != OK)
            return e;
    }
    *into = all;
    return OK;
}

static enum err read_map(struct reader *r, const char *path, const struct json_node *node,
                         const struct shape *shape, struct json_structs *into)
{
    struct json_structs all = { .n = 0 };
    size_t most = 0;
    enum err e = members(r, path, node, "map[string]interface {}", &most);
    if (e != OK)
        return e;
    all.all = arena_zalloc(r->arena, most + 1, shape->size);
    all.names = arena_zalloc(r->arena, most + 1, sizeof *all.names);
    for (const struct json_node *each = node->first; each != NULL; each = each->next) {
        size_t at = 0;
        while (at < all.n && !bytes_eq(all.names[at], each->name))
            at++;
        all.names[at] = each->name;
        if (at == all.n)
            all.n++;
        const char *below =
            arena_printf(r->arena, "%s[%.*s]", path, (int)each->name.n, (const char *)each->name.p);
        if (each->kind != JSON_NODE_NULL)
            e = read_struct(r, below, each, shape, (char *)all.all + at * shape->size);
        if (e != OK)
            return e;
    }
    *into = all;
    return OK;
}

static enum err read_field(struct reader *r, const char *path, const struct json_node *node,
                           const struct shape_field *field, void *into)
{
    switch (field->kind) {
    case SHAPE_TEXT:
        return read_text(r, path, node, into);
    case SHAPE_BOOL:
        return read_bool(r, path, node, into);
    case SHAPE_INT:
        return read_int(r, path, node, into);
    case SHAPE_FLOAT:
        return read_float(r, path, node, into);
    case SHAPE_DURATION:
    case SHAPE_NS:
        return read_duration(r, path, node, into);
    case SHAPE_TEXTS:
        return read_texts(r, path, node, into);
    case SHAPE_INTS:
        return read_ints(r, path, node, into);
    case SHAPE_TEXT_MAP:
        return read_text_map(r, path, node, into);
    case SHAPE_STRUCT:
        return read_pointer(r, path, node, field->shape, into);
    case SHAPE_STRUCTS:
        return read_structs(r, path, node, field->shape, into);
    case SHAPE_MAP:
        return read_map(r, path, node, field->shape, into);
    case SHAPE_ANY:
        *(const struct json_node **)into = node;
        return shape_check_any(node, path, r->why);
    case SHAPE_IGNORED:
        return OK;
    }
    return ERR_INVALID; /* no such kind */
}

static enum err read_struct(struct reader *r, const char *path, const struct json_node *node,
                            const struct shape *shape, void *into)
{
    if (node->kind != JSON_NODE_OBJECT)
        return misfit(r, path, "map[string]interface {}", node);
    for (const struct json_node *each = node->first; each != NULL; each = each->next) {
        const struct shape_field *field = find_field(shape, each->name);
        if (field == NULL) {
            if (!shape->is_open)
                gather_unknown(r, path, each->name);
            continue;
        }
        if (each->kind == JSON_NODE_NULL)
            continue;
        const char *below =
            arena_printf(r->arena, "%s%s%s", path, path[0] == 0 ? "" : ".", field->name);
        enum err e = read_field(r, below, each, field, (char *)into + field->offset);
        if (e != OK)
            return e;
    }
    return OK;
}

enum err shape_read(const struct json_node *node, const struct shape *shape, struct arena *arena,
                    void *into, struct why *why)
{
    struct reader r = { .arena = arena, .why = why };
    buf_init(&r.unknown, KEYS_SAID_MAX);
    enum err e = read_struct(&r, "", node, shape, into);
    if (e == OK && r.unknown_n > 0)
        e = why_set(why, ERR_MALFORMED, "%u error%s occurred:\n%.*s\n", r.unknown_n,
                    r.unknown_n == 1 ? "" : "s", (int)r.unknown.n, (const char *)r.unknown.p);
    buf_fini(&r.unknown);
    return e;
}
