/* The indexes that Consul walks for its lists, made for each answer. */
#include "faces/consul/acl/acl_order.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/identity.h"

static enum err read_one(const struct view *view, enum acl_row_kind kind, const struct uuid *id,
                         struct arena *arena, struct acl_listed *ret)
{
    enum err e = OK;
    switch (kind) {
    case ACL_ROW_TOKEN:
        e = acl_token_get(view, id, arena, &ret->token, &ret->stamp);
        ret->by = ret->token.secret;
        break;
    case ACL_ROW_POLICY:
        e = acl_policy_get(view, id, arena, &ret->policy, &ret->stamp);
        ret->by = e == OK ? fold_dup(ret->policy.name, arena) : ret->by;
        break;
    case ACL_ROW_ROLE:
        e = acl_role_get(view, id, arena, &ret->role, &ret->stamp);
        ret->by = e == OK ? fold_dup(ret->role.name, arena) : ret->by;
        break;
    default:
        e = ERR_INVALID;
        break;
    }
    return e;
}

static int compare(const void *a, const void *b)
{
    const struct acl_listed *x = a, *y = b;
    return bytes_cmp(x->by, y->by);
}

enum err acl_list_in_order(const struct view *view, enum acl_row_kind kind, struct arena *arena,
                           struct acl_listed **ret, size_t *ret_n)
{
    struct acl_texts ids;
    enum err e = acl_list(view, kind, arena, &ids);
    if (e != OK)
        return e;
    struct acl_listed *all = arena_zalloc(arena, ids.n + 1, sizeof *all);
    for (size_t i = 0; i < ids.n && e == OK; i++) {
        struct uuid id;
        memcpy(id.b, ids.all[i].p, UUID_BYTES);
        e = read_one(view, kind, &id, arena, &all[i]);
    }
    if (e == OK && ids.n > 0)
        qsort(all, ids.n, sizeof *all, compare);
    *ret = all;
    *ret_n = ids.n;
    return e;
}
