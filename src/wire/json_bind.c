/* Field by field down the tree. The walk keeps the path to where it is, for what it may have to
 * say; it goes as deep as the shapes do, and a shape that holds itself as deep as the tree. */
#include "wire/json_bind.h"

#include <stdlib.h>

#include "base/text.h"
#include "wire/base64.h"
#include "wire/duration.h"
#include "wire/go_text.h"
#include "wire/json_misfit.h"

struct bind {
    struct arena *arena;
    struct why *why;
};

/* -- simple values ---------------------------------------------------------------------------- */

static enum err bind_number(const struct bind *b, const struct json_node *node,
                            const struct json_field *field, const struct json_place *place,
                            void *into)
{
    uint64_t natural;
    int64_t integer;
    double real;
    if (node->kind == JSON_NODE_NUMBER) {
        if (field->kind == JSON_BIND_UINT && json_node_uint(node, &natural)) {
            *(uint64_t *)into = natural;
            return OK;
        }
        if (field->kind == JSON_BIND_INT && json_node_int(node, &integer)) {
            *(int64_t *)into = integer;
            return OK;
        }
        if (field->kind == JSON_BIND_FLOAT && go_read_float(node->text, &real) == OK) {
            *(double *)into = real;
            return OK;
        }
    }
    return json_field_misfit(b->why, place, node, field);
}

static enum err bind_duration(const struct bind *b, const struct json_node *node, int64_t *into)
{
    double real;
    if (node->kind == JSON_NODE_STRING) {
        if (duration_parse(node->text, into) == OK)
            return OK;
        struct buf text;
        buf_init(&text, 300);
        go_quote(&text, bytes_of(node->text.p, node->text.n < 60 ? node->text.n : 60));
        enum err e = why_set(b->why, ERR_MALFORMED, "time: invalid duration %.*s", (int)text.n,
                             (const char *)text.p);
        buf_fini(&text);
        return e;
    }
    if (json_node_int(node, into))
        return OK;
    if (node->kind == JSON_NODE_NUMBER && go_read_float(node->text, &real) == OK &&
        real > -9.2e18 && real < 9.2e18)
        *into = (int64_t)real;
    return OK; /* as Consul: what is neither is passed over */
}

static enum err bind_base64(const struct bind *b, const struct json_node *node,
                            const struct json_field *field, const struct json_place *place,
                            struct bytes *into)
{
    size_t at;
    if (node->kind != JSON_NODE_STRING)
        return json_field_misfit(b->why, place, node, field);
    if (base64_read(node->text, b->arena, into, &at) != OK)
        return why_set(b->why, ERR_MALFORMED, "illegal base64 data at input byte %zu", at);
    return OK;
}

/* -- lists and maps of text ------------------------------------------------------------------- */

static size_t count(const struct json_node *node)
{
    size_t n = 0;
    for (const struct json_node *at = node->first; at != NULL; at = at->next)
        n++;
    return n;
}

static enum err bind_text(const struct bind *b, const struct json_node *node,
                          const struct json_place *place, struct bytes *into)
{
    if (node->kind == JSON_NODE_NULL)
        return OK;
    if (node->kind != JSON_NODE_STRING)
        return json_misfit(b->why, place, node, "string", false);
    *into = node->text;
    return OK;
}

static enum err bind_texts(const struct bind *b, const struct json_node *node,
                           const struct json_field *field, const struct json_place *place,
                           struct json_texts *into)
{
    if (node->kind != JSON_NODE_ARRAY)
        return json_field_misfit(b->why, place, node, field);
    struct json_texts texts = { .n = count(node) };
    texts.all = arena_zalloc(b->arena, texts.n + 1, sizeof *texts.all);
    size_t i = 0;
    for (const struct json_node *at = node->first; at != NULL; at = at->next) {
        enum err e = bind_text(b, at, place, &texts.all[i++]);
        if (e != OK)
            return e;
    }
    *into = texts;
    return OK;
}

struct ordered {
    const struct json_node *node;
    size_t at;
};

static int compare_names(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    int order = bytes_cmp(x->node->name, y->node->name);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* The members of a map in the order of their names, the last of those with one name. */
static struct ordered *order_members(const struct bind *b, const struct json_node *node,
                                     size_t *ret_n)
{
    size_t n = 0, kept = 0;
    struct ordered *all = arena_zalloc(b->arena, count(node) + 1, sizeof *all);
    for (const struct json_node *at = node->first; at != NULL; at = at->next, n++)
        all[n] = (struct ordered){ .node = at, .at = n };
    qsort(all, n, sizeof *all, compare_names);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !bytes_eq(all[i].node->name, all[i + 1].node->name))
            all[kept++] = all[i];
    *ret_n = kept;
    return all;
}

