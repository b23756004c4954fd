/* The few fields of descriptor.proto that name things:
 *
 *   FileDescriptorProto     package 2, message 4, enum 5, service 6, extension 7
 *   DescriptorProto         name 1, field 2, nested message 3, nested enum 4, extension 6
 *   EnumDescriptorProto     name 1, value 2 (whose names are siblings of the enum's)
 *   ServiceDescriptorProto  name 1, method 2
 *
 * A symbol is looked for from the outside in: where a thing's name is the symbol's beginning, the
 * rest is looked for inside it. Descriptors are our own; their depth is bounded all the same. */
#include "net/grpc_symbols.h"

#include "base/compiler.h"
#include "wire/pb.h"

enum { DEPTH_MAX = 32, FIELD_NAME = 1, FIELD_PACKAGE = 2 };

enum part { PART_FILE, PART_MESSAGE, PART_ENUM, PART_SERVICE, PART_LEAF };

struct child {
    enum part of;
    uint32_t number;
    enum part is;
};

static const struct child children[] = {
    { PART_FILE, 4, PART_MESSAGE }, { PART_FILE, 5, PART_ENUM },
    { PART_FILE, 6, PART_SERVICE }, { PART_FILE, 7, PART_LEAF },
    { PART_MESSAGE, 2, PART_LEAF }, { PART_MESSAGE, 3, PART_MESSAGE },
    { PART_MESSAGE, 4, PART_ENUM }, { PART_MESSAGE, 6, PART_LEAF },
    { PART_SERVICE, 2, PART_LEAF },
};

static struct bytes text_field(struct bytes message, uint32_t number)
{
    struct pb_field f;
    while (pb_next(&message, &f) == OK)
        if (f.number == number && f.wire == PB_LEN)
            return f.bytes;
    return (struct bytes){ 0 };
}

static bool is_child(enum part of, uint32_t number, enum part *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(children); i++)
        if (children[i].of == of && children[i].number == number) {
            *ret = children[i].is;
            return true;
        }
    return false;
}

/* Values of an enum are named beside it. */
static bool has_value(struct bytes enumeration, struct bytes symbol)
{
    struct pb_field f;
    while (pb_next(&enumeration, &f) == OK)
        if (f.number == 2 && f.wire == PB_LEN && bytes_eq(text_field(f.bytes, FIELD_NAME), symbol))
            return true;
    return false;
}

/* True if SYMBOL is NAME, or NAME, a dot and *REST, which is then not empty. */
static bool begins_with(struct bytes symbol, struct bytes name, struct bytes *rest)
{
    *rest = bytes_skip(symbol, name.n + 1);
    if (name.n == 0 || !bytes_starts(symbol, name))
        return false;
    return symbol.n == name.n || (symbol.p[name.n] == '.' && rest->n > 0);
}

static bool defines(struct bytes message, enum part part, struct bytes symbol, unsigned depth)
{
    struct pb_field f;
    enum part is;
    while (depth < DEPTH_MAX && pb_next(&message, &f) == OK) {
        if (f.wire != PB_LEN || !is_child(part, f.number, &is))
            continue;
        struct bytes rest;
        if (is == PART_ENUM && has_value(f.bytes, symbol))
            return true;
        if (begins_with(symbol, text_field(f.bytes, FIELD_NAME), &rest) &&
            (rest.n == 0 || defines(f.bytes, is, rest, depth + 1)))
            return true;
    }
    return false;
}

bool grpc_file_defines(struct bytes descriptor, struct bytes symbol)
{
    struct bytes package = text_field(descriptor, FIELD_PACKAGE);
    struct bytes rest = symbol;
    if (package.n > 0 && (!begins_with(symbol, package, &rest) || rest.n == 0))
        return false;
    return rest.n > 0 && defines(descriptor, PART_FILE, rest, 0);
}
