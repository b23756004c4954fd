/* Every failure here is one of the test itself: assert. */
#include "test/unit/store/rows.h"

#include <assert.h>
#include <lmdb.h>
#include <stdio.h>

#include "base/mem.h"

enum { TABLES_MAX = 64, PATH_BYTES = 1024, ROOM = 64 };

struct opened {
    MDB_env *env;
    MDB_txn *txn;
};

static void must(int code)
{
    if (code != 0)
        fprintf(stderr, "lmdb: %s\n", mdb_strerror(code));
    assert(code == 0);
}

static struct opened open_file(const char *dir, unsigned txn_flags)
{
    struct opened o;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/view.mdb", dir);
    must(mdb_env_create(&o.env));
    must(mdb_env_set_maxdbs(o.env, TABLES_MAX));
    must(mdb_env_set_mapsize(o.env, (size_t)1 << 30));
    must(mdb_env_open(o.env, path, MDB_NOSUBDIR | MDB_NOSYNC, 0600));
    must(mdb_txn_begin(o.env, NULL, txn_flags, &o.txn));
    return o;
}

static void close_file(struct opened *o)
{
    must(mdb_txn_commit(o->txn));
    mdb_env_close(o->env);
}

static struct bytes bytes_of_val(struct arena *arena, MDB_val val)
{
    return arena_dup(arena, bytes_of(val.mv_data, val.mv_size));
}

/* The names in the main database, in the arena. */
static size_t table_names(MDB_txn *txn, struct arena *arena, const char **names)
{
    MDB_dbi dbi;
    MDB_cursor *cursor;
    MDB_val key, row;
    size_t n = 0;
    must(mdb_dbi_open(txn, NULL, 0, &dbi));
    must(mdb_cursor_open(txn, dbi, &cursor));
    while (mdb_cursor_get(cursor, &key, &row, MDB_NEXT) == 0) {
        assert(n < TABLES_MAX);
        names[n++] = arena_str(arena, bytes_of(key.mv_data, key.mv_size));
    }
    mdb_cursor_close(cursor);
    return n;
}

struct list_of_rows {
    struct rows_row *rows;
    size_t n, room;
};

static void load_table(MDB_txn *txn, const char *name, struct arena *arena, struct list_of_rows *l)
{
    MDB_dbi dbi;
    MDB_cursor *cursor;
    MDB_val key, row;
    must(mdb_dbi_open(txn, name, 0, &dbi));
    must(mdb_cursor_open(txn, dbi, &cursor));
    while (mdb_cursor_get(cursor, &key, &row, MDB_NEXT) == 0) {
        if (l->n == l->room) {
            l->room = l->room == 0 ? ROOM : l->room * 2;
            l->rows = mem_realloc(l->rows, l->room * sizeof *l->rows);
        }
        l->rows[l->n++] = (struct rows_row){
            .table = name,
            .key = bytes_of_val(arena, key),
            .value = bytes_of_val(arena, row),
        };
    }
    mdb_cursor_close(cursor);
}

void rows_load(const char *dir, struct arena *arena, struct rows_row **ret, size_t *ret_n)
{
    struct opened o = open_file(dir, MDB_RDONLY);
    const char *names[TABLES_MAX];
    struct list_of_rows l = { 0 };
    size_t n = table_names(o.txn, arena, names);
    for (size_t i = 0; i < n; i++)
        load_table(o.txn, names[i], arena, &l);
    close_file(&o);
    *ret = arena_zalloc(arena, l.n + 1, sizeof **ret);
    for (size_t i = 0; i < l.n; i++)
        (*ret)[i] = l.rows[i];
    *ret_n = l.n;
    mem_free(l.rows);
}

static MDB_val val_of(struct bytes b)
{
    return (MDB_val){ .mv_size = b.n, .mv_data = (void *)(uintptr_t)b.p };
}

void rows_put(const char *dir, const struct rows_row *row)
{
    struct opened o = open_file(dir, 0);
    MDB_dbi dbi;
    MDB_val key = val_of(row->key), value = val_of(row->value);
    must(mdb_dbi_open(o.txn, row->table, 0, &dbi));
    must(mdb_put(o.txn, dbi, &key, &value, 0));
    close_file(&o);
}

void rows_remove(const char *dir, const struct rows_row *row)
{
    struct opened o = open_file(dir, 0);
    MDB_dbi dbi;
    MDB_val key = val_of(row->key);
    must(mdb_dbi_open(o.txn, row->table, 0, &dbi));
    must(mdb_del(o.txn, dbi, &key, NULL));
    close_file(&o);
}

size_t rows_overflow_pages(const char *dir)
{
    struct opened o = open_file(dir, MDB_RDONLY);
    struct arena arena;
    const char *names[TABLES_MAX];
    size_t pages = 0;
    arena_init(&arena, 0);
    size_t n = table_names(o.txn, &arena, names);
    for (size_t i = 0; i < n; i++) {
        MDB_dbi dbi;
        MDB_stat stat;
        must(mdb_dbi_open(o.txn, names[i], 0, &dbi));
        must(mdb_stat(o.txn, dbi, &stat));
        pages += stat.ms_overflow_pages;
    }
    arena_fini(&arena);
    close_file(&o);
    return pages;
}
