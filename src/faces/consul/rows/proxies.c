#include "faces/consul/rows/proxies.h"

#include <string.h>

#include "base/text.h"
#include "catalog/index.h"
#include "catalog/key_read.h"
#include "catalog/publication.h"
#include "catalog/rows.h"
#include "catalog/virtual.h"
#include "faces/consul/rows/mesh.h"
#include "faces/consul/rows/rows_core.h"

/* -- one publication -------------------------------------------------------------------------- */

/* Most are not: those are told without being decoded. */
static bool may_be_proxy(struct bytes row)
{
    static const char kind[] = "connect-proxy";
    return memmem(row.p, row.n, kind, sizeof kind - 1) != NULL;
}

/* Whom it stands in front of; empty: it is no proxy. */
static enum err read_proxy(const struct keyed_row *row, struct arena *arena, struct bytes *ret)
{
    struct publication said;
    struct consul_extras extras;
    struct owner owner;
    *ret = bytes_str("");
    enum err e = publication_key_owner(row->key, &owner);
    if (e != OK || owner.face != FACE_CONSUL)
        return e;
    e = publication_read(row->row.value, arena, &said);
    if (e == OK)
        e = consul_extras_read(said.extras, arena, &extras);
    if (e == OK && !consul_extras_are_proxy(&extras, arena, ret))
        *ret = bytes_str("");
    return e;
}

/* -- all of them ------------------------------------------------------------------------------ */

struct reading {
    const struct consul_rows *rows;
    struct consul_proxy_list *list;
    struct service_id before; /* the service of the last pairs, which begin at FIRST */
    size_t first;
};

/* As its first owner wrote it. */
static enum err shown_name(const struct reading *r, const struct service_id *id, struct bytes *ret)
{
    struct service_state state;
    enum err e = service_state_get(r->rows->view, id, &state);
    if (e == OK)
        *ret = consul_rows_word(r->rows, state.group, state.name);
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
}

static enum err add(struct reading *r, const struct keyed_row *row, struct bytes of)
{
    struct consul_proxy_list *list = r->list;
    struct service_id id;
    struct bytes in;
    if (publication_key_service(row->key, &id) != OK)
        return ERR_DAMAGED;
    if (list->n == 0 || !bytes_eq(r->before.group, id.group) ||
        !bytes_eq(r->before.name, id.name)) {
        enum err e = shown_name(r, &id, &in);
        if (e != OK)
            return e;
        r->before = id;
        r->first = list->n;
    } else {
        in = list->all[r->first].in;
    }
    for (size_t i = r->first; i < list->n; i++)
        if (text_eq_nocase(list->all[i].of, of))
            return OK;
    list->all[list->n++] = (struct consul_proxies){ of, in };
    return OK;
}

enum err consul_proxies_read(const struct view *view, struct arena *arena,
                             struct consul_proxy_list *ret)
{
    const struct consul_rows from = { .view = view, .arena = arena };
    struct reading r = { .rows = &from, .list = ret };
    struct buf prefix;
    struct rows rows;
    size_t n = 0;
    *ret = (struct consul_proxy_list){ .n = 0 };
    buf_init(&prefix, ROWS_KEY_MAX);
    publications_prefix(consul_rows_ns(), &prefix);
    enum err e = rows_read(draft_new(view, arena), buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    for (size_t i = 0; i < rows.n; i++)
        n += may_be_proxy(rows.all[i].row.value);
    ret->all = arena_zalloc(arena, n + 1, sizeof *ret->all);
    for (size_t i = 0; i < rows.n && e == OK; i++) {
        struct bytes of = { 0 };
        if (!may_be_proxy(rows.all[i].row.value))
            continue;
        e = consul_rows_damage(read_proxy(&rows.all[i], arena, &of));
        if (e == OK && of.n > 0)
            e = add(&r, &rows.all[i], of);
    }
    return e;
}

/* -- of one service --------------------------------------------------------------------------- */

bool consul_proxies_have(const struct consul_proxy_list *list, struct bytes service)
{
    for (size_t i = 0; i < list->n; i++)
        if (text_eq_nocase(list->all[i].of, service))
            return true;
    return false;
}

enum err consul_proxies_of(const struct view *view, struct bytes service, struct arena *arena,
                           struct bytes **ret, size_t *ret_n)
{
    struct virtual_address address;
    struct consul_proxy_list list;
    *ret_n = 0;
    *ret = NULL;
    enum err e = virtual_get(view, consul_rows_ns(), service, arena, &address);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    e = consul_proxies_read(view, arena, &list);
    if (e != OK)
        return e;
    *ret = arena_zalloc(arena, list.n + 1, sizeof **ret);
    for (size_t i = 0; i < list.n; i++)
        if (text_eq_nocase(list.all[i].of, service))
            (*ret)[(*ret_n)++] = list.all[i].in;
    return OK;
}
