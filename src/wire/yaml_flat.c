/* libyaml's events in the one order that a flat mapping has. The recursion is two deep at most. */
#include "wire/yaml_flat.h"

#include <string.h>
#include <yaml.h>

#include "base/buf.h"

enum { TEXT_MAX = 1 << 20, VALUE_MAX = 64 * 1024 };

struct reading {
    yaml_parser_t parser;
    yaml_event_t event;
    enum err (*each)(void *ctx, const char *key, const char *value);
    void *ctx;
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

/* Text that can be handed on as a C string. */
static enum err end_text(struct reading *r, struct buf *text)
{
    if (text->n > 0 && memchr(text->p, 0, text->n) != NULL)
        return refuse(r, "a text with a NUL in it");
    buf_put_u8(text, 0);
    return buf_err(text) == OK ? OK : refuse(r, "a name or value is too long");
}

/* The scalars of a sequence that has begun, joined by commas. */
static enum err read_sequence(struct reading *r, struct buf *value)
{
    for (bool first = true;; first = false) {
        enum err e = next(r);
        if (e != OK || r->event.type == YAML_SEQUENCE_END_EVENT)
            return e;
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, "a list holds scalars only");
        if (!first)
            buf_put_u8(value, ',');
        put_scalar(value, &r->event);
    }
}

/* The event of a value that is no mapping, under the name in KEY. */
static enum err read_value(struct reading *r, struct buf *key)
{
    struct buf value;
    enum err e = OK;
    buf_init(&value, VALUE_MAX);
    if (r->event.type == YAML_SCALAR_EVENT)
        put_scalar(&value, &r->event);
    else if (r->event.type == YAML_SEQUENCE_START_EVENT)
        e = read_sequence(r, &value);
    else
        e = refuse(r, "a value is a scalar, a list of scalars or one level of names");
    if (e == OK)
        e = end_text(r, key);
    if (e == OK)
        e = end_text(r, &value);
    if (e == OK)
        e = r->each(r->ctx, (const char *)key->p, (const char *)value.p);
    buf_fini(&value);
    return e;
}

static enum err read_mapping(struct reading *r, const struct buf *section);

/* The name in R->event and what it stands for. SECTION: NULL at the outermost level. */
static enum err read_pair(struct reading *r, const struct buf *section)
{
    struct buf key;
    buf_init(&key, VALUE_MAX);
    if (section != NULL) {
        buf_put_bytes(&key, buf_bytes(section));
        buf_put_u8(&key, '.');
    }
    put_scalar(&key, &r->event);
    enum err e = next(r);
    if (e == OK && r->event.type == YAML_MAPPING_START_EVENT && section == NULL)
        e = read_mapping(r, &key);
    else if (e == OK)
        e = read_value(r, &key);
    buf_fini(&key);
    return e;
}

/* The pairs of a mapping that has begun, and its end. */
static enum err read_mapping(struct reading *r, const struct buf *section)
{
    for (;;) {
        enum err e = next(r);
        if (e != OK || r->event.type == YAML_MAPPING_END_EVENT)
            return e;
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse(r, "a name must be a plain scalar");
        e = read_pair(r, section);
        if (e != OK)
            return e;
    }
}

static enum err read_document(struct reading *r)
{
    enum err e = expect(r, YAML_STREAM_START_EVENT, "no YAML stream");
    if (e == OK)
        e = next(r);
    if (e != OK || r->event.type == YAML_STREAM_END_EVENT)
        return e; /* an empty file */
    e = next(r);  /* after the document's start, which libyaml always tells */
    if (e != OK)
        return e;
    bool is_empty = r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0;
    if (!is_empty && r->event.type != YAML_MAPPING_START_EVENT)
        return refuse(r, "the file must be a mapping of names to values");
    if (!is_empty)
        e = read_mapping(r, NULL);
    if (e == OK)
        e = expect(r, YAML_DOCUMENT_END_EVENT, "text after the mapping");
    return e != OK ? e : expect(r, YAML_STREAM_END_EVENT, "one document a file");
}

enum err yaml_read_flat(struct bytes text,
                        enum err (*each)(void *ctx, const char *key, const char *value), void *ctx,
                        struct why *why)
{
    struct reading r = { .each = each, .ctx = ctx, .why = why };
    if (text.n > TEXT_MAX)
        return why_set(why, ERR_TOO_BIG, "the file is larger than %d bytes", TEXT_MAX);
    if (!yaml_parser_initialize(&r.parser))
        return why_set(why, ERR_SYSTEM, "no YAML parser can be made");
    yaml_parser_set_input_string(&r.parser, text.p == NULL ? (const uint8_t *)"" : text.p, text.n);
    enum err e = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return e;
}
