/* Aligned memory. Sizes come from limits of the log (at most 128 MiB), so running out is reported
 * and not assumed away. */
#include "disk/pages.h"

#include <stdlib.h>

enum err pages_reserve(struct pages *pages, size_t n, struct why *why)
{
    if (n <= pages->room)
        return OK;
    size_t room = pages->room < 65536 ? 65536 : pages->room * 2;
    if (room < n)
        room = (size_t)pages_round(n);
    void *p = aligned_alloc(PAGES_ALIGN, room);
    if (p == NULL)
        return why_set(why, ERR_SYSTEM, "disk: no memory for a buffer of %zu bytes", room);
    free(pages->p);
    *pages = (struct pages){ .p = p, .room = room };
    return OK;
}

void pages_fini(struct pages *pages)
{
    free(pages->p);
    *pages = (struct pages){ 0 };
}

void pages_shrink(struct pages *pages, size_t keep)
{
    if (pages->room > keep)
        pages_fini(pages);
}
