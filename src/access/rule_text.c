/* From the tree of wire/hcl to rules. The text is walked by the table of words, so what stands in
 * it under another word is not seen. */
#include "access/rule_text.h"

#include "wire/hcl.h"

struct word {
    const char *text;
    enum access_kind kind;
    enum access_match match;
};

static const struct word blocks[] = {
    { "agent", ACCESS_AGENT, ACCESS_EXACT },
    { "agent_prefix", ACCESS_AGENT, ACCESS_PREFIX },
    { "event", ACCESS_EVENT, ACCESS_EXACT },
    { "event_prefix", ACCESS_EVENT, ACCESS_PREFIX },
    { "key", ACCESS_KEY, ACCESS_EXACT },
    { "key_prefix", ACCESS_KEY, ACCESS_PREFIX },
    { "node", ACCESS_NODE, ACCESS_EXACT },
    { "node_prefix", ACCESS_NODE, ACCESS_PREFIX },
    { "query", ACCESS_QUERY, ACCESS_EXACT },
    { "query_prefix", ACCESS_QUERY, ACCESS_PREFIX },
    { "service", ACCESS_SERVICE, ACCESS_EXACT },
    { "service_prefix", ACCESS_SERVICE, ACCESS_PREFIX },
    { "session", ACCESS_SESSION, ACCESS_EXACT },
    { "session_prefix", ACCESS_SESSION, ACCESS_PREFIX },
};

static const struct word values[] = {
    { "acl", ACCESS_ACL, ACCESS_EXACT },         { "keyring", ACCESS_KEYRING, ACCESS_EXACT },
    { "mesh", ACCESS_MESH, ACCESS_EXACT },       { "operator", ACCESS_OPERATOR, ACCESS_EXACT },
    { "peering", ACCESS_PEERING, ACCESS_EXACT },
};

struct reading {
    struct access_rules *out;
    struct bytes source;
    struct why *why;
};

/* -- failures ------------------------------------------------------------------------------------
 */

static enum err fail(const struct reading *r, const struct hcl_node *at, const char *what)
{
    why_set(r->why, ERR_MALFORMED, "Failed to parse ACL rules: At %u:%u: %s", at->line, at->column,
            what);
    return ERR_MALFORMED;
}

/* LEVEL: NULL if there is none. */
static enum err fail_level(const struct reading *r, const struct word *word, const char *what,
                           const struct hcl_node *level, const struct hcl_node *at)
{
    enum { SHOWN = 64 };
    struct bytes text = level == NULL ? (struct bytes){ 0 } : level->text;
    return why_set(r->why, ERR_INVALID, "Invalid %s %s: \"%.*s\" at %u:%u", word->text, what,
                   (int)(text.n > SHOWN ? SHOWN : text.n), (const char *)text.p, at->line,
                   at->column);
}

/* -- levels --------------------------------------------------------------------------------------
 */

static bool level_of(struct bytes text, enum access_kind kind, unsigned *ret)
{
    static const struct {
        const char *text;
        unsigned grants;
    } levels[] = {
        { "deny", ACCESS_GRANT_DENY },
        { "read", ACCESS_GRANT_READ },
        { "write", ACCESS_GRANT_WRITE },
        { "list", ACCESS_GRANT_LIST }, /* keys only */
    };
    size_t n = ARRAY_LEN(levels) - (kind == ACCESS_KEY ? 0 : 1);
    for (size_t i = 0; i < n; i++)
        if (bytes_is(text, levels[i].text)) {
            *ret = levels[i].grants;
            return true;
        }
    return false;
}

/* The only value of NAME in OBJECT; NULL if there is none. */
static enum err only_value(const struct reading *r, const struct hcl_node *object, const char *name,
                           const struct hcl_node **ret)
{
    struct hcl_cursor cursor;
    hcl_cursor_init(&cursor, object, name);
    const struct hcl_node *value = hcl_cursor_next(&cursor);
    const struct hcl_node *second = value == NULL ? NULL : hcl_cursor_next(&cursor);
    if (second != NULL)
        return fail(r, second, "this was set already");
    if (value != NULL && value->name.n == 0) /* an element of a list */
        return fail(r, value, "a level is one text");
    *ret = value;
    return OK;
}

