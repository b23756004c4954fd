/* Options from the command line, the environment and a file, weakest first. */
#include "server/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "server/config_table.h"
#include "wire/duration.h"
#include "wire/yaml_flat.h"

enum { NAME_MAX_BYTES = 128, FILE_MAX_BYTES = 1 << 20 };

/* -- one value -------------------------------------------------------------------------------- */

static void *field_of(struct config *c, const struct config_row *row)
{
    return (char *)c + row->offset;
}

static bool parse_bool(struct bytes text, bool *ret)
{
    *ret = bytes_is(text, "true") || bytes_is(text, "1") || bytes_is(text, "yes");
    return *ret || bytes_is(text, "false") || bytes_is(text, "0") || bytes_is(text, "no") ||
           text.n == 0;
}

static bool parse_bytes(struct bytes text, uint64_t *ret)
{
    static const struct {
        const char *suffix;
        unsigned shift;
    } units[] = {
        { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 }, { "K", 10 }, { "M", 20 }, { "G", 30 }
    };
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        size_t n = strlen(units[i].suffix);
        if (text.n <= n || memcmp(text.p + text.n - n, units[i].suffix, n) != 0)
            continue;
        uint64_t v;
        if (!text_u64(bytes_of(text.p, text.n - n), &v) || v > UINT64_MAX >> units[i].shift)
            return false;
        *ret = v << units[i].shift;
        return true;
    }
    return text_u64(text, ret);
}

static bool parse_number(const struct config_row *row, struct bytes text, uint64_t *ret)
{
    int64_t ns;
    switch (row->kind) {
    case CONFIG_NUMBER:
        return text_u64(text, ret);
    case CONFIG_BYTES:
        return parse_bytes(text, ret);
    case CONFIG_DURATION:
        if (duration_parse(text, &ns) != OK || ns < 0)
            return false;
        *ret = (uint64_t)ns / 1000000;
        return true;
    case CONFIG_TEXT:
    case CONFIG_BOOL:
        break;
    }
    return false;
}

static const char *const kind_wants[] = {
    [CONFIG_TEXT] = "a text",
    [CONFIG_BOOL] = "true or false",
    [CONFIG_NUMBER] = "a number",
    [CONFIG_BYTES] = "a number of bytes, such as 1572864 or 64M",
    [CONFIG_DURATION] = "a duration, such as 10m or 500ms",
};

/* SOURCE says where it stands, for the person: "--name", "ETCD_NAME", "muster.yaml". */
static enum err set_value(struct config *c, const struct config_row *row, const char *text,
                          const char *source, struct why *why)
{
    struct bytes value = bytes_str(text);
    void *field = field_of(c, row);
    if (row->kind == CONFIG_TEXT) {
        *(const char **)field = arena_str(&c->arena, value);
        return OK;
    }
    if (row->kind == CONFIG_BOOL) {
        if (!parse_bool(value, field))
            return why_set(why, ERR_INVALID, "%s: '%s' is not true or false", source, text);
        return OK;
    }
    uint64_t number;
    /* etcd: a negative quota means none. */
    if (strcmp(row->flag, "quota-backend-bytes") == 0 && text[0] == '-') {
        *(uint64_t *)field = row->most;
        return OK;
    }
    if (!parse_number(row, value, &number))
        return why_set(why, ERR_INVALID, "%s: '%s' is not %s", source, text, kind_wants[row->kind]);
    if (number < row->least || number > row->most)
        return why_set(why, ERR_INVALID, "%s: %s is not between %llu and %llu", source, text,
                       (unsigned long long)row->least, (unsigned long long)row->most);
    *(uint64_t *)field = number;
    return OK;
}

static void note_given(struct config *c, const struct config_row *row)
{
    c->data_dir_given |= row->offset == offsetof(struct config, data_dir);
    c->etcd_listen_given |= row->offset == offsetof(struct config, etcd_listen);
}

