/* Scripts: building them. */
#include "test/unit/store/differential/script.h"

#include "base/mem.h"

void script_init(struct script *s)
{
    *s = (struct script){ 0 };
    arena_init(&s->arena, 0);
}

void script_fini(struct script *s)
{
    for (size_t i = 0; i < s->entry_n; i++)
        mem_free(s->entries[i].commands);
    mem_free(s->entries);
    mem_free(s->keys);
    arena_fini(&s->arena);
}

void script_entry(struct script *s)
{
    if (s->entry_n == s->entry_room) {
        s->entry_room = s->entry_room == 0 ? 16 : s->entry_room * 2;
        s->entries = mem_realloc(s->entries, s->entry_room * sizeof *s->entries);
    }
    s->entries[s->entry_n] = (struct script_entry){ .number = s->entry_n + 1 };
    s->entry_n++;
}

void script_add(struct script *s, const struct model_command *command)
{
    struct script_entry *e = &s->entries[s->entry_n - 1];
    e->commands = mem_realloc(e->commands, (e->n + 1) * sizeof *e->commands);
    e->commands[e->n++] = *command;
}

void script_know(struct script *s, struct bytes key)
{
    for (size_t i = 0; i < s->key_n; i++)
        if (bytes_eq(s->keys[i], key))
            return;
    if (s->key_n == s->key_room) {
        s->key_room = s->key_room == 0 ? 16 : s->key_room * 2;
        s->keys = mem_realloc(s->keys, s->key_room * sizeof *s->keys);
    }
    s->keys[s->key_n++] = key;
}

static size_t txn_operations(const struct model_txn *txn)
{
    size_t n = 0;
    for (size_t i = 0; i < txn->then_n + txn->else_n; i++) {
        const struct model_op *op =
            i < txn->then_n ? &txn->then_ops[i] : &txn->else_ops[i - txn->then_n];
        n += op->kind == MODEL_OP_TXN ? txn_operations(op->txn) : 1;
    }
    return n;
}

size_t script_operations(const struct script *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->entry_n; i++)
        for (size_t j = 0; j < s->entries[i].n; j++) {
            const struct model_command *c = &s->entries[i].commands[j];
            bool many = c->kind == MODEL_COMMAND_TXN || c->kind == MODEL_COMMAND_WRITES;
            n += many ? txn_operations(c->txn) : 1;
        }
    return n;
}

/* -- by hand ---------------------------------------------------------------------------------- */

struct bytes script_bytes(struct script *s, char fill, size_t n, const char *tail)
{
    struct bytes end = bytes_str(tail);
    uint8_t *p = arena_alloc(&s->arena, n + end.n + 1);
    memset(p, (unsigned char)fill, n);
    memcpy(p + n, end.p, end.n);
    return bytes_of(p, n + end.n);
}

static void know_ops(struct script *s, const struct model_op *ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ops[i].kind == MODEL_OP_PUT)
            script_know(s, ops[i].put.key);
        if (ops[i].kind == MODEL_OP_TXN) {
            know_ops(s, ops[i].txn->then_ops, ops[i].txn->then_n);
            know_ops(s, ops[i].txn->else_ops, ops[i].txn->else_n);
        }
    }
}

void script_txn(struct script *s, const struct model_op *ops, size_t n)
{
    struct model_txn *txn = arena_zalloc(&s->arena, 1, sizeof *txn);
    txn->then_ops = arena_zalloc(&s->arena, n + 1, sizeof *ops);
    txn->then_n = n;
    for (size_t i = 0; i < n; i++)
        txn->then_ops[i] = ops[i];
    know_ops(s, ops, n);
    script_add(s, &(struct model_command){ .kind = MODEL_COMMAND_TXN, .txn = txn });
}

void script_put(struct script *s, unsigned space, struct bytes key, struct bytes value,
                int64_t lease)
{
    struct model_put put = {
        .space = space, .key = key, .value = value, .lease = lease, .want_prev = true
    };
    script_txn(s, &(struct model_op){ .kind = MODEL_OP_PUT, .put = put }, 1);
}

void script_remove(struct script *s, unsigned space, struct bytes key, struct bytes end)
{
    struct model_remove remove = { .space = space, .key = key, .end = end, .want_prev = true };
    script_txn(s, &(struct model_op){ .kind = MODEL_OP_REMOVE, .remove = remove }, 1);
}

void script_grant(struct script *s, int64_t id)
{
    struct model_grant grant = { .id = id, .ttl_ms = 10000, .remove_ms = 10000, .face = 1 };
    script_add(s, &(struct model_command){ .kind = MODEL_COMMAND_GRANT, .grant = grant });
}

void script_revoke(struct script *s, int64_t id)
{
    script_add(s, &(struct model_command){ .kind = MODEL_COMMAND_REVOKE, .revoke = { .id = id } });
}

void script_compact(struct script *s, unsigned space, uint64_t revision)
{
    script_add(s, &(struct model_command){
                      .kind = MODEL_COMMAND_COMPACT,
                      .compact = { .space = space, .revision = revision },
                  });
}
