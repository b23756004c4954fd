/* Templates: ${name.full}, ${name.prefix}, ${name.suffix}, ${match(N)} and ${agent.segment} in what
 * a query says of its service. */
#include "catalog/prepared_render.h"

#include "base/compiler.h"
#include "base/text.h"
#include "wire/regex.h"

enum { RENDERED_MAX = 64 * 1024, GROUPS_MAX = 32 };

struct rendering {
    const struct prepared *from;
    struct bytes name;
    struct bytes groups[GROUPS_MAX]; /* of the regular expression; 0 is all it matched */
    size_t group_n;
    struct arena *arena;
    struct why *why;
};

/* -- expressions --------------------------------------------------------------------------------
 */

static struct bytes trim(struct bytes text)
{
    while (text.n > 0 && text.p[0] == ' ')
        text = bytes_skip(text, 1);
    while (text.n > 0 && text.p[text.n - 1] == ' ')
        text.n--;
    return text;
}

/* "match(3)" */
static bool is_match(struct bytes expression, uint64_t *ret)
{
    static const char before[] = "match(";
    size_t n = strlen(before);
    if (expression.n < n + 2 || memcmp(expression.p, before, n) != 0 ||
        expression.p[expression.n - 1] != ')')
        return false;
    return text_u64(trim(bytes_of(expression.p + n, expression.n - n - 1)), ret);
}

static bool evaluate(const struct rendering *r, struct bytes expression, struct bytes *ret)
{
    uint64_t group;
    struct bytes prefix = r->from->name;
    *ret = bytes_str("");
    if (bytes_is(expression, "name.full"))
        *ret = r->name;
    else if (bytes_is(expression, "name.prefix"))
        *ret = bytes_of(r->name.p, prefix.n < r->name.n ? prefix.n : r->name.n);
    else if (bytes_is(expression, "name.suffix"))
        *ret = bytes_skip(r->name, prefix.n);
    else if (is_match(expression, &group))
        *ret = group < r->group_n ? r->groups[group] : bytes_str("");
    else
        return bytes_is(expression, "agent.segment");
    return true;
}

static enum err refuse(const struct rendering *r, struct bytes text)
{
    return why_set(r->why, ERR_INVALID, "Bad format '%.*s'", (int)(text.n < 200 ? text.n : 200),
                   (const char *)text.p);
}

static enum err put_rendered(struct rendering *r, struct bytes text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        bool opens = i + 1 < text.n && text.p[i] == '$' && text.p[i + 1] == '{';
        bool is_escaped =
            i + 2 < text.n && text.p[i] == '$' && text.p[i + 1] == '$' && text.p[i + 2] == '{';
        if (is_escaped) {
            buf_put_str(out, "${");
            i += 2;
        } else if (!opens) {
            buf_put_u8(out, text.p[i]);
        } else {
            struct bytes value, rest = bytes_skip(text, i + 2);
            const uint8_t *end = rest.n == 0 ? NULL : memchr(rest.p, '}', rest.n);
            if (end == NULL || !evaluate(r, trim(bytes_of(rest.p, (size_t)(end - rest.p))), &value))
                return refuse(r, text);
            buf_put_bytes(out, value);
            i += 2 + (size_t)(end - rest.p);
        }
    }
    return buf_err(out) == OK ? OK : why_set(r->why, ERR_INVALID, "the result is too long");
}

static enum err render(struct rendering *r, struct bytes *text)
{
    struct buf out;
    if (text->n == 0 || memchr(text->p, '$', text->n) == NULL)
        return OK;
    buf_init(&out, RENDERED_MAX);
    enum err e = put_rendered(r, *text, &out);
    if (e == OK)
        *text = arena_dup(r->arena, buf_bytes(&out));
    buf_fini(&out);
    return e;
}

/* -- all of a service ---------------------------------------------------------------------------
 */

static enum err render_texts(struct rendering *r, struct json_texts *texts)
{
    enum err e = OK;
    struct json_texts copy = { .n = texts->n };
    if (texts->n == 0)
        return OK;
    copy.all = arena_zalloc(r->arena, texts->n, sizeof *copy.all);
    for (size_t i = 0; e == OK && i < texts->n; i++) {
        copy.all[i] = texts->all[i];
        e = render(r, &copy.all[i]);
    }
    *texts = copy;
    return e;
}

static enum err render_pairs(struct rendering *r, struct json_pairs *pairs)
{
    enum err e = OK;
    struct json_pairs copy = { .n = pairs->n };
    if (pairs->n == 0)
        return OK;
    copy.all = arena_zalloc(r->arena, pairs->n, sizeof *copy.all);
    for (size_t i = 0; e == OK && i < pairs->n; i++) {
        copy.all[i] = pairs->all[i];
        e = render(r, &copy.all[i].value);
    }
    *pairs = copy;
    return e;
}

static void drop_empty(struct json_texts *texts)
{
    size_t n = 0;
    for (size_t i = 0; i < texts->n; i++)
        if (texts->all[i].n > 0)
            texts->all[n++] = texts->all[i];
    texts->n = n;
}

static enum err render_service(struct rendering *r, struct prepared *into)
{
    struct prepared_service *s = &into->service;
    struct bytes *texts[] = { &s->service, &s->near, &s->peer, &s->sameness_group };
    struct json_texts *lists[] = { &s->tags, &s->ignored_checks, &s->failover.datacenters };
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(texts); i++)
        e = render(r, texts[i]);
    for (size_t i = 0; e == OK && i < ARRAY_LEN(lists); i++)
        e = render_texts(r, lists[i]);
    if (e == OK)
        e = render_pairs(r, &s->node_meta);
    if (e == OK)
        e = render_pairs(r, &s->service_meta);
    if (e == OK && into->template.remove_empty_tags && s->tags.n > 0)
        drop_empty(&s->tags);
    return e;
}

static enum err match_name(struct rendering *r)
{
    struct regex *regex;
    struct why why = { "" };
    if (r->from->template.regexp.n == 0)
        return OK;
    if (regex_compile_groups(r->from->template.regexp, r->arena, &regex, &why) != OK)
        return why_set(r->why, ERR_INVALID, "Bad Regexp: %.400s", why.text);
    if (regex_groups(regex, r->name, r->arena, r->groups, GROUPS_MAX, &r->group_n) != OK)
        return why_set(r->why, ERR_INVALID, "Regexp takes too many steps");
    return OK;
}

enum err prepared_render(const struct prepared *p, struct bytes name, struct arena *arena,
                         struct prepared *ret, struct why *why)
{
    struct rendering r = { .from = p, .name = name, .arena = arena, .why = why };
    struct prepared rendered = *p;
    if (!prepared_is_template(p)) {
        *ret = rendered;
        return OK;
    }
    enum err e = match_name(&r);
    if (e == OK)
        e = render_service(&r, &rendered);
    if (e == OK)
        *ret = rendered;
    return e;
}
