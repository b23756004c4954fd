/* wire/json_shape.h -- tables that say which C struct an object of JSON is; json_bind.h fills it.
 */
#ifndef WIRE_JSON_SHAPE_H
#define WIRE_JSON_SHAPE_H

#include <stddef.h>

#include "wire/json_reader.h"

enum json_bind_kind {
    JSON_BIND_STRING,      /* struct bytes */
    JSON_BIND_BOOL,        /* bool */
    JSON_BIND_INT,         /* int64_t */
    JSON_BIND_UINT,        /* uint64_t */
    JSON_BIND_FLOAT,       /* double */
    JSON_BIND_DURATION,    /* int64_t, nanoseconds: from "10s" or a number */
    JSON_BIND_BASE64,      /* struct bytes */
    JSON_BIND_STRINGS,     /* struct json_texts */
    JSON_BIND_STRING_MAP,  /* struct json_pairs: {"a": "b"} */
    JSON_BIND_STRINGS_MAP, /* struct json_texts_map: {"a": ["b", "c"]} */
    JSON_BIND_STRUCT,      /* the struct itself */
    JSON_BIND_POINTER,     /* pointer to a struct; NULL if it was not given */
    JSON_BIND_STRUCTS,     /* struct json_structs */
    JSON_BIND_STRUCT_MAP,  /* struct json_structs, with names */
    JSON_BIND_ANY,         /* const struct json_node *: as it was sent */
};

struct json_texts {
    struct bytes *all; /* NULL: null or not given; an empty list is not NULL */
    size_t n;
};

struct json_pair {
    struct bytes name, value;
};

struct json_pairs {
    struct json_pair *all; /* as of json_texts; no name twice */
    size_t n;
};

struct json_texts_map {
    struct json_texts_entry {
        struct bytes name;
        struct json_texts texts;
    } * all;
    size_t n;
};

struct json_structs {
    void *all;           /* N of the shape's size; as of json_texts */
    struct bytes *names; /* of a map */
    size_t n;
};

struct json_shape;

struct json_field {
    const char *name;
    enum json_bind_kind kind;
    size_t offset;
    const struct json_shape *shape; /* of what is in it */
    const char *go_type;            /* "int", "uint64"; NULL: what is usual for KIND */
};

struct json_shape {
    const char *go_name; /* as Go's errors say it, or "" */
    size_t size;
    const struct json_field *fields;
    size_t field_n;
    bool is_lenient; /* names that it does not have are passed over */
};

/* One row of a table: JSON_FIELD(struct thing, member, "Name", STRING). */
#define JSON_FIELD(type, member, json_name, bind_kind)                                     \
    {                                                                                      \
        .name = json_name, .kind = JSON_BIND_##bind_kind, .offset = offsetof(type, member) \
    }
#define JSON_FIELD_OF(type, member, json_name, bind_kind, of_shape)                         \
    {                                                                                       \
        .name = json_name, .kind = JSON_BIND_##bind_kind, .offset = offsetof(type, member), \
        .shape = of_shape                                                                   \
    }

#endif
