/* In the order of the table; what is empty is left out, as Go's omitempty does. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "traffic/shape.h"
#include "wire/json_tree.h"

void shape_write_float(double value, struct json_writer *j)
{
    char text[40];
    float narrow = (float)value;
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)narrow);
        if (strtof(text, NULL) == narrow)
            break;
    }
    if (strchr(text, '+') != NULL && narrow > -1e21F && narrow < 1e21F)
        snprintf(text, sizeof text, "%.0f", (double)narrow);
    json_put_raw(j, bytes_str(text));
}

static void write_texts(const struct json_texts *texts, bool as_numbers, struct json_writer *j)
{
    uint64_t number;
    json_open_array(j);
    for (size_t i = 0; i < texts->n; i++)
        if (as_numbers && text_u64(texts->all[i], &number))
            json_put_uint(j, number);
        else
            json_put_string(j, texts->all[i]);
    json_close_array(j);
}

static void write_pairs(const struct json_pairs *pairs, struct json_writer *j)
{
    json_open_object(j);
    for (size_t i = 0; i < pairs->n; i++) {
        json_put_name_bytes(j, pairs->all[i].name);
        json_put_string(j, pairs->all[i].value);
    }
    json_close_object(j);
}

static void write_structs(const struct json_structs *all, const struct shape *shape,
                          struct json_writer *j)
{
    json_open_array(j);
    for (size_t i = 0; i < all->n; i++)
        shape_write((const char *)all->all + i * shape->size, shape, false, j);
    json_close_array(j);
}

static void write_map(const struct json_structs *all, const struct shape *shape,
                      struct json_writer *j)
{
    json_open_object(j);
    for (size_t i = 0; i < all->n; i++) {
        json_put_name_bytes(j, all->names[i]);
        shape_write((const char *)all->all + i * shape->size, shape, false, j);
    }
    json_close_object(j);
}

static bool is_empty(const struct shape_field *field, const void *from)
{
    switch (field->kind) {
    case SHAPE_TEXT:
        return ((const struct bytes *)from)->n == 0;
    case SHAPE_BOOL:
        return !*(const bool *)from;
    case SHAPE_INT:
    case SHAPE_DURATION:
    case SHAPE_NS:
        return *(const int64_t *)from == 0;
    case SHAPE_FLOAT:
        return *(const double *)from == 0;
    case SHAPE_TEXTS:
    case SHAPE_INTS:
        return ((const struct json_texts *)from)->n == 0;
    case SHAPE_TEXT_MAP:
        return ((const struct json_pairs *)from)->n == 0;
    case SHAPE_STRUCTS:
    case SHAPE_MAP:
        return ((const struct json_structs *)from)->n == 0;
    case SHAPE_STRUCT:
    case SHAPE_ANY:
        return *(void *const *)from == NULL;
    case SHAPE_IGNORED:
        return true;
    }
    return true;
}

static void write_value(const struct shape_field *field, const void *from, struct json_writer *j)
{
    switch (field->kind) {
    case SHAPE_TEXT:
        json_put_string(j, *(const struct bytes *)from);
        break;
    case SHAPE_BOOL:
        json_put_bool(j, *(const bool *)from);
        break;
    case SHAPE_INT:
    case SHAPE_NS:
        json_put_int(j, *(const int64_t *)from);
        break;
    case SHAPE_FLOAT:
        shape_write_float(*(const double *)from, j);
        break;
    case SHAPE_DURATION:
        json_put_duration(j, *(const int64_t *)from);
        break;
    case SHAPE_TEXTS:
    case SHAPE_INTS:
        write_texts(from, field->kind == SHAPE_INTS, j);
        break;
    case SHAPE_TEXT_MAP:
        write_pairs(from, j);
        break;
    case SHAPE_STRUCTS:
        write_structs(from, field->shape, j);
        break;
    case SHAPE_MAP:
        write_map(from, field->shape, j);
        break;
    case SHAPE_STRUCT:
        shape_write(*(void *const *)from, field->shape, false, j);
        break;
    case SHAPE_ANY:
        json_put_node(j, *(const struct json_node *const *)from);
        break;
    case SHAPE_IGNORED:
        break;
    }
}

static bool is_absent(const struct shape_field *field, const void *from)
{
    return (field->kind == SHAPE_STRUCT || field->kind == SHAPE_ANY) && is_empty(field, from);
}

static void write_empty_object(struct json_writer *j)
{
    json_open_object(j);
    json_close_object(j);
}

void shape_write(const void *from, const struct shape *shape, bool is_open_object,
                 struct json_writer *j)
{
    if (!is_open_object)
        json_open_object(j);
    for (size_t i = 0; i < shape->field_n; i++) {
        const struct shape_field *field = &shape->fields[i];
        const void *value = (const char *)from + field->offset;
        if (field->kind == SHAPE_IGNORED || (is_empty(field, value) && !field->always))
            continue;
        json_put_name(j, field->name);
        if (is_absent(field, value))
            write_empty_object(j);
        else
            write_value(field, value, j);
    }
    if (!is_open_object)
        json_close_object(j);
}
