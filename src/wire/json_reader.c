/* From jansson's tree to ours. What json_normal.c has marked is unmarked here. */
#include "wire/json_reader.h"

#include <jansson.h>

#include "base/text.h"
#include "wire/json_normal.h"

enum { GROWTH_MAX = 16 /* times what is rewritten is longer; the marks of short strings */ };

/* -- trees ------------------------------------------------------------------------------------ */

static bool has_mark(struct bytes marked, char mark)
{
    return marked.n >= JSON_MARK_BYTES && marked.p[0] == (uint8_t)mark;
}

static enum err convert(json_t *from, struct arena *arena, struct json_node *to, struct why *why);

static enum err convert_object(json_t *from, struct arena *arena, struct json_node *to,
                               struct why *why)
{
    const struct json_node **link = &to->first;
    const char *name;
    json_t *value;
    json_object_foreach(from, name, value)
    {
        struct json_node *member = arena_zalloc(arena, 1, sizeof *member);
        if (!has_mark(bytes_str(name), JSON_MARK_STRING))
            return why_set(why, ERR_MALFORMED,
                           "invalid character '%c' looking for beginning of object key string",
                           name[JSON_MARK_BYTES]);
        member->name = arena_dup(arena, bytes_str(name + JSON_MARK_BYTES));
        enum err e = convert(value, arena, member, why);
        if (e != OK)
            return e;
        *link = member;
        link = &member->next;
    }
    return OK;
}

static enum err convert_array(json_t *from, struct arena *arena, struct json_node *to,
                              struct why *why)
{
    const struct json_node **link = &to->first;
    for (size_t i = 0; i < json_array_size(from); i++) {
        struct json_node *element = arena_zalloc(arena, 1, sizeof *element);
        enum err e = convert(json_array_get(from, i), arena, element, why);
        if (e != OK)
            return e;
        *link = element;
        link = &element->next;
    }
    return OK;
}

static void convert_text(json_t *from, struct arena *arena, struct json_node *to)
{
    struct bytes marked = bytes_of(json_string_value(from), json_string_length(from));
    to->kind = has_mark(marked, JSON_MARK_NUMBER) ? JSON_NODE_NUMBER : JSON_NODE_STRING;
    to->text = arena_dup(arena, bytes_skip(marked, JSON_MARK_BYTES));
}

/* As deep as json_normalize lets a text be. */
static enum err convert(json_t *from, struct arena *arena, struct json_node *to, struct why *why)
{
    switch (json_typeof(from)) {
    case JSON_OBJECT:
        to->kind = JSON_NODE_OBJECT;
        return convert_object(from, arena, to, why);
    case JSON_ARRAY:
        to->kind = JSON_NODE_ARRAY;
        return convert_array(from, arena, to, why);
    case JSON_STRING:
        convert_text(from, arena, to);
        return OK;
    case JSON_TRUE:
    case JSON_FALSE:
        to->kind = JSON_NODE_BOOL;
        to->truth = json_is_true(from);
        return OK;
    case JSON_NULL:
    case JSON_INTEGER: /* there are none: every number is a string by now */
    case JSON_REAL:
        to->kind = JSON_NODE_NULL;
        return OK;
    }
    return ERR_INVALID;
}

/* -- texts ------------------------------------------------------------------------------------ */

static enum err complain(const json_error_t *error, struct why *why)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_premature_end_of_input)
        why_set(why, ERR_MALFORMED, "unexpected EOF");
    else if (code == json_error_null_byte_in_key)
        why_set(why, ERR_MALFORMED, "invalid NUL in an object key");
    else
        why_set(why, ERR_MALFORMED, "invalid character in line %d", error->line);
    return ERR_MALFORMED;
}

enum err json_read(struct bytes text, struct arena *arena, const struct json_node **ret,
                   struct why *why)
{
    struct buf normal;
    json_error_t error;
    buf_init(&normal, text.n > SIZE_MAX / GROWTH_MAX ? text.n : text.n * GROWTH_MAX + 64);
    struct json_limits limits = { JSON_READ_DEPTH_MAX, JSON_READ_PARTS_MAX };
    enum err e = json_normalize(text, limits, &normal, why);
    if (e == OK && buf_err(&normal) != OK)
        e = why_set(why, ERR_TOO_BIG, "too long");
    json_t *root = NULL;
    if (e == OK)
        root = json_loadb((const char *)normal.p, normal.n,
                          JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);
    buf_fini(&normal);
    if (e == OK && root == NULL)
        e = complain(&error, why);
    if (e != OK)
        return e;
    struct json_node *node = arena_zalloc(arena, 1, sizeof *node);
    e = convert(root, arena, node, why);
    json_decref(root);
    if (e == OK)
        *ret = node;
    return e;
}

bool json_node_uint(const struct json_node *node, uint64_t *ret)
{
    return node->kind == JSON_NODE_NUMBER && text_u64(node->text, ret);
}

bool json_node_int(const struct json_node *node, int64_t *ret)
{
    return node->kind == JSON_NODE_NUMBER && text_i64(node->text, ret);
}
