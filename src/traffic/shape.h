/* traffic/shape.h -- JSON and C structs of configuration entries, both ways by one table.
 *
 * Read as Consul reads them: a name is taken in CamelCase and in snake_case, without regard to
 * case; durations are text ("5s") or nanoseconds; numbers and truths may stand in quotes; one
 * value may stand for a list of one. Written in CamelCase, in the order of the table, without what
 * is empty. */
#ifndef TRAFFIC_SHAPE_H
#define TRAFFIC_SHAPE_H

#include "wire/json_bind.h"
#include "wire/json_writer.h"

enum {
    SHAPE_LIST_MAX = 1024,    /* structs, texts, or names with something, in one list or map */
    SHAPE_ANY_DEPTH_MAX = 32, /* objects and arrays in one another in what is kept as sent */
};

enum shape_kind {
    SHAPE_TEXT,     /* struct bytes */
    SHAPE_BOOL,     /* bool */
    SHAPE_INT,      /* int64_t */
    SHAPE_FLOAT,    /* double; written as Go's float32 */
    SHAPE_DURATION, /* int64_t, nanoseconds */
    SHAPE_NS,       /* the same, written as a number */
    SHAPE_TEXTS,    /* struct json_texts */
    SHAPE_INTS,     /* struct json_texts, each a number as it was written */
    SHAPE_TEXT_MAP, /* struct json_pairs */
    SHAPE_STRUCT,   /* pointer to a struct; NULL: not given */
    SHAPE_STRUCTS,  /* struct json_structs */
    SHAPE_MAP,      /* struct json_structs, with names */
    SHAPE_ANY,      /* const struct json_node *: as it was sent */
    SHAPE_IGNORED,  /* taken and forgotten */
};

struct shape;

struct shape_field {
    const char *name;
    enum shape_kind kind;
    size_t offset;
    const struct shape *shape; /* of STRUCT, STRUCTS and MAP */
    bool always;               /* written even if it is empty */
};

struct shape {
    size_t size;
    const struct shape_field *fields;
    size_t field_n;
    bool is_open; /* what it has no field for is passed over */
};

#define SHAPE_FIELD(type, member, json_name, of_kind)                                \
    {                                                                                \
        .name = json_name, .kind = SHAPE_##of_kind, .offset = offsetof(type, member) \
    }
/* What is a struct in Go too, not a pointer: an empty one is written as {}. */
#define SHAPE_VALUE(type, member, json_name) SHAPE_ALWAYS(type, member, json_name, ANY)
#define SHAPE_VALUE_OF(type, member, json_name, of_shape)                          \
    {                                                                              \
        .name = json_name, .kind = SHAPE_STRUCT, .offset = offsetof(type, member), \
        .shape = of_shape, .always = true                                          \
    }
#define SHAPE_FIELD_OF(type, member, json_name, of_kind, of_shape)                    \
    {                                                                                 \
        .name = json_name, .kind = SHAPE_##of_kind, .offset = offsetof(type, member), \
        .shape = of_shape                                                             \
    }
#define SHAPE_ALWAYS(type, member, json_name, of_kind)                                \
    {                                                                                 \
        .name = json_name, .kind = SHAPE_##of_kind, .offset = offsetof(type, member), \
        .always = true                                                                \
    }

/* True if NAME, in any of the forms that are taken, is the field's. */
bool shape_name_is(struct bytes name, const char *field);

/* Whether NODE is kept as it was sent: ERR_TOO_BIG if it nests too deeply. */
MUST_CHECK enum err shape_check_any(const struct json_node *node, const char *name,
                                    struct why *why);
/* Fills INTO, which is zeroed. All lies in ARENA or lends from NODE. ERR_MALFORMED with the
 * sentence in WHY: of all names that are none (`invalid config key "Splits[0].Wheight"`), or of
 * the first value that does not fit; ERR_TOO_BIG above the limits. */
MUST_CHECK enum err shape_read(const struct json_node *node, const struct shape *shape,
                               struct arena *arena, void *into, struct why *why);
/* As an object; nothing but its members if IS_OPEN_OBJECT, as it stands in one already. */
void shape_write(const void *from, const struct shape *shape, bool is_open_object,
                 struct json_writer *j);
/* The shortest text of a float32. */
void shape_write_float(double value, struct json_writer *j);

#endif
