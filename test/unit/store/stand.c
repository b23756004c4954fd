#include "test/unit/store/stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "test/lib/tempdir.h"

static void open_store(struct stand *s)
{
    struct why why = { "" };
    if (store_open(&s->options, &why, &s->store) != OK)
        fail_msg("%s", why.text);
    assert_int_equal(view_open(s->store, &s->view), OK);
}

int stand_set_up(void **state)
{
    struct stand *s = mem_zalloc(1, sizeof *s);
    s->dir = tempdir_new();
    s->options = (struct store_options){ .dir = s->dir, .map_bytes = (uint64_t)1 << 30 };
    open_store(s);
    entries_init(&s->entries);
    arena_init(&s->arena, 0);
    *state = s;
    return 0;
}

int stand_tear_down(void **state)
{
    struct stand *s = *state;
    if (s->effects != NULL)
        effects_unref(s->effects);
    view_close(s->view);
    store_close(s->store);
    entries_fini(&s->entries);
    arena_fini(&s->arena);
    tempdir_free(s->dir);
    mem_free(s);
    return 0;
}

void stand_reopen(struct stand *s)
{
    view_close(s->view);
    store_close(s->store);
    open_store(s);
}

/* -- writing ---------------------------------------------------------------------------------- */

const struct command_result *stand_apply(struct stand *s)
{
    struct entry_time time = { .wall_ms = 1700000000000 + s->index * 1000,
                               .age_ms = s->index * 1000 };
    struct bytes payload = entries_finish(&s->entries, time);
    if (s->effects != NULL)
        effects_unref(s->effects);
    assert_int_equal(store_apply(s->store, ++s->index, 2, payload, &s->effects), OK);
    assert_int_equal(view_renew(s->view), OK);
    return s->effects->results;
}

static uint64_t accepted(const struct command_result *r)
{
    assert_int_equal(r->err, OK);
    return r->revision;
}

uint64_t stand_put(struct stand *s, const char *key, const char *value)
{
    entries_put(&s->entries, SPACE_ETCD, bytes_str(key), bytes_str(value), 0);
    return accepted(stand_apply(s));
}

uint64_t stand_remove(struct stand *s, const char *key, const char *end)
{
    entries_remove(&s->entries, SPACE_ETCD, bytes_str(key),
                   end == NULL ? (struct bytes){ 0 } : bytes_str(end));
    return accepted(stand_apply(s));
}

enum err stand_compact(struct stand *s, enum space space, uint64_t revision)
{
    entries_compact(&s->entries, space, revision);
    return stand_apply(s)->err;
}

void stand_sweep(struct stand *s)
{
    bool done = false;
    while (!done)
        assert_int_equal(store_sweep(s->store, 3, &done), OK);
    assert_int_equal(view_renew(s->view), OK);
}

enum err stand_grant(struct stand *s, int64_t id, enum face face)
{
    struct lease_grant grant = { .id = id, .ttl_ms = 5000, .remove_ms = 5000, .face = face };
    entries_grant(&s->entries, &grant);
    return stand_apply(s)->err;
}

const struct command_result *stand_txn(struct stand *s, const struct txn *txn)
{
    entries_txn(&s->entries, txn);
    return stand_apply(s);
}

/* -- reading ---------------------------------------------------------------------------------- */

enum err stand_range(struct stand *s, const char *key, const char *end, int64_t revision,
                     struct range_result *ret)
{
    struct range_query query = { .space = SPACE_ETCD,
                                 .key = bytes_str(key),
                                 .end = end == NULL ? (struct bytes){ 0 } : bytes_str(end),
                                 .revision = revision };
    return range_read(s->view, &query, &s->arena, ret);
}

const char *stand_value(struct stand *s, const char *key, int64_t revision)
{
    struct range_result r;
    struct buf value;
    assert_int_equal(stand_range(s, key, NULL, revision, &r), OK);
    if (r.kv_n == 0)
        return "";
    buf_init(&value, 1 << 24);
    assert_int_equal(value_append(s->view, &r.kvs[0].value, &value), OK);
    const char *text = arena_str(&s->arena, buf_bytes(&value));
    buf_fini(&value);
    return text;
}

/* -- operations ------------------------------------------------------------------------------- */

struct op stand_op_put(const char *key, const char *value)
{
    return (struct op){ .kind = OP_PUT,
                        .put = { .key = bytes_str(key), .value = bytes_str(value) } };
}

struct op stand_op_remove(const char *key, const char *end)
{
    struct op op = { .kind = OP_REMOVE, .remove = { .key = bytes_str(key) } };
    if (end != NULL)
        op.remove.end = bytes_str(end);
    return op;
}

struct op stand_op_range(const char *key, const char *end, int64_t revision)
{
    struct op op = { .kind = OP_RANGE, .range = { .key = bytes_str(key), .revision = revision } };
    if (end != NULL)
        op.range.end = bytes_str(end);
    return op;
}

struct op stand_op_txn(const struct txn *txn)
{
    struct op op = { .kind = OP_TXN };
    op.txn = (struct txn *)(uintptr_t)txn; /* it is only read */
    return op;
}