static enum err bind_pairs(const struct bind *b, const struct json_node *node,
                           const struct json_field *field, const struct json_place *place,
                           struct json_pairs *into)
{
    if (node->kind != JSON_NODE_OBJECT)
        return json_field_misfit(b->why, place, node, field);
    struct json_pairs pairs = { 0 };
    const struct ordered *members = order_members(b, node, &pairs.n);
    pairs.all = arena_zalloc(b->arena, pairs.n + 1, sizeof *pairs.all);
    for (size_t i = 0; i < pairs.n; i++) {
        pairs.all[i].name = members[i].node->name;
        enum err e = bind_text(b, members[i].node, place, &pairs.all[i].value);
        if (e != OK)
            return e;
    }
    *into = pairs;
    return OK;
}

static enum err bind_texts_map(const struct bind *b, const struct json_node *node,
                               const struct json_field *field, const struct json_place *place,
                               struct json_texts_map *into)
{
    if (node->kind != JSON_NODE_OBJECT)
        return json_field_misfit(b->why, place, node, field);
    struct json_texts_map map = { 0 };
    const struct json_field list = { .kind = JSON_BIND_STRINGS };
    const struct ordered *members = order_members(b, node, &map.n);
    map.all = arena_zalloc(b->arena, map.n + 1, sizeof *map.all);
    for (size_t i = 0; i < map.n; i++) {
        map.all[i].name = members[i].node->name;
        if (members[i].node->kind == JSON_NODE_NULL)
            continue;
        enum err e = bind_texts(b, members[i].node, &list, place, &map.all[i].texts);
        if (e != OK)
            return e;
    }
    *into = map;
    return OK;
}

/* -- structs ---------------------------------------------------------------------------------- */

static enum err bind_struct(const struct bind *b, const struct json_node *node,
                            const struct json_shape *shape, const struct json_place *place,
                            void *into);

static enum err bind_pointer(const struct bind *b, const struct json_node *node,
                             const struct json_field *field, const struct json_place *place,
                             void **into)
{
    if (*into == NULL)
        *into = arena_zalloc(b->arena, 1, field->shape->size);
    return bind_struct(b, node, field->shape, place, *into);
}

static enum err bind_structs(const struct bind *b, const struct json_node *node,
                             const struct json_field *field, const struct json_place *place,
                             struct json_structs *into)
{
    if (node->kind != JSON_NODE_ARRAY)
        return json_field_misfit(b->why, place, node, field);
    size_t size = field->shape->size, i = 0;
    struct json_structs structs = { .n = count(node) };
    structs.all = arena_zalloc(b->arena, structs.n + 1, size);
    for (const struct json_node *at = node->first; at != NULL; at = at->next, i++) {
        if (at->kind == JSON_NODE_NULL)
            continue;
        enum err e = bind_struct(b, at, field->shape, place, (uint8_t *)structs.all + i * size);
        if (e != OK)
            return e;
    }
    *into = structs;
    return OK;
}

static enum err bind_struct_map(const struct bind *b, const struct json_node *node,
                                const struct json_field *field, const struct json_place *place,
                                struct json_structs *into)
{
    if (node->kind != JSON_NODE_OBJECT)
        return json_field_misfit(b->why, place, node, field);
    size_t size = field->shape->size;
    struct json_structs map = { 0 };
    const struct ordered *members = order_members(b, node, &map.n);
    map.all = arena_zalloc(b->arena, map.n + 1, size);
    map.names = arena_zalloc(b->arena, map.n + 1, sizeof *map.names);
    for (size_t i = 0; i < map.n; i++) {
        map.names[i] = members[i].node->name;
        if (members[i].node->kind == JSON_NODE_NULL)
            continue;
        enum err e =
            bind_struct(b, members[i].node, field->shape, place, (uint8_t *)map.all + i * size);
        if (e != OK)
            return e;
    }
    *into = map;
    return OK;
}

