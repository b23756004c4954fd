/* Ranges read whole: one key, or all at once. */
#include "store/range.h"

#include "store/range_job.h"
#include "store/version.h"

bool range_holds(struct bytes from, struct bytes end, struct bytes key)
{
    if (end.n == 0)
        return bytes_eq(from, key);
    if (bytes_cmp(key, from) < 0)
        return false;
    return (end.n == 1 && end.p[0] == 0) || bytes_cmp(key, end) < 0;
}

/* -- one key ---------------------------------------------------------------------------------- */

/* The head of KEY, or what stood there at REVISION (0: newest). */
static enum err read_row(const struct view *view, enum space space, struct bytes key,
                         uint64_t revision, struct row *ret)
{
    struct bytes bytes;
    struct layered map = head_map(view, space);
    enum err e = layered_get(&map, key, &bytes);
    if (e == OK)
        e = head_row_read(bytes, ret);
    if (e == OK && revision != 0)
        e = version_at(view, space, ret, revision, ret);
    if (e == OK && ret->deleted)
        e = ERR_NOT_FOUND;
    return e;
}

enum err range_get(const struct view *view, enum space space, struct bytes key, uint64_t revision,
                   struct arena *arena, struct kv *ret)
{
    struct row row;
    enum err e = view_check_revision(view, space, (int64_t)revision);
    if (e == OK)
        e = read_row(view, space, key, revision, &row);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_KEY_NOT_FOUND : e;
    *ret = row_kv(space, key, &row);
    return OK;
}

/* -- ranges ----------------------------------------------------------------------------------- */

enum err range_read(const struct view *view, const struct range_query *query, struct arena *arena,
                    struct range_result *ret)
{
    struct range_job j;
    bool done;
    uint64_t rows = UINT64_MAX;
    enum err e = range_job_begin(&j, view, query, false, arena);
    if (e != OK)
        return e;
    e = range_job_step(&j, &rows, &done);
    if (e == OK)
        e = range_job_result(&j, ret);
    range_job_end(&j);
    return e;
}
