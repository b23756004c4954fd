/* What does not fit, in the words of Go's encoding/json. */
#include "wire/json_misfit.h"

#include <stdio.h>

#include "base/buf.h"

static void put_path(const struct json_place *place, struct buf *out)
{
    if (place->above != NULL) {
        put_path(place->above, out);
        buf_put_u8(out, '.');
    }
    buf_put_str(out, place->name);
}

static const char *kind_word(const struct json_node *node)
{
    static const char *const words[] = {
        [JSON_NODE_NULL] = "null",     [JSON_NODE_BOOL] = "bool",   [JSON_NODE_NUMBER] = "number",
        [JSON_NODE_STRING] = "string", [JSON_NODE_ARRAY] = "array", [JSON_NODE_OBJECT] = "object",
    };
    return words[node->kind];
}

enum err json_misfit(struct why *why, const struct json_place *place, const struct json_node *node,
                     const char *type, bool say_number)
{
    struct buf text;
    buf_init(&text, 400);
    buf_printf(&text, "json: cannot unmarshal %s", kind_word(node));
    if (say_number && node->kind == JSON_NODE_NUMBER)
        buf_printf(&text, " %.*s", (int)(node->text.n < 64 ? node->text.n : 64),
                   (const char *)node->text.p);
    if (place == NULL) {
        buf_put_str(&text, " into Go value");
    } else {
        buf_printf(&text, " into Go struct field %s.", place->shape->go_name);
        put_path(place, &text);
    }
    buf_printf(&text, " of type %s", type);
    enum err e = why_set(why, ERR_MALFORMED, "%.*s", (int)text.n, (const char *)text.p);
    buf_fini(&text);
    return e;
}

static const char *type_name(const struct json_field *field, char text[64])
{
    static const char *const usual[] = {
        [JSON_BIND_STRING] = "string",
        [JSON_BIND_BOOL] = "bool",
        [JSON_BIND_INT] = "int",
        [JSON_BIND_UINT] = "uint64",
        [JSON_BIND_FLOAT] = "float64",
        [JSON_BIND_DURATION] = "time.Duration",
        [JSON_BIND_BASE64] = "[]uint8",
        [JSON_BIND_STRINGS] = "[]string",
        [JSON_BIND_STRING_MAP] = "map[string]string",
        [JSON_BIND_STRINGS_MAP] = "map[string][]string",
        [JSON_BIND_ANY] = "interface {}",
    };
    if (field->go_type != NULL)
        return field->go_type;
    if (field->shape == NULL)
        return usual[field->kind];
    const char *front = field->kind == JSON_BIND_STRUCTS      ? "[]"
                        : field->kind == JSON_BIND_STRUCT_MAP ? "map[string]"
                                                              : "";
    snprintf(text, 64, "%s%s", front, field->shape->go_name);
    return text;
}

enum err json_field_misfit(struct why *why, const struct json_place *place,
                           const struct json_node *node, const struct json_field *field)
{
    char text[64];
    bool is_number = field->kind == JSON_BIND_INT || field->kind == JSON_BIND_UINT;
    return json_misfit(why, place, node, type_name(field, text), is_number);
}