static void bind_null(const struct json_field *field, void *into)
{
    switch (field->kind) {
    case JSON_BIND_BASE64:
        *(struct bytes *)into = (struct bytes){ 0 };
        return;
    case JSON_BIND_STRINGS:
        *(struct json_texts *)into = (struct json_texts){ 0 };
        return;
    case JSON_BIND_STRING_MAP:
        *(struct json_pairs *)into = (struct json_pairs){ 0 };
        return;
    case JSON_BIND_STRINGS_MAP:
        *(struct json_texts_map *)into = (struct json_texts_map){ 0 };
        return;
    case JSON_BIND_STRUCTS:
    case JSON_BIND_STRUCT_MAP:
        *(struct json_structs *)into = (struct json_structs){ 0 };
        return;
    case JSON_BIND_POINTER:
    case JSON_BIND_ANY:
        *(void **)into = NULL;
        return;
    case JSON_BIND_STRING:
    case JSON_BIND_BOOL:
    case JSON_BIND_INT:
    case JSON_BIND_UINT:
    case JSON_BIND_FLOAT:
    case JSON_BIND_DURATION:
    case JSON_BIND_STRUCT:
        return;
    }
}

static enum err bind_field(const struct bind *b, const struct json_node *node,
                           const struct json_field *field, const struct json_place *place,
                           void *into)
{
    if (node->kind == JSON_NODE_NULL) {
        bind_null(field, into);
        return OK;
    }
    switch (field->kind) {
    case JSON_BIND_STRING:
        return bind_text(b, node, place, into);
    case JSON_BIND_BOOL:
        if (node->kind != JSON_NODE_BOOL)
            return json_field_misfit(b->why, place, node, field);
        *(bool *)into = node->truth;
        return OK;
    case JSON_BIND_INT:
    case JSON_BIND_UINT:
    case JSON_BIND_FLOAT:
        return bind_number(b, node, field, place, into);
    case JSON_BIND_DURATION:
        return bind_duration(b, node, into);
    case JSON_BIND_BASE64:
        return bind_base64(b, node, field, place, into);
    case JSON_BIND_STRINGS:
        return bind_texts(b, node, field, place, into);
    case JSON_BIND_STRING_MAP:
        return bind_pairs(b, node, field, place, into);
    case JSON_BIND_STRINGS_MAP:
        return bind_texts_map(b, node, field, place, into);
    case JSON_BIND_STRUCT:
        return bind_struct(b, node, field->shape, place, into);
    case JSON_BIND_POINTER:
        return bind_pointer(b, node, field, place, into);
    case JSON_BIND_STRUCTS:
        return bind_structs(b, node, field, place, into);
    case JSON_BIND_STRUCT_MAP:
        return bind_struct_map(b, node, field, place, into);
    case JSON_BIND_ANY:
        *(const struct json_node **)into = node;
        return OK;
    }
    return ERR_INVALID;
}

static const struct json_field *find_field(const struct json_shape *shape, struct bytes name)
{
    for (size_t i = 0; i < shape->field_n; i++)
        if (bytes_is(name, shape->fields[i].name))
            return &shape->fields[i];
    for (size_t i = 0; i < shape->field_n; i++)
        if (text_eq_nocase(name, bytes_str(shape->fields[i].name)))
            return &shape->fields[i];
    return NULL;
}

static enum err unknown_field(const struct bind *b, struct bytes name)
{
    struct buf text;
    buf_init(&text, 400);
    go_quote(&text, bytes_of(name.p, name.n < 80 ? name.n : 80));
    enum err e = why_set(b->why, ERR_MALFORMED, "json: unknown field %.*s", (int)text.n,
                         (const char *)text.p);
    buf_fini(&text);
    return e;
}

static enum err bind_struct(const struct bind *b, const struct json_node *node,
                            const struct json_shape *shape, const struct json_place *above,
                            void *into)
{
    if (node->kind == JSON_NODE_NULL)
        return OK;
    if (node->kind != JSON_NODE_OBJECT)
        return json_misfit(b->why, above, node, shape->go_name, false);
    for (const struct json_node *at = node->first; at != NULL; at = at->next) {
        const struct json_field *field = find_field(shape, at->name);
        if (field == NULL && shape->is_lenient)
            continue;
        if (field == NULL)
            return unknown_field(b, at->name);
        struct json_place place = { .above = above, .shape = shape, .name = field->name };
        enum err e = bind_field(b, at, field, &place, (uint8_t *)into + field->offset);
        if (e != OK)
            return e;
    }
    return OK;
}

enum err json_bind(const struct json_node *node, const struct json_shape *shape,
                   struct arena *arena, void *into, struct why *why)
{
    struct bind b = { .arena = arena, .why = why };
    return bind_struct(&b, node, shape, NULL, into);
}

enum err json_decode(struct bytes text, const struct json_shape *shape, struct arena *arena,
                     void *into, struct why *why)
{
    const struct json_node *node;
    enum err e = json_read(text, arena, &node, why);
    return e != OK ? e : json_bind(node, shape, arena, into, why);
}
