#include "hub/ca_store.h"

#include "store/range.h"

#define ROOT_KEY CA_KEYS "root"
#define CONFIG_KEY CA_KEYS "config"

static enum err row_get(const struct view *v, const char *key, struct arena *arena,
                        struct acl_stamp *ret)
{
    struct kv kv;
    enum err e = range_get(v, SPACE_SYSTEM, bytes_str(key), 0, arena, &kv);
    if (e != OK)
        return e == ERR_KEY_NOT_FOUND ? ERR_NOT_FOUND : e;
    *ret = (struct acl_stamp){ .create = kv.create, .modify = kv.mod };
    uint8_t *p = arena_alloc(arena, kv.value.n);
    struct buf whole = { .p = p, .room = kv.value.n, .max = kv.value.n };
    ret->row = bytes_of(p, kv.value.n);
    return value_append(v, &kv.value, &whole);
}

enum err ca_root_get(const struct view *v, struct arena *arena, struct ca_root *ret,
                     struct acl_stamp *ret_stamp)
{
    enum err e = row_get(v, ROOT_KEY, arena, ret_stamp);
    if (e == OK) {
        e = ca_root_read(ret_stamp->row, ret);
        e = e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
    }
    return e;
}

enum err ca_config_get(const struct view *v, struct arena *arena, struct bytes *ret,
                       struct acl_stamp *ret_stamp)
{
    enum err e = row_get(v, CONFIG_KEY, arena, ret_stamp);
    if (e == OK)
        *ret = ret_stamp->row;
    return e;
}

static struct txn *put_of(const char *key, struct bytes value, struct arena *arena)
{
    struct txn *txn = arena_zalloc(arena, 1, sizeof *txn);
    struct op *op = arena_zalloc(arena, 1, sizeof *op);
    *op = (struct op){ .kind = OP_PUT,
                       .put = { .space = SPACE_SYSTEM, .key = bytes_str(key), .value = value } };
    txn->then_ops = op;
    txn->then_n = 1;
    return txn;
}

const struct txn *ca_put_root(const struct ca_root *root, struct arena *arena)
{
    struct buf row;
    buf_init(&row, 4 * CA_PEM_MAX);
    ca_root_write(root, &row);
    struct txn *txn = put_of(ROOT_KEY, arena_dup(arena, buf_bytes(&row)), arena);
    buf_fini(&row);
    txn->compares = arena_zalloc(arena, 1, sizeof *txn->compares);
    txn->compares[0] = (struct compare){ .space = SPACE_SYSTEM,
                                         .key = bytes_str(ROOT_KEY),
                                         .result = COMPARE_EQUAL,
                                         .target = COMPARE_MOD };
    txn->compare_n = 1;
    return txn;
}

const struct txn *ca_put_config(struct bytes config, struct arena *arena)
{
    return put_of(CONFIG_KEY, config, arena);
}
