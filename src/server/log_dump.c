/* `muster log dump`: each command of the log with who, through which face, from where and why. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "catalog/change_text.h"
#include "catalog/projection.h"
#include "disk/datadir.h"
#include "disk/log.h"
#include "server/arguments.h"
#include "server/tools.h"
#include "store/entry.h"
#include "store/txn.h"
#include "wire/json_writer.h"

enum { LINE_MAX_BYTES = 1 << 20, PATH_BYTES = 4096, KEYS_SHOWN = 4 };

struct dumping {
    uint64_t from, to;
    bool json;
};

static const char *const face_names[FACES] = { "none", "etcd", "consul", "nacos",     "eureka",
                                               "dns",  "xds",  "native", "zookeeper", "keeper" };

static const char *kind_name(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_TXN:
        return "txn";
    case COMMAND_LEASE_GRANT:
        return "lease-grant";
    case COMMAND_LEASE_REVOKE:
        return "lease-revoke";
    case COMMAND_LEASE_STAGE:
        return "lease-stage";
    case COMMAND_LEASE_CHECKPOINT:
        return "lease-checkpoint";
    case COMMAND_COMPACT:
        return "compact";
    case COMMAND_KIND_UPPER:
        break;
    }
    if (kind == COMMAND_PROJECTION)
        return "projection";
    return kind == COMMAND_CATALOG_CHANGE ? "catalog-change" : "unknown";
}

/* -- what a command touches ------------------------------------------------------------------- */

static void put_op(struct buf *out, const struct op *op, size_t *left)
{
    if (*left == 0 || op->kind == OP_TXN || op->kind == OP_RANGE)
        return;
    --*left;
    struct bytes key = op->kind == OP_PUT ? op->put.key : op->remove.key;
    buf_printf(out, "%s%s ", out->n > 0 ? ", " : "", op->kind == OP_PUT ? "put" : "delete");
    json_escape(out, key);
    if (op->kind == OP_REMOVE && op->remove.end.n > 0) {
        buf_put_str(out, " .. ");
        json_escape(out, op->remove.end);
    }
}

static void put_txn(struct buf *out, struct bytes body)
{
    struct arena arena;
    struct txn *txn;
    size_t left = KEYS_SHOWN;
    arena_init(&arena, 0);
    if (txn_decode(body, &arena, &txn) != OK) {
        buf_put_str(out, "(cannot be read)");
    } else {
        for (size_t i = 0; i < txn->then_n; i++)
            put_op(out, &txn->then_ops[i], &left);
        for (size_t i = 0; i < txn->else_n; i++)
            put_op(out, &txn->else_ops[i], &left);
        if (txn->then_n + txn->else_n > KEYS_SHOWN)
            buf_printf(out, ", ... %zu operations", txn->then_n + txn->else_n);
    }
    arena_fini(&arena);
}

static void put_change(struct buf *out, struct bytes body)
{
    struct arena arena;
    struct change_op *ops;
    size_t n;
    arena_init(&arena, 0);
    if (change_read(body, &arena, &ops, &n) != OK) {
        buf_put_str(out, "(cannot be read)");
    } else {
        for (size_t i = 0; i < n && i < KEYS_SHOWN; i++) {
            struct buf text;
            buf_init(&text, LINE_MAX_BYTES);
            change_op_say(&ops[i], &text);
            buf_put_str(out, i > 0 ? ", " : "");
            json_escape(out, buf_bytes(&text));
            buf_fini(&text);
        }
        if (n > KEYS_SHOWN)
            buf_printf(out, ", ... %zu operations", n);
    }
    arena_fini(&arena);
}

static void put_rules(struct buf *out, struct bytes body)
{
    struct projection_rules rules;
    if (projection_rules_read(body, &rules) != OK) {
        buf_put_str(out, "(cannot be read)");
        return;
    }
    buf_printf(out, "%zu rules", rules.n);
    for (size_t i = 0; i < rules.n; i++) {
        buf_put_str(out, i > 0 ? ", " : ": ");
        json_escape(out, rules.all[i].prefix);
    }
}

static void put_what(struct buf *out, const struct command *c)
{
    struct lease_grant g;
    struct lease_revoke r;
    struct lease_move m;
    struct compact k;
    if (c->kind == COMMAND_TXN)
        put_txn(out, c->body);
    else if (c->kind == COMMAND_CATALOG_CHANGE)
        put_change(out, c->body);
    else if (c->kind == COMMAND_PROJECTION)
        put_rules(out, c->body);
    else if (c->kind == COMMAND_LEASE_GRANT && lease_grant_decode(c->body, &g) == OK)
        buf_printf(out, "lease %016" PRIx64 " ttl %" PRIu64 " ms", (uint64_t)g.id, g.ttl_ms);
    else if (c->kind == COMMAND_LEASE_REVOKE && lease_revoke_decode(c->body, &r) == OK)
        buf_printf(out, "lease %016" PRIx64, (uint64_t)r.id);
    else if (c->kind == COMMAND_LEASE_STAGE && lease_move_decode(c->body, &m) == OK)
        buf_printf(out, "lease %016" PRIx64 " stage %d -> %d", (uint64_t)m.id, (int)m.from,
                   (int)m.to);
    else if (c->kind == COMMAND_COMPACT && compact_decode(c->body, &k) == OK)
        buf_printf(out, "space %d to revision %" PRIu64, (int)k.space, k.revision);
    else
        buf_printf(out, "%zu bytes", c->body.n);
}

