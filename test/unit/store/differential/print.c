/* A script as text, short enough to be read: long runs of one byte are written {COUNT x BYTE}. */
#include "test/unit/store/differential/script.h"

#include <inttypes.h>
#include <stdio.h>

static void print_byte(uint8_t byte)
{
    if (byte > ' ' && byte < 0x7f && byte != '{' && byte != '\\')
        fprintf(stderr, "%c", byte);
    else
        fprintf(stderr, "\\x%02x", byte);
}

static void print_bytes(struct bytes b)
{
    fprintf(stderr, "\"");
    for (size_t i = 0; i < b.n;) {
        size_t run = 1;
        while (i + run < b.n && b.p[i + run] == b.p[i])
            run++;
        if (run > 4) {
            fprintf(stderr, "{%zux", run);
            print_byte(b.p[i]);
            fprintf(stderr, "}");
        }
        for (size_t j = 0; run <= 4 && j < run; j++)
            print_byte(b.p[i]);
        i += run;
    }
    fprintf(stderr, "\"(%zu)", b.n);
}

static void print_value(struct bytes value)
{
    if (value.n <= 8)
        print_bytes(value);
    else
        fprintf(stderr, "<%zu>", value.n);
}

static void print_range_of(unsigned space, struct bytes key, struct bytes end)
{
    fprintf(stderr, " space %u ", space);
    print_bytes(key);
    if (end.n > 0) {
        fprintf(stderr, " to ");
        print_bytes(end);
    }
}

static void print_compare(const struct model_compare *c)
{
    static const char *const whats[] = { "version", "create", "mod", "value", "lease", "nothing" };
    static const char *const results[] = { "=", ">", "<", "!=", "always" };
    fprintf(stderr, " if %s", whats[c->what]);
    print_range_of(c->space, c->key, c->end);
    fprintf(stderr, " %s %" PRId64 "/", results[c->result], c->number);
    print_value(c->value);
    fprintf(stderr, "\n");
}

static void print_txn(const struct model_txn *txn, int depth);

static void print_range(const struct model_range *r)
{
    fprintf(stderr, "range");
    print_range_of(r->space, r->key, r->end);
    fprintf(stderr,
            " revision %" PRId64 " limit %" PRId64 " order %d target %d%s%s"
            " mod %" PRId64 "..%" PRId64 " create %" PRId64 "..%" PRId64 "\n",
            r->revision, r->limit, (int)r->order, (int)r->target, r->keys_only ? " keys_only" : "",
            r->count_only ? " count_only" : "", r->min_mod, r->max_mod, r->min_create,
            r->max_create);
}

static void print_put(const struct model_put *p)
{
    fprintf(stderr, "put space %u ", p->space);
    print_bytes(p->key);
    fprintf(stderr, " = ");
    print_value(p->value);
    fprintf(stderr, " lease %" PRId64 "%s%s%s\n", p->lease, p->want_prev ? " prev" : "",
            p->ignore_value ? " ignore_value" : "", p->ignore_lease ? " ignore_lease" : "");
}

static void print_op(const struct model_op *op, int depth)
{
    fprintf(stderr, "%*s", depth * 4, "");
    switch (op->kind) {
    case MODEL_OP_RANGE:
        print_range(&op->range);
        break;
    case MODEL_OP_PUT:
        print_put(&op->put);
        break;
    case MODEL_OP_REMOVE:
        fprintf(stderr, "remove");
        print_range_of(op->remove.space, op->remove.key, op->remove.end);
        fprintf(stderr, "%s\n", op->remove.want_prev ? " prev" : "");
        break;
    case MODEL_OP_TXN:
        fprintf(stderr, "txn\n");
        print_txn(op->txn, depth + 1);
        break;
    }
}

static void print_txn(const struct model_txn *txn, int depth)
{
    for (size_t i = 0; i < txn->compare_n; i++) {
        fprintf(stderr, "%*s", depth * 4, "");
        print_compare(&txn->compares[i]);
    }
    for (size_t i = 0; i < txn->then_n; i++)
        print_op(&txn->then_ops[i], depth);
    if (txn->else_n > 0)
        fprintf(stderr, "%*selse\n", depth * 4, "");
    for (size_t i = 0; i < txn->else_n; i++)
        print_op(&txn->else_ops[i], depth);
}

static void print_command(const struct model_command *c)
{
    switch (c->kind) {
    case MODEL_COMMAND_TXN:
    case MODEL_COMMAND_WRITES:
        fprintf(stderr, c->kind == MODEL_COMMAND_TXN ? "  txn\n" : "  writes\n");
        print_txn(c->txn, 1);
        break;
    case MODEL_COMMAND_GRANT:
        fprintf(stderr, "  grant %" PRId64 " face %d\n", c->grant.id, c->grant.face);
        break;
    case MODEL_COMMAND_REVOKE:
        fprintf(stderr, "  revoke %" PRId64 " face %d\n", c->revoke.id, c->revoke.face);
        break;
    case MODEL_COMMAND_MOVE:
        fprintf(stderr, "  move %" PRId64 " from %d to %d\n", c->move.id, (int)c->move.from,
                (int)c->move.to);
        break;
    case MODEL_COMMAND_CHECKPOINT:
        fprintf(stderr, "  checkpoint of %zu\n", c->checkpoint.n);
        break;
    case MODEL_COMMAND_COMPACT:
        fprintf(stderr, "  compact space %u to %" PRIu64 "\n", c->compact.space,
                c->compact.revision);
        break;
    }
}

void script_print(const struct script *s)
{
    for (size_t i = 0; i < s->entry_n; i++) {
        fprintf(stderr, "entry %zu\n", s->entries[i].number);
        for (size_t j = 0; j < s->entries[i].n; j++)
            print_command(&s->entries[i].commands[j]);
    }
}
