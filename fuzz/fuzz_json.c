/* Any bytes as JSON: a tree within the limits with UTF-8 in it, or a sentence; written and read
 * again, the tree is the same. Then filled into a struct of every kind of field. */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/text.h"
#include "wire/json_bind.h"
#include "wire/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- trees --------------------------------------------------------------------------------------
 */

static void write_string(struct bytes text, struct buf *out)
{
    buf_put_u8(out, '"');
    json_escape(out, text);
    buf_put_u8(out, '"');
}

static void write_node(const struct json_node *node, struct buf *out)
{
    bool is_object = node->kind == JSON_NODE_OBJECT;
    switch (node->kind) {
    case JSON_NODE_NULL:
        buf_put_str(out, "null");
        return;
    case JSON_NODE_BOOL:
        buf_put_str(out, node->truth ? "true" : "false");
        return;
    case JSON_NODE_NUMBER:
        buf_put_bytes(out, node->text);
        return;
    case JSON_NODE_STRING:
        write_string(node->text, out);
        return;
    case JSON_NODE_ARRAY:
    case JSON_NODE_OBJECT:
        buf_put_u8(out, is_object ? '{' : '[');
        for (const struct json_node *at = node->first; at != NULL; at = at->next) {
            if (at != node->first)
                buf_put_u8(out, ',');
            if (is_object) {
                write_string(at->name, out);
                buf_put_u8(out, ':');
            }
            write_node(at, out);
        }
        buf_put_u8(out, is_object ? '}' : ']');
        return;
    }
}

static void check_node(const struct json_node *node, unsigned depth)
{
    assert(depth <= JSON_READ_DEPTH_MAX);
    assert(text_is_utf8(node->name) && text_is_utf8(node->text));
    for (const struct json_node *at = node->first; at != NULL; at = at->next)
        check_node(at, depth + (at->kind == JSON_NODE_ARRAY || at->kind == JSON_NODE_OBJECT));
}

static void assert_same(const struct json_node *a, const struct json_node *b)
{
    assert(a->kind == b->kind && a->truth == b->truth);
    assert(bytes_eq(a->name, b->name) && bytes_eq(a->text, b->text));
    const struct json_node *x = a->first, *y = b->first;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        assert_same(x, y);
    assert(x == NULL && y == NULL);
}

static void read_again(const struct json_node *root, struct arena *arena)
{
    struct buf text;
    const struct json_node *again;
    buf_init(&text, SIZE_MAX / 64);
    write_node(root, &text);
    enum err e = json_read(buf_bytes(&text), arena, &again, NULL);
    assert(e == OK);
    assert_same(root, again);
    buf_fini(&text);
}

/* -- structs ------------------------------------------------------------------------------------
 */

struct thing {
    struct bytes text, blob;
    bool on;
    int64_t integer, duration_ns;
    uint64_t natural;
    double real;
    struct json_texts texts;
    struct json_pairs pairs;
    struct json_texts_map texts_map;
    struct thing *thing;
    struct json_structs things, named;
    const struct json_node *any;
};

static const struct json_shape shape;
static const struct json_field fields[] = {
    JSON_FIELD(struct thing, text, "s", STRING),
    JSON_FIELD(struct thing, blob, "b", BASE64),
    JSON_FIELD(struct thing, on, "o", BOOL),
    JSON_FIELD(struct thing, integer, "i", INT),
    JSON_FIELD(struct thing, duration_ns, "d", DURATION),
    JSON_FIELD(struct thing, natural, "u", UINT),
    JSON_FIELD(struct thing, real, "f", FLOAT),
    JSON_FIELD(struct thing, texts, "l", STRINGS),
    JSON_FIELD(struct thing, pairs, "m", STRING_MAP),
    JSON_FIELD(struct thing, texts_map, "h", STRINGS_MAP),
    JSON_FIELD_OF(struct thing, thing, "t", POINTER, &shape),
    JSON_FIELD_OF(struct thing, things, "a", STRUCTS, &shape),
    JSON_FIELD_OF(struct thing, named, "n", STRUCT_MAP, &shape),
    JSON_FIELD(struct thing, any, "x", ANY),
};
static const struct json_shape shape = { "Thing", sizeof(struct thing), fields, ARRAY_LEN(fields),
                                         false };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct why why = { 0 };
    struct thing thing = { 0 };
    const struct json_node *root = NULL;
    arena_init(&arena, 0);
    enum err e = json_read(bytes_of(data, size), &arena, &root, &why);
    assert(e == OK || e == ERR_MALFORMED || e == ERR_TOO_BIG);
    assert((e == OK) == (root != NULL) && (e == OK) == (why.text[0] == 0));
    if (e == OK) {
        check_node(root, root->kind == JSON_NODE_ARRAY || root->kind == JSON_NODE_OBJECT);
        read_again(root, &arena);
        e = json_bind(root, &shape, &arena, &thing, &why);
        assert((e == OK) == (why.text[0] == 0));
    }
    arena_fini(&arena);
    return 0;
}
