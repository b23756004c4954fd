/* Every key is looked up by its whole path; nothing is guessed. */
#include "server/agent_read.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/agent_file.h"
#include "server/agent_keys.h"
#include "server/config_table.h"

enum { PATH_MAX_BYTES = 128, DEFINITIONS_MAX = 100000 };

struct reading {
    struct agent_config *config;
    struct arena *arena;
    const char *source; /* file or flag */
    struct why *why;
    size_t definition_room, own_room;
};

/* -- one value -------------------------------------------------------------------------------- */

/* True if nothing is asked for by it. */
static bool asks_nothing(const char *text)
{
    return text[0] == 0 || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ||
           strcmp(text, "1") == 0;
}

static enum err set_text(struct reading *r, size_t at, const char *text)
{
    const struct agent_key *key = &agent_keys[at];
    const char **value = &r->config->values[at];
    if (key->use == AGENT_REFUSED && !asks_nothing(text))
        return why_set(r->why, ERR_INVALID, "%s: %s is not taken: %s", r->source, key->path,
                       key->note);
    if (key->kind == AGENT_BOOL && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return why_set(r->why, ERR_INVALID, "%s: %s is true or false, not '%s'", r->source,
                       key->path, text);
    if (key->kind == AGENT_LIST && *value != NULL && (*value)[0] != 0)
        *value = arena_printf(r->arena, "%s,%s", *value, text);
    else
        *value = text;
    return OK;
}

static enum err wrong_kind(struct reading *r, const struct hcl_node *node, const char *path,
                           const char *wanted)
{
    return why_set(r->why, ERR_INVALID, "%s: at %u:%u: %s must be %s", r->source, node->line,
                   node->column, path, wanted);
}

static enum err take_scalar(struct reading *r, size_t at, const struct hcl_node *node)
{
    const char *path = agent_keys[at].path;
    switch (node->kind) {
    case HCL_NULL:
        return OK;
    case HCL_BOOL:
        return set_text(r, at, node->truth ? "true" : "false");
    case HCL_NUMBER:
    case HCL_STRING:
        return set_text(r, at, arena_str(r->arena, node->text));
    case HCL_LIST:
    case HCL_OBJECT:
        break;
    }
    return wrong_kind(r, node, path,
                      agent_keys[at].kind == AGENT_LIST ? "a list of strings" : "a single value");
}

static enum err take_list(struct reading *r, size_t at, const struct hcl_node *node)
{
    enum err e = OK;
    if (node->kind != HCL_LIST)
        return take_scalar(r, at, node);
    for (const struct hcl_node *n = node->first; n != NULL && e == OK; n = n->next)
        e = take_scalar(r, at, n);
    return e;
}

static bool is_empty_tree(const struct hcl_node *node)
{
    return node->kind == HCL_NULL ||
           ((node->kind == HCL_LIST || node->kind == HCL_OBJECT) && node->first == NULL);
}

static enum err take_tree(struct reading *r, size_t at, const struct hcl_node *node)
{
    const struct agent_key *key = &agent_keys[at];
    if (key->use == AGENT_REFUSED && !is_empty_tree(node))
        return why_set(r->why, ERR_INVALID, "%s: at %u:%u: %s is not taken: %s", r->source,
                       node->line, node->column, key->path, key->note);
    r->config->trees[at] = node;
    if (r->config->values[at] == NULL)
        r->config->values[at] = "";
    return OK;
}

/* -- definitions ------------------------------------------------------------------------------ */

static void add_definition(struct reading *r, const char *key, const struct hcl_node *node)
{
    struct agent_config *c = r->config;
    if (c->definition_n == r->definition_room) {
        r->definition_room = r->definition_room == 0 ? 16 : 2 * r->definition_room;
        struct agent_definition *more = arena_zalloc(r->arena, r->definition_room, sizeof *more);
        if (c->definition_n > 0)
            memcpy(more, c->definitions, c->definition_n * sizeof *more);
        c->definitions = more;
    }
    c->definitions[c->definition_n++] =
        (struct agent_definition){ .key = key, .node = node, .file = r->source };
}

static enum err take_definitions(struct reading *r, size_t at, const struct hcl_node *node)
{
    const char *key = agent_keys[at].path;
    if (node->kind == HCL_OBJECT && r->config->definition_n < DEFINITIONS_MAX) {
        add_definition(r, key, node);
        return OK;
    }
    if (node->kind != HCL_LIST)
        return wrong_kind(r, node, key, "an object, or a list of them");
    enum err e = OK;
    for (const struct hcl_node *n = node->first; n != NULL && e == OK; n = n->next)
        e = n->kind == HCL_OBJECT ? take_definitions(r, at, n)
                                  : wrong_kind(r, n, key, "an object, or a list of them");
    return e;
}

/* -- files ------------------------------------------------------------------------------------ */

static enum err take_member(struct reading *r, const char *path, const struct hcl_node *node);

static enum err take_members(struct reading *r, const char *path, const struct hcl_node *object)
{
    enum err e = OK;
    for (const struct hcl_node *n = object->first; n != NULL && e == OK; n = n->next) {
        char whole[PATH_MAX_BYTES];
        int length = snprintf(whole, sizeof whole, "%s%s%.*s", path, path[0] == 0 ? "" : ".",
                              (int)n->name.n, (const char *)n->name.p);
        if (length < 0 || (size_t)length >= sizeof whole)
            return why_set(r->why, ERR_INVALID, "%s: at %u:%u: invalid config key", r->source,
                           n->line, n->column);
        e = take_member(r, whole, n);
    }
    return e;
}

/* HCL's blocks may stand in a list. */
static enum err take_object(struct reading *r, const char *path, const struct hcl_node *node)
{
    enum err e = OK;
    if (node->kind == HCL_OBJECT)
        return take_members(r, path, node);
    if (node->kind == HCL_NULL)
        return OK;
    if (node->kind != HCL_LIST)
        return wrong_kind(r, node, path, "an object");
    for (const struct hcl_node *n = node->first; n != NULL && e == OK; n = n->next)
        e = n->kind == HCL_OBJECT ? take_members(r, path, n) : wrong_kind(r, n, path, "an object");
    return e;
}

static enum err take_member(struct reading *r, const char *path, const struct hcl_node *node)
{
    size_t at = agent_key_find(bytes_str(path));
    if (at == agent_key_n && agent_key_is_object(bytes_str(path)))
        return take_object(r, path, node);
    if (at == agent_key_n) {
        const char *nearest = agent_key_nearest(bytes_str(path));
        return why_set(r->why, ERR_INVALID, "%s: at %u:%u: invalid config key %s%s%s%s", r->source,
                       node->line, node->column, path, nearest == NULL ? "" : "; did you mean ",
                       nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
    }
    if (agent_keys[at].use == AGENT_DEFINES)
        return take_definitions(r, at, node);
    switch (agent_keys[at].kind) {
    case AGENT_TREE:
        return take_tree(r, at, node);
    case AGENT_LIST:
        return take_list(r, at, node);
    case AGENT_TEXT:
    case AGENT_BOOL:
        break;
    }
    return take_scalar(r, at, node);
}

static enum err take_text(void *ctx, const char *file, struct bytes text)
{
    struct reading *r = ctx;
    const struct hcl_node *root;
    struct why why = { 0 };
    enum err e = hcl_parse(text, r->arena, &root, &why);
    if (e != OK)
        return why_set(r->why, ERR_INVALID, "%s: %s", file, why.text);
    r->source = file;
    return take_members(r, "", root);
}

/* What Consul's container image puts into a file before it starts the agent. */
static enum err take_environment(struct reading *r)
{
    static const char name[] = "CONSUL_LOCAL_CONFIG";
    const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe): there is one thread yet */
    return text == NULL || text[0] == 0 ? OK : take_text(r, name, bytes_str(text));
}

/* -- the command line ------------------------------------------------------------------------- */

struct flag {
    struct bytes name;
    const char *value; /* NULL: none given with it */
};

static bool split(const char *text, struct flag *ret)
{
    size_t dashes = text[0] != '-' ? 0 : text[1] == '-' ? 2 : 1;
    const char *name = text + dashes, *equals = strchr(name, '=');
    *ret = (struct flag){ .name = equals == NULL ? bytes_str(name)
                                                 : bytes_of(name, (size_t)(equals - name)),
                          .value = equals == NULL ? NULL : equals + 1 };
    return dashes > 0 && ret->name.n > 0;
}

static bool is_switch(struct bytes name)
{
    bool etcd;
    size_t at = agent_flag_find(name);
    if (at < agent_key_n)
        return agent_keys[at].kind == AGENT_BOOL;
    const struct config_row *row = config_find(name, &etcd);
    return bytes_is(name, "dev") || bytes_is(name, "help") || bytes_is(name, "h") ||
           (row != NULL && row->kind == CONFIG_BOOL);
}

static enum err unknown(struct bytes name, struct why *why)
{
    const char *nearest = agent_flag_nearest(name);
    return why_set(why, ERR_INVALID, "there is no flag -%.*s%s%s%s", (int)name.n,
                   (const char *)name.p, nearest == NULL ? "" : "; did you mean -",
                   nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}

static enum err each_flag(int argc, char *const *argv,
                          enum err (*each)(void *ctx, struct bytes name, const char *value),
                          struct reading *r)
{
    for (int i = 0; i < argc; i++) {
        struct flag f;
        if (!split(argv[i], &f))
            return why_set(r->why, ERR_INVALID, "'%s' is not a flag; flags begin with -", argv[i]);
        if (f.value == NULL && is_switch(f.name))
            f.value = "true";
        if (f.value == NULL && i + 1 == argc)
            return why_set(r->why, ERR_INVALID, "%s wants a value", argv[i]);
        if (f.value == NULL)
            f.value = argv[++i];
        enum err e = each(r, f.name, f.value);
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err take_file_flag(void *ctx, struct bytes name, const char *value)
{
    struct reading *r = ctx;
    size_t format = agent_key_find(bytes_str("config_format"));
    if (bytes_is(name, "help") || bytes_is(name, "h"))
        r->config->wants_help = true;
    if (bytes_is(name, "config-format"))
        r->config->values[format] = value;
    bool any = r->config->values[format] != NULL;
    struct agent_files files = {
        .arena = r->arena, .any_name = any, .take = take_text, .ctx = r, .why = r->why
    };
    if (bytes_is(name, "config-file"))
        return agent_file_read(&files, value);
    if (bytes_is(name, "config-dir"))
        return agent_dir_read(&files, value);
    return OK;
}

static void take_own(struct reading *r, struct bytes name, const char *value)
{
    struct agent_config *c = r->config;
    assert(c->own_n < r->own_room); /* as many as there are arguments */
    c->own[c->own_n++] =
        arena_printf(r->arena, "--%.*s=%s", (int)name.n, (const char *)name.p, value);
}

static enum err take_flag(void *ctx, struct bytes name, const char *value)
{
    struct reading *r = ctx;
    bool etcd;
    size_t at = agent_flag_find(name);
    if (bytes_is(name, "config-file") || bytes_is(name, "config-dir") ||
        bytes_is(name, "config-format") || bytes_is(name, "help") || bytes_is(name, "h"))
        return OK;
    if (bytes_is(name, "dev")) {
        r->config->dev = strcmp(value, "false") != 0;
        return OK;
    }
    if (bytes_is(name, "hcl"))
        return take_text(r, "-hcl", bytes_str(value));
    r->source = arena_printf(r->arena, "-%.*s", (int)name.n, (const char *)name.p);
    if (at < agent_key_n && agent_keys[at].kind == AGENT_TREE) {
        const char **all = &r->config->values[at]; /* as many times as it is given */
        *all =
            *all == NULL || (*all)[0] == 0 ? value : arena_printf(r->arena, "%s,%s", *all, value);
        return OK;
    }
    if (at < agent_key_n)
        return set_text(r, at, value);
    if (config_find(name, &etcd) == NULL || etcd)
        return unknown(name, r->why);
    take_own(r, name, value);
    return OK;
}

enum err agent_read(int argc, char *const *argv, struct arena *arena, struct agent_config *ret,
                    struct why *why)
{
    *ret = (struct agent_config){ 0 };
    ret->values = arena_zalloc(arena, agent_key_n, sizeof *ret->values);
    ret->trees = arena_zalloc(arena, agent_key_n, sizeof *ret->trees);
    ret->own = arena_zalloc(arena, (size_t)argc + 1, sizeof *ret->own);
    struct reading r = {
        .config = ret, .arena = arena, .why = why, .source = "", .own_room = (size_t)argc + 1
    };
    enum err e = take_environment(&r);
    if (e == OK)
        e = each_flag(argc, argv, take_file_flag, &r);
    return e != OK || ret->wants_help ? e : each_flag(argc, argv, take_flag, &r);
}

/* -- asking ----------------------------------------------------------------------------------- */

static size_t place(const char *key)
{
    size_t at = agent_key_find(bytes_str(key));
    assert(at < agent_key_n); /* the callers' own words */
    return at;
}

const char *agent_value(const struct agent_config *a, const char *key)
{
    const char *value = a->values[place(key)];
    return value == NULL || value[0] == 0 ? NULL : value;
}

const struct hcl_node *agent_tree(const struct agent_config *a, const char *key)
{
    return a->trees[place(key)];
}

bool agent_is_on(const struct agent_config *a, const char *key)
{
    const char *value = agent_value(a, key);
    return value != NULL && strcmp(value, "true") == 0;
}