static bool has_level(const struct hcl_node *node, enum access_kind kind, unsigned *ret)
{
    return node != NULL && node->kind == HCL_STRING && level_of(node->text, kind, ret);
}

/* -- rules ---------------------------------------------------------------------------------------
 */

/* What a service's rule says, or implies, about who may speak with it. */
static enum err add_intentions(const struct reading *r, const struct word *word,
                               const struct hcl_node *block, struct access_rule rule)
{
    const struct hcl_node *level;
    enum err e = only_value(r, block, "intentions", &level);
    if (e != OK)
        return e;
    rule.is_implied = level == NULL || (level->kind == HCL_STRING && level->text.n == 0);
    rule.kind = ACCESS_INTENTION;
    if (rule.is_implied)
        rule.grants &= ACCESS_GRANT_READ;
    else if (!has_level(level, rule.kind, &rule.grants))
        return fail_level(r, word, "intentions", level, level);
    access_rules_add(r->out, &rule);
    return OK;
}

static enum err read_block(const struct reading *r, const struct word *word, struct bytes name,
                           const struct hcl_node *block)
{
    const struct hcl_node *level;
    struct access_rule rule = {
        .kind = word->kind, .match = word->match, .name = name, .source = r->source
    };
    if (block->kind != HCL_OBJECT)
        return fail(r, block, "a rule is a name and a block");
    enum err e = only_value(r, block, "policy", &level);
    if (e != OK)
        return e;
    if (!has_level(level, word->kind, &rule.grants))
        return fail_level(r, word, "policy", level, level == NULL ? block : level);
    access_rules_add(r->out, &rule);
    return word->kind == ACCESS_SERVICE ? add_intentions(r, word, block, rule) : OK;
}

/* The names under a word: members of an object, each a block or a list of them. */
static enum err read_names(const struct reading *r, const struct word *word,
                           const struct hcl_node *names)
{
    enum err e = OK;
    if (names->kind != HCL_OBJECT)
        return fail(r, names, "a rule is a name and a block");
    for (const struct hcl_node *n = names->first; n != NULL && e == OK; n = n->next) {
        if (n->kind != HCL_LIST) {
            e = read_block(r, word, n->name, n);
            continue;
        }
        for (const struct hcl_node *b = n->first; b != NULL && e == OK; b = b->next)
            e = read_block(r, word, n->name, b);
    }
    return e;
}

static enum err read_blocks(const struct reading *r, const struct hcl_node *root)
{
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        struct hcl_cursor cursor;
        const struct hcl_node *names;
        hcl_cursor_init(&cursor, root, blocks[i].text);
        while ((names = hcl_cursor_next(&cursor)) != NULL) {
            enum err e = read_names(r, &blocks[i], names);
            if (e != OK)
                return e;
        }
    }
    return OK;
}

static enum err read_values(const struct reading *r, const struct hcl_node *root)
{
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        const struct hcl_node *level;
        struct access_rule rule = { .kind = values[i].kind, .source = r->source };
        enum err e = only_value(r, root, values[i].text, &level);
        if (e != OK)
            return e;
        if (level == NULL || (level->kind == HCL_STRING && level->text.n == 0))
            continue;
        if (!has_level(level, rule.kind, &rule.grants))
            return fail_level(r, &values[i], "policy", level, level);
        access_rules_add(r->out, &rule);
    }
    return OK;
}

enum err rule_text_read(struct bytes text, struct bytes source, struct access_rules *out,
                        struct why *why)
{
    struct reading r = { .out = out, .source = source, .why = why };
    struct arena arena;
    struct why where = { 0 };
    const struct hcl_node *root;
    size_t before = out->n;
    arena_init(&arena, 0);
    enum err e = hcl_parse(text, &arena, &root, &where);
    if (e != OK)
        (void)why_set(why, e, "Failed to parse ACL rules: %s", where.text);
    if (e == OK)
        e = read_blocks(&r, root);
    if (e == OK)
        e = read_values(&r, root);
    if (e != OK)
        out->n = before;
    arena_fini(&arena);
    return e;
}
