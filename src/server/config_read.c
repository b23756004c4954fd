/* Weakest first: defaults, file, ETCD_*, MUSTER_*, command line. */
#include "server/config_read.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/config_table.h"
#include "server/config_value.h"
#include "wire/yaml_flat.h"

enum { NAME_MAX_BYTES = 128, SOURCE_MAX_BYTES = 512, FILE_MAX_BYTES = 1 << 20 };

/* -- one option ------------------------------------------------------------------------------- */

static void note_given(struct config *c, const struct config_row *row)
{
    c->data_dir_given |= row->offset == offsetof(struct config, data_dir);
    c->etcd_listen_given |= row->offset == offsetof(struct config, etcd_listen);
}

static void note_ignored(struct config *c, struct bytes name)
{
    buf_put_bytes(&c->ignored, name);
    buf_put_u8(&c->ignored, '\n');
}

static enum err unknown(struct bytes name, const char *source, struct why *why)
{
    const char *nearest = config_nearest(name);
    return why_set(why, ERR_INVALID, "%s: there is no option '%.*s'%s%s%s", source, (int)name.n,
                   (const char *)name.p, nearest == NULL ? "" : "; did you mean '",
                   nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'?");
}

/* An option of etcd's that is no row here. *ret_known: it is one. */
static enum err set_other(struct config *c, struct bytes name, const char *value,
                          const char *source, bool *ret_known, struct why *why)
{
    const char *reason;
    bool is_switch;
    enum config_etcd_verdict verdict = config_etcd_option(name, &reason, &is_switch);
    *ret_known = verdict != CONFIG_ETCD_UNKNOWN;
    /* One entry is this member alone; more are a cluster. */
    if (bytes_is(name, "initial-cluster")) {
        *ret_known = true;
        verdict = strchr(value, ',') == NULL ? CONFIG_ETCD_IGNORED : CONFIG_ETCD_REFUSED;
        reason = "it names several members; clusters come in a later version, start one alone";
    }
    bool is_so = bytes_is(name, "tls-min-version") && strcmp(value, "TLS1.2") == 0;
    bool asks_nothing = value[0] == 0 || strcmp(value, "false") == 0 || is_so;
    if (verdict == CONFIG_ETCD_REFUSED && !asks_nothing)
        return why_set(why, ERR_INVALID, "%s is not taken: %s", source, reason);
    if (verdict == CONFIG_ETCD_IGNORED)
        note_ignored(c, name);
    return OK;
}

static enum err set_named(struct config *c, struct bytes name, const char *value,
                          const char *source, struct why *why)
{
    bool etcd, known;
    const struct config_row *row = config_find(name, &etcd);
    if (row != NULL) {
        note_given(c, row);
        return config_set(c, row, value, source, why);
    }
    enum err e = set_other(c, name, value, source, &known, why);
    return e == OK && !known ? unknown(name, source, why) : e;
}

/* -- environment ------------------------------------------------------------------------------ */

/* "ETCD_DATA_DIR=x" -> "data-dir", its value, and "ETCD_DATA_DIR" for the person. */
static const char *split_variable(const char *text, const char *prefix, char *name, char *source)
{
    size_t skip = strlen(prefix), n = strcspn(text, "=");
    if (strncmp(text, prefix, skip) != 0 || text[n] == 0 || text[n + 1] == 0 || n <= skip ||
        n >= NAME_MAX_BYTES)
        return NULL; /* an empty value says nothing, as with etcd */
    for (size_t i = skip; i < n; i++) {
        char c = text[i];
        name[i - skip] = c == '_' ? '-' : (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    name[n - skip] = 0;
    memcpy(source, text, n);
    source[n] = 0;
    return text + n + 1;
}

/* etcd's own variables. What is none of etcd's stays unsaid: Kubernetes makes ETCD_PORT and others
 * of a service called etcd. */
static enum err read_etcd_variable(struct config *c, const char *text, struct why *why)
{
    char name[NAME_MAX_BYTES], source[NAME_MAX_BYTES];
    const char *value = split_variable(text, "ETCD_", name, source);
    bool is_etcds, known;
    if (value == NULL)
        return OK;
    const struct config_row *row = config_find(bytes_str(name), &is_etcds);
    if (row == NULL)
        return set_other(c, bytes_str(name), value, source, &known, why);
    if (!config_is_etcds(row, bytes_str(name)))
        return OK;
    note_given(c, row);
    return config_set(c, row, value, source, why);
}

/* Ours. A near miss is refused; others may be of a service called muster, or the command's. */
static enum err read_own_variable(struct config *c, const char *text, struct why *why)
{
    char name[NAME_MAX_BYTES], source[NAME_MAX_BYTES];
    const char *value = split_variable(text, "MUSTER_", name, source);
    bool is_etcds;
    if (value == NULL)
        return OK;
    const struct config_row *row = config_find(bytes_str(name), &is_etcds);
    if (row == NULL)
        return config_nearest(bytes_str(name)) == NULL ? OK : unknown(bytes_str(name), source, why);
    note_given(c, row);
    return config_set(c, row, value, source, why);
}

static enum err read_environment(struct config *c, char *const *environment, struct why *why)
{
    enum err e = OK;
    for (size_t i = 0; environment[i] != NULL && e == OK; i++)
        e = read_etcd_variable(c, environment[i], why);
    for (size_t i = 0; environment[i] != NULL && e == OK; i++)
        e = read_own_variable(c, environment[i], why);
    return e;
}

static const char *get_env(char *const *environment, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; environment[i] != NULL; i++)
        if (strncmp(environment[i], name, n) == 0 && environment[i][n] == '=' &&
            environment[i][n + 1] != 0)
            return environment[i] + n + 1;
    return NULL;
}

/* -- file ------------------------------------------------------------------------------------- */

struct file_reading {
    struct config *config;
    const char *path;
    bool *seen; /* rows that have stood in the file */
    struct why why;
};

/* etcd's file has sections for its TLS options. */
static struct bytes without_section(const char *key, char *name)
{
    static const struct {
        const char *section, *prefix;
    } sections[] = { { "client-transport-security.", "" },
                     { "peer-transport-security.", "peer-" } };
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        size_t n = strlen(sections[i].section);
        if (strncmp(key, sections[i].section, n) != 0)
            continue;
        snprintf(name, NAME_MAX_BYTES, "%s%s", sections[i].prefix, key + n);
        return bytes_str(name);
    }
    return bytes_str(key);
}

static enum err take_pair(void *ctx, const char *key, const char *value)
{
    struct file_reading *f = ctx;
    char name[NAME_MAX_BYTES], source[SOURCE_MAX_BYTES];
    bool etcd;
    struct bytes flag = without_section(key, name);
    const struct config_row *row = config_find(flag, &etcd);
    snprintf(source, sizeof source, "%s: %s", f->path, key);
    if (row != NULL && f->seen[row - config_rows])
        return why_set(&f->why, ERR_INVALID, "%s stands twice", source);
    if (row != NULL)
        f->seen[row - config_rows] = true;
    return set_named(f->config, flag, value, source, &f->why);
}

static enum err read_file(struct config *c, const char *path, struct why *why)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return why_set(why, ERR_INVALID, "cannot read '%s': %s", path, strerror(errno));
    char *text = arena_alloc(&c->arena, FILE_MAX_BYTES + 1);
    size_t n = fread(text, 1, FILE_MAX_BYTES + 1, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return why_set(why, ERR_INVALID, "cannot read '%s': %s", path, strerror(EIO));
    struct file_reading reading = { .config = c, .path = path };
    reading.seen = arena_zalloc(&c->arena, config_row_n, sizeof *reading.seen);
    struct why form = { 0 };
    if (yaml_read_flat(bytes_of(text, n), take_pair, &reading, &form) == OK)
        return OK;
    if (reading.why.text[0] != 0)
        return why_set(why, ERR_INVALID, "%s", reading.why.text);
    return why_set(why, ERR_INVALID, "%s: %s", path, form.text);
}

/* -- command line ----------------------------------------------------------------------------- */

struct argument {
    struct bytes name;
    const char *value; /* NULL: none given yet */
};

static bool split(const char *text, struct argument *ret)
{
    if (text[0] != '-' || text[1] == 0)
        return false;
    text += text[1] == '-' ? 2 : 1; /* Go's flags take one dash as well */
    const char *equals = strchr(text, '=');
    *ret = (struct argument){
        .name = equals == NULL ? bytes_str(text) : bytes_of(text, (size_t)(equals - text)),
        .value = equals == NULL ? NULL : equals + 1,
    };
    return ret->name.n > 0;
}

static bool is_help(struct bytes name)
{
    return bytes_is(name, "help") || bytes_is(name, "h");
}

/* What an option without "=value" gets: "true" or "" if it may stand alone, else NULL. */
static const char *value_alone(struct bytes name, const char *next)
{
    bool etcd, other = false;
    const char *reason;
    const struct config_row *row = config_find(name, &etcd);
    if (is_help(name))
        return "";
    if (row != NULL)
        return row->kind == CONFIG_BOOL ? "true" : NULL;
    IGNORE(config_etcd_option(name, &reason, &other)); /* only what it says of the form */
    bool experimental = bytes_starts(name, bytes_str("experimental-"));
    return other || (experimental && (next == NULL || next[0] == '-')) ? "true" : NULL;
}

/* Calls EACH with every option; a value may be the next argument. */
static enum err each_argument(int argc, char *const *argv,
                              enum err (*each)(void *ctx, struct bytes name, const char *value),
                              void *ctx, struct why *why)
{
    for (int i = 0; i < argc; i++) {
        struct argument a;
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (!split(argv[i], &a))
            return why_set(why, ERR_INVALID, "'%s' is not an option; options begin with --",
                           argv[i]);
        if (a.value == NULL)
            a.value = value_alone(a.name, next);
        if (a.value == NULL) {
            if (next == NULL && !config_is_known(a.name))
                return unknown(a.name, argv[i], why);
            if (next == NULL)
                return why_set(why, ERR_INVALID, "%s wants a value", argv[i]);
            a.value = argv[++i];
        }
        enum err e = each(ctx, a.name, a.value);
        if (e != OK)
            return e;
    }
    return OK;
}

struct line_reading {
    struct config *config;
    const char *file, **ret_help;
    bool file_is_etcds;
    struct why *why;
};

static enum err find_file(void *ctx, struct bytes name, const char *value)
{
    struct line_reading *l = ctx;
    if (is_help(name))
        *l->ret_help = value[0] == 0 ? "text" : value;
    if (bytes_is(name, "config") || bytes_is(name, "config-file")) {
        l->file = value;
        l->file_is_etcds = bytes_is(name, "config-file");
    }
    return OK;
}

static enum err take_argument(void *ctx, struct bytes name, const char *value)
{
    struct line_reading *l = ctx;
    char source[NAME_MAX_BYTES];
    snprintf(source, sizeof source, "--%.*s", (int)name.n, (const char *)name.p);
    return set_named(l->config, name, value, source, l->why);
}

/* -- all of it -------------------------------------------------------------------------------- */

static void set_defaults(struct config *c)
{
    struct why why = { 0 };
    for (size_t i = 0; i < config_row_n; i++) {
        struct bytes initial = config_default(&config_rows[i]);
        enum err e = config_set(c, &config_rows[i], arena_str(&c->arena, initial), "default", &why);
        assert(e == OK); /* ours; a test reads every one */
    }
}

static void find_file_variable(struct line_reading *l, char *const *environment)
{
    if (l->file == NULL)
        l->file = get_env(environment, "MUSTER_CONFIG");
    if (l->file != NULL)
        return;
    l->file = get_env(environment, "ETCD_CONFIG_FILE");
    l->file_is_etcds = l->file != NULL;
}

enum err config_read(int argc, char *const *argv, char *const *environment, struct config *ret,
                     const char **ret_help, struct why *why)
{
    *ret = (struct config){ 0 };
    arena_init(&ret->arena, 0);
    buf_init(&ret->ignored, 1 << 20);
    *ret_help = NULL;
    struct line_reading line = { .config = ret, .ret_help = ret_help, .why = why };
    set_defaults(ret);
    enum err e = each_argument(argc, argv, find_file, &line, why);
    if (e != OK || *ret_help != NULL)
        return e;
    find_file_variable(&line, environment);
    if (line.file != NULL)
        e = read_file(ret, line.file, why);
    /* As etcd has it: with its --config-file neither flags nor environment count. */
    if (e != OK || (line.file != NULL && line.file_is_etcds))
        return e;
    e = read_environment(ret, environment, why);
    return e != OK ? e : each_argument(argc, argv, take_argument, &line, why);
}

void config_free(struct config *c)
{
    arena_fini(&c->arena);
    buf_fini(&c->ignored);
}