/* -- lines ------------------------------------------------------------------------------------ */

static void put_time(struct buf *out, uint64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_printf(out, "%s.%03uZ", text, (unsigned)(wall_ms % 1000));
}

static void put_json(struct buf *out, const struct log_entry *entry, struct entry_time time,
                     const struct command *c, struct bytes what)
{
    struct json_writer j;
    struct buf when;
    buf_init(&when, 64);
    put_time(&when, time.wall_ms);
    json_init(&j, out);
    json_open_object(&j);
    json_put_name(&j, "index");
    json_put_uint(&j, entry->index);
    json_put_name(&j, "term");
    json_put_uint(&j, entry->term);
    json_put_name(&j, "time");
    json_put_string(&j, buf_bytes(&when));
    json_put_name(&j, "kind");
    json_put_str(&j, kind_name(c->kind));
    json_put_name(&j, "principal");
    json_put_string(&j, c->origin->principal);
    json_put_name(&j, "face");
    json_put_str(&j, face_names[c->origin->face]);
    json_put_name(&j, "address");
    json_put_string(&j, c->origin->address);
    json_put_name(&j, "why");
    json_put_string(&j, c->origin->why);
    json_put_name(&j, "what");
    json_put_string(&j, what);
    json_close_object(&j);
    buf_fini(&when);
}

static void put_text(struct buf *out, const struct log_entry *entry, struct entry_time time,
                     const struct command *c, struct bytes what)
{
    buf_printf(out, "%" PRIu64 "  term %" PRIu64 "  ", entry->index, entry->term);
    put_time(out, time.wall_ms);
    buf_printf(out, "  %-16s  %s", kind_name(c->kind), face_names[c->origin->face]);
    buf_put_str(out, "  who=");
    json_escape(out, c->origin->principal.n > 0 ? c->origin->principal : bytes_str("-"));
    buf_put_str(out, " from=");
    json_escape(out, c->origin->address.n > 0 ? c->origin->address : bytes_str("-"));
    buf_put_str(out, " why=");
    json_escape(out, c->origin->why.n > 0 ? c->origin->why : bytes_str("-"));
    buf_put_str(out, "  ");
    buf_put_bytes(out, what);
}

static void print_command(const struct dumping *d, const struct log_entry *entry,
                          struct entry_time time, const struct command *c)
{
    struct buf what, line;
    buf_init(&what, LINE_MAX_BYTES);
    buf_init(&line, LINE_MAX_BYTES * 2);
    put_what(&what, c);
    if (d->json)
        put_json(&line, entry, time, c, buf_bytes(&what));
    else
        put_text(&line, entry, time, c, buf_bytes(&what));
    printf("%.*s\n", (int)line.n, (const char *)line.p);
    buf_fini(&what);
    buf_fini(&line);
}

static enum err dump_entry(void *ctx, const struct log_entry *entry)
{
    const struct dumping *d = ctx;
    struct arena arena;
    struct entry_reader reader;
    struct command command;
    if (entry->index < d->from || entry->index > d->to)
        return OK;
    if (entry->payload.n == 0) {
        if (!d->json)
            printf("%" PRIu64 "  term %" PRIu64 "  (a new term begins)\n", entry->index,
                   entry->term);
        return OK;
    }
    arena_init(&arena, 0);
    enum err e = entry_read(entry->payload, &arena, &reader);
    if (e != OK)
        printf("%" PRIu64 "  term %" PRIu64 "  (cannot be read: %s)\n", entry->index, entry->term,
               err_text(e));
    while (e == OK && (e = entry_next(&reader, &command)) == OK)
        print_command(d, entry, reader.time, &command);
    arena_fini(&arena);
    return OK;
}

/* -- the verb --------------------------------------------------------------------------------- */

static bool number_option(int argc, char **argv, int *at, const char *name, uint64_t *ret)
{
    const char *value;
    return take_option(argc, argv, at, name, &value) && value != NULL &&
           text_u64(bytes_str(value), ret);
}

/* False if it is no way to call it. */
static bool read_options(int argc, char **argv, struct dumping *d, const char **ret_dir)
{
    const char *value;
    for (int i = 0; i < argc; i++) {
        if (take_option(argc, argv, &i, "--data-dir", &value)) {
            *ret_dir = value;
        } else if (take_option(argc, argv, &i, "-o", &value)) {
            d->json = value != NULL && strcmp(value, "json") == 0;
            if (value == NULL || (!d->json && strcmp(value, "text") != 0))
                return false;
        } else if (!number_option(argc, argv, &i, "--from", &d->from) &&
                   !number_option(argc, argv, &i, "--to", &d->to)) {
            return false;
        }
    }
    return *ret_dir != NULL;
}

int tool_log_dump(int argc, char **argv)
{
    struct dumping d = { .to = UINT64_MAX };
    const char *dir = NULL;
    if (!read_options(argc, argv, &d, &dir))
        return say_usage(
            "muster log dump --data-dir DIR [--from INDEX] [--to INDEX] [-o text|json]");
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/log", dir);
    struct log_options options = { .fs = fs_posix(), .dir = path };
    struct log_found found;
    struct why why = { 0 };
    enum err e = log_scan(&options, dump_entry, &d, &found, &why);
    if (e != OK)
        return say_error(why.text, "muster log dump --data-dir DIR, the directory that `muster "
                                   "serve` was given");
    if (fflush(stdout) != 0 || ferror(stdout))
        return say_error("standard output cannot be written", NULL);
    return EXIT_OK;
}
