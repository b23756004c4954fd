/* Read transactions with the counters they see. */
#include "store/view.h"

#include "base/mem.h"
#include "store/lmdb_err.h"
#include "store/tables.h"

enum err view_open(struct store *store, struct view **ret)
{
    struct view *v = mem_zalloc(1, sizeof *v);
    v->store = store;
    enum err e = lmdb_err(mdb_txn_begin(store->env, NULL, MDB_RDONLY, &v->txn));
    if (e == OK)
        e = state_read(v->txn, store->dbi[TABLE_META], &v->state);
    if (e != OK) {
        view_close(v);
        return e;
    }
    *ret = v;
    return OK;
}

enum err view_renew(struct view *view)
{
    mdb_txn_reset(view->txn);
    enum err e = lmdb_err(mdb_txn_renew(view->txn));
    return e != OK ? e : state_read(view->txn, view->store->dbi[TABLE_META], &view->state);
}

void view_close(struct view *view)
{
    if (view == NULL)
        return;
    if (view->txn != NULL)
        mdb_txn_abort(view->txn);
    mem_free(view);
}

uint64_t view_revision(const struct view *view)
{
    return view->state.revision;
}

uint64_t view_system_revision(const struct view *view)
{
    return view->state.system_revision;
}

uint64_t view_compacted(const struct view *view, enum space space)
{
    return state_compacted(&view->state, space);
}

enum err view_check_revision(const struct view *view, enum space space, int64_t revision)
{
    if (revision <= 0)
        return OK;
    if ((uint64_t)revision > state_revision(&view->state, space))
        return ERR_FUTURE;
    return (uint64_t)revision < state_compacted(&view->state, space) ? ERR_COMPACTED : OK;
}

uint64_t view_applied_index(const struct view *view)
{
    return view->state.index;
}

uint64_t view_applied_term(const struct view *view)
{
    return view->state.term;
}

uint64_t view_age_ms(const struct view *view)
{
    return view->state.age_ms;
}

uint64_t view_wall_ms(const struct view *view)
{
    return view->state.wall_ms;
}