static enum err unknown(struct bytes name, const char *source, struct why *why)
{
    const char *nearest = config_nearest(name);
    return why_set(why, ERR_INVALID, "%s: there is no option '%.*s'%s%s%s", source, (int)name.n,
                   (const char *)name.p, nearest == NULL ? "" : "; did you mean '",
                   nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'?");
}

/* One initial-cluster entry is this member alone; more are a cluster. */
static enum err initial_cluster(struct config *c, const char *value, struct why *why)
{
    if (strchr(value, ',') != NULL)
        return why_set(why, ERR_INVALID,
                       "--initial-cluster names several members: clusters come in a later version; "
                       "start one member alone");
    buf_put_str(&c->ignored, "initial-cluster\n");
    return OK;
}

/* An option of etcd's that is no row here. */
static enum err set_other(struct config *c, struct bytes name, const char *value,
                          const char *source, struct why *why)
{
    const char *reason;
    bool is_switch;
    if (bytes_is(name, "initial-cluster"))
        return initial_cluster(c, value, why);
    switch (config_etcd_option(name, &reason, &is_switch)) {
    case CONFIG_ETCD_IGNORED:
        buf_put_bytes(&c->ignored, name);
        buf_put_u8(&c->ignored, '\n');
        return OK;
    case CONFIG_ETCD_REFUSED:
        if (strcmp(value, "false") == 0)
            return OK;
        return why_set(why, ERR_INVALID, "%s: --%.*s is not taken: %s", source, (int)name.n,
                       (const char *)name.p, reason);
    case CONFIG_ETCD_UNKNOWN:
        break;
    }
    return unknown(name, source, why);
}

static enum err set_named(struct config *c, struct bytes name, const char *value,
                          const char *source, struct why *why)
{
    bool etcd;
    const struct config_row *row = config_find(name, &etcd);
    if (row == NULL)
        return set_other(c, name, value, source, why);
    note_given(c, row);
    return set_value(c, row, value, source, why);
}

/* -- environment ------------------------------------------------------------------------------ */

static const char *get_env(char *const *environment, const char *prefix, const char *flag)
{
    char name[NAME_MAX_BYTES];
    size_t n = (size_t)snprintf(name, sizeof name, "%s%s", prefix, flag);
    for (size_t i = strlen(prefix); i < n && i < sizeof name; i++)
        name[i] = name[i] == '-'
                      ? '_'
                      : (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    for (size_t i = 0; environment[i] != NULL; i++)
        if (strncmp(environment[i], name, n) == 0 && environment[i][n] == '=')
            return environment[i] + n + 1;
    return NULL;
}

static enum err read_environment(struct config *c, char *const *environment, struct why *why)
{
    enum err e = OK;
    for (size_t i = 0; i < config_row_n && e == OK; i++) {
        const struct config_row *row = &config_rows[i];
        const char *etcd = row->etcd[0] == 0 ? NULL : get_env(environment, "ETCD_", row->etcd);
        const char *ours = get_env(environment, "MUSTER_", row->flag);
        const char *value = ours != NULL ? ours : etcd;
        char source[NAME_MAX_BYTES];
        snprintf(source, sizeof source, "the environment's %s option '%s'",
                 ours != NULL ? "MUSTER_" : "ETCD_", ours != NULL ? row->flag : row->etcd);
        if (value != NULL && (value[0] != 0 || row->kind == CONFIG_TEXT)) {
            note_given(c, row);
            e = set_value(c, row, value, source, why);
        }
    }
    return e;
}

/* -- file ------------------------------------------------------------------------------------- */

struct file_reading {
    struct config *config;
    const char *path;
    struct why *why;
};

static enum err take_pair(void *ctx, const char *key, const char *value)
{
    struct file_reading *f = ctx;
    return set_named(f->config, bytes_str(key), value, f->path, f->why);
}

static enum err read_file(struct config *c, const char *path, struct why *why)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return why_set(why, ERR_INVALID, "cannot read '%s': %s", path, strerror(errno));
    char *text = arena_alloc(&c->arena, FILE_MAX_BYTES + 1);
    size_t n = fread(text, 1, FILE_MAX_BYTES + 1, file);
    fclose(file);
    struct file_reading reading = { .config = c, .path = path, .why = why };
    struct why inner = { 0 };
    reading.why = &inner;
    enum err e = yaml_read_flat(bytes_of(text, n), take_pair, &reading, &inner);
    if (e == OK)
        return OK;
    bool named = strstr(inner.text, path) != NULL;
    return why_set(why, ERR_INVALID, "%s%s%s", named ? "" : path, named ? "" : ": ", inner.text);
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

/* True if NAME may stand alone. */
static bool is_switch(struct bytes name)
{
    bool etcd, other = false;
    const char *reason;
    const struct config_row *row = config_find(name, &etcd);
    if (row != NULL)
        return row->kind == CONFIG_BOOL;
    IGNORE(config_etcd_option(name, &reason, &other)); /* only what it says of the form */
    return other;
}

/* Calls EACH with every option; a value may be the next argument. */
static enum err each_argument(int argc, char *const *argv,
                              enum err (*each)(void *ctx, struct bytes name, const char *value),
                              void *ctx, struct why *why)
{
    for (int i = 0; i < argc; i++) {
        struct argument a;
        if (!split(argv[i], &a))
            return why_set(why, ERR_INVALID, "'%s' is not an option; options begin with --",
                           argv[i]);
        if (a.value == NULL && is_switch(a.name)) {
            a.value = "true";
        } else if (a.value == NULL && !bytes_is(a.name, "help")) {
            bool last = i + 1 == argc;
            bool experimental = bytes_starts(a.name, bytes_str("experimental-"));
            if (experimental && (last || argv[i + 1][0] == '-'))
                a.value = "true";
            else if (last)
                return why_set(why, ERR_INVALID, "%s wants a value", argv[i]);
            else
                a.value = argv[++i];
        }
        enum err e = each(ctx, a.name, a.value == NULL ? "" : a.value);
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
    if (bytes_is(name, "help") || bytes_is(name, "h"))
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

static enum err set_defaults(struct config *c, struct why *why)
{
    enum err e = OK;
    for (size_t i = 0; i < config_row_n && e == OK; i++)
        e = set_value(c, &config_rows[i], config_rows[i].initial, config_rows[i].flag, why);
    return e;
}

enum err config_read(int argc, char *const *argv, char *const *environment, struct config *ret,
                     const char **ret_help, struct why *why)
{
    *ret = (struct config){ 0 };
    arena_init(&ret->arena, 0);
    buf_init(&ret->ignored, 1 << 20);
    *ret_help = NULL;
    struct line_reading line = { .config = ret, .ret_help = ret_help, .why = why };
    enum err e = set_defaults(ret, why);
    if (e == OK)
        e = each_argument(argc, argv, find_file, &line, why);
    if (e != OK || *ret_help != NULL)
        return e;
    if (line.file == NULL)
        line.file = get_env(environment, "MUSTER_", "config");
    if (line.file == NULL && (line.file = get_env(environment, "ETCD_", "config-file")) != NULL)
        line.file_is_etcds = true;
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
