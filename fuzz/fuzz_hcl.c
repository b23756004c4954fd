/* Any bytes as HCL or JSON: a tree within the limits, of which every place is in the text and every
 * string UTF-8, or a sentence with a place; written as HCL and read again, the tree is the same. */
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "wire/hcl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* -- a tree as HCL -------------------------------------------------------------------------------
 */

static void write_string(struct bytes text, struct buf *out)
{
    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == '$')
            buf_printf(out, "\\u%04x", c);
        else
            buf_put_u8(out, c);
    }
    buf_put_u8(out, '"');
}

static void write_value(const struct hcl_node *node, struct buf *out);

static void write_inside(const struct hcl_node *node, struct buf *out)
{
    for (const struct hcl_node *n = node->first; n != NULL; n = n->next) {
        if (node->kind == HCL_OBJECT) {
            write_string(n->name, out);
            buf_put_str(out, " = ");
        }
        write_value(n, out);
        buf_put_str(out, ",\n");
    }
}

static void write_value(const struct hcl_node *node, struct buf *out)
{
    switch (node->kind) {
    case HCL_NULL: /* JSON's only */
        buf_put_str(out, "\"null\"");
        return;
    case HCL_BOOL:
        buf_put_str(out, node->truth ? "true" : "false");
        return;
    case HCL_NUMBER:
        buf_put_bytes(out, node->text);
        return;
    case HCL_STRING:
        write_string(node->text, out);
        return;
    case HCL_LIST:
    case HCL_OBJECT:
        buf_put_u8(out, node->kind == HCL_LIST ? '[' : '{');
        write_inside(node, out);
        buf_put_u8(out, node->kind == HCL_LIST ? ']' : '}');
        return;
    }
}

/* -- what must hold ------------------------------------------------------------------------------
 */

static void check_node(const struct hcl_node *node, size_t size, unsigned depth, size_t *nodes)
{
    int64_t number;
    assert(depth <= HCL_DEPTH_MAX && ++*nodes <= HCL_VALUES_MAX + 1);
    assert(node->line >= 1 && node->line <= size + 1);
    assert(node->column >= 1 && node->column <= size + 1);
    assert(text_is_utf8(node->name) && text_is_utf8(node->text));
    assert(node->kind == HCL_NUMBER || !hcl_integer(node, &number));
    if (node->kind == HCL_NUMBER)
        (void)hcl_integer(node, &number);
    for (const struct hcl_node *n = node->first; n != NULL; n = n->next)
        check_node(n, size, depth + (n->first != NULL), nodes);
}

static void assert_same(const struct hcl_node *a, const struct hcl_node *b)
{
    assert(a->kind == b->kind || (a->kind == HCL_NULL && b->kind == HCL_STRING));
    assert(a->truth == b->truth && bytes_eq(a->name, b->name));
    assert(a->kind == HCL_NULL || bytes_eq(a->text, b->text));
    const struct hcl_node *x = a->first, *y = b->first;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        assert_same(x, y);
    assert(x == NULL && y == NULL);
}

static void read_again(const struct hcl_node *root)
{
    struct arena arena;
    struct buf text;
    const struct hcl_node *again;
    buf_init(&text, HCL_TEXT_MAX); /* what is longer when written was tried when shorter */
    write_inside(root, &text);
    if (buf_err(&text) == OK) {
        arena_init(&arena, 0);
        enum err e = hcl_parse(buf_bytes(&text), &arena, &again, NULL);
        assert(e == OK);
        assert_same(root, again);
        arena_fini(&arena);
    }
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct why why = { 0 };
    const struct hcl_node *root = NULL;
    size_t nodes = 0;
    arena_init(&arena, 0);
    enum err e = hcl_parse(bytes_of(data, size), &arena, &root, &why);
    assert(e == OK || e == ERR_MALFORMED || e == ERR_TOO_BIG);
    assert(e == OK ? root != NULL : bytes_starts(bytes_str(why.text), bytes_str("At ")));
    if (e == OK) {
        check_node(root, size, 0, &nodes);
        read_again(root);
    }
    arena_fini(&arena);
    return 0;
}
