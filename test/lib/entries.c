/* Bodies are encoded into one buffer and copied into the writer at once. */
#include "test/lib/entries.h"

#include <assert.h>

enum { ENTRY_MAX = 256 * 1024 * 1024 };

void entries_init(struct entries *e)
{
    *e = (struct entries){ .origin = { .face = FACE_ETCD } };
    entry_writer_init(&e->writer, ENTRY_MAX);
    buf_init(&e->body, ENTRY_MAX);
    buf_init(&e->payload, ENTRY_MAX);
}

void entries_fini(struct entries *e)
{
    entry_writer_fini(&e->writer);
    buf_fini(&e->body);
    buf_fini(&e->payload);
}

static void add(struct entries *e, enum command_kind kind)
{
    struct command command = {
        .kind = kind,
        .origin = &e->origin,
        .policy_mark = e->policy_mark,
        .body = buf_bytes(&e->body),
    };
    assert(buf_err(&e->body) == OK);
    enum err err = entry_writer_add(&e->writer, &command);
    assert(err == OK);
    buf_clear(&e->body, ENTRY_MAX);
}

void entries_txn(struct entries *e, const struct txn *txn)
{
    enum err err = txn_encode(txn, &e->body);
    assert(err == OK);
    add(e, COMMAND_TXN);
}

static void add_op(struct entries *e, struct op op)
{
    struct txn txn = { .then_ops = &op, .then_n = 1 };
    entries_txn(e, &txn);
}

void entries_put(struct entries *e, enum space space, struct bytes key, struct bytes value,
                 int64_t lease)
{
    struct put put = { .space = space, .key = key, .value = value, .lease = lease };
    add_op(e, (struct op){ .kind = OP_PUT, .put = put });
}

void entries_remove(struct entries *e, enum space space, struct bytes key, struct bytes end)
{
    struct remove remove = { .space = space, .key = key, .end = end };
    add_op(e, (struct op){ .kind = OP_REMOVE, .remove = remove });
}

void entries_grant(struct entries *e, const struct lease_grant *grant)
{
    lease_grant_encode(grant, &e->body);
    add(e, COMMAND_LEASE_GRANT);
}

void entries_revoke(struct entries *e, int64_t id, enum face face)
{
    lease_revoke_encode(&(struct lease_revoke){ .id = id, .face = face }, &e->body);
    add(e, COMMAND_LEASE_REVOKE);
}

void entries_move(struct entries *e, int64_t id, enum lease_stage from, enum lease_stage to)
{
    lease_move_encode(&(struct lease_move){ .id = id, .from = from, .to = to }, &e->body);
    add(e, COMMAND_LEASE_STAGE);
}

void entries_checkpoint(struct entries *e, const struct lease_remaining *leases, size_t n)
{
    lease_checkpoint_encode(leases, n, &e->body);
    add(e, COMMAND_LEASE_CHECKPOINT);
}

void entries_compact(struct entries *e, enum space space, uint64_t revision)
{
    compact_encode(&(struct compact){ .space = space, .revision = revision }, &e->body);
    add(e, COMMAND_COMPACT);
}

void entries_command(struct entries *e, enum command_kind kind, struct bytes body)
{
    buf_put_bytes(&e->body, body);
    add(e, kind);
}

struct bytes entries_finish(struct entries *e, struct entry_time time)
{
    buf_clear(&e->payload, ENTRY_MAX);
    enum err err = entry_writer_finish(&e->writer, time, &e->payload);
    assert(err == OK);
    return buf_bytes(&e->payload);
}
