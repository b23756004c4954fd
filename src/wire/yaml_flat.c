/* libyaml's events in the one order that a flat mapping has. */
#include "wire/yaml_flat.h"

#include <yaml.h>

#include "base/buf.h"

enum { TEXT_MAX = 1 << 20, VALUE_MAX = 64 * 1024 };

struct reading {
    yaml_parser_t parser;
    yaml_event_t event;
    struct why *why;
};

/* The next event, in R->event until the next call. */
static enum err next(struct reading *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return OK;
    return why_set(r->why, ERR_MALFORMED, "line %zu: %s", r->parser.problem_mark.line + 1,
                   r->parser.problem == NULL ? "no YAML" : r->parser.problem);
}

static enum err refuse(struct reading *r, const char *what)
{
    return why_set(r->why, ERR_MALFORMED, "line %zu: %s", r->event.start_mark.line + 1, what);
}

static enum err expect(struct reading *r, yaml_event_type_t type, const char *otherwise)
{
    enum err e = next(r);
    return e == OK && r->event.type != type ? refuse(r, otherwise) : e;
}

static void put_scalar(struct buf *b, const yaml_event_t *event)
{
    buf_put(b, event->data.scalar.value, event->data.scalar.length);
}

/* The value after a key: a scalar, or a sequence of them. */
static enum err read_value(struct reading *r, struct buf *value)
{
    enum err e = next(r);
    if (e != OK)
        return e;
    if (r->event.type == YAML_SCALAR_EVENT) {
        put_scalar(value, &r->event);
        return buf_err(value);
    }
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return refuse(r, "a value is a scalar or a list of scalars");
    for (bool first = true;; first = false) {
        e = next(r);
        if (e != OK || r->event.type == YAML_SEQUENCE_END_EVENT)
            return e != OK ? e : buf_err(value);
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, "a list holds scalars only");
        if (!first)
            buf_put_u8(value, ',');
        put_scalar(value, &r->event);
    }
}

static enum err read_pair(struct reading *r,
                          enum err (*each)(void *ctx, const char *key, const char *value),
                          void *ctx)
{
    struct buf key, value;
    buf_init(&key, VALUE_MAX);
    buf_init(&value, VALUE_MAX);
    put_scalar(&key, &r->event);
    enum err e = read_value(r, &value);
    buf_put_u8(&key, 0);
    buf_put_u8(&value, 0);
    if (e == OK && (buf_err(&key) != OK || buf_err(&value) != OK))
        e = refuse(r, "a key or value is too long");
    if (e == OK)
        e = each(ctx, (const char *)key.p, (const char *)value.p);
    buf_fini(&key);
    buf_fini(&value);
    return e;
}

static enum err read_document(struct reading *r,
                              enum err (*each)(void *ctx, const char *key, const char *value),
                              void *ctx)
{
    enum err e = expect(r, YAML_STREAM_START_EVENT, "no YAML stream");
    if (e == OK)
        e = next(r);
    if (e != OK || r->event.type == YAML_STREAM_END_EVENT)
        return e; /* an empty file */
    if (r->event.type != YAML_DOCUMENT_START_EVENT)
        return refuse(r, "no YAML document");
    e = next(r);
    if (e == OK && r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0)
        return OK; /* only comments */
    if (e == OK && r->event.type != YAML_MAPPING_START_EVENT)
        return refuse(r, "the file must be a mapping of names to values");
    while (e == OK) {
        e = next(r);
        if (e != OK || r->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, "a name must be a plain scalar");
        e = read_pair(r, each, ctx);
    }
    if (e == OK)
        e = expect(r, YAML_DOCUMENT_END_EVENT, "text after the mapping");
    return e != OK ? e : expect(r, YAML_STREAM_END_EVENT, "one document a file");
}

enum err yaml_read_flat(struct bytes text,
                        enum err (*each)(void *ctx, const char *key, const char *value), void *ctx,
                        struct why *why)
{
    struct reading r = { .why = why };
    if (text.n > TEXT_MAX)
        return why_set(why, ERR_TOO_BIG, "the file is larger than %d bytes", TEXT_MAX);
    if (!yaml_parser_initialize(&r.parser))
        return why_set(why, ERR_SYSTEM, "no YAML parser can be made");
    yaml_parser_set_input_string(&r.parser, text.p == NULL ? (const uint8_t *)"" : text.p, text.n);
    enum err e = read_document(&r, each, ctx);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return e;
}
