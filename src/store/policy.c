#include "store/policy.h"

#include "store/row.h"
#include "store/tables.h"

enum err policy_revision(const struct view *view, uint64_t *ret)
{
    struct bytes bytes;
    struct row head;
    struct layered map = head_map(view, SPACE_SYSTEM);
    enum err e = layered_get(&map, bytes_str(POLICY_KEY), &bytes);
    if (e == OK)
        e = head_row_read(bytes, &head);
    if (e == OK || e == ERR_NOT_FOUND)
        *ret = e == OK ? head.place.revision : 0;
    return e == ERR_NOT_FOUND ? OK : e;
}
