/* Reference counts of what core hands out. */
#include "store/effects.h"

#include "base/mem.h"

struct batch *batch_ref(struct batch *b)
{
    atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
    return b;
}

void batch_unref(struct batch *b)
{
    if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
        return;
    arena_fini(&b->arena);
    mem_free(b);
}

struct effects *effects_ref(struct effects *e)
{
    atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
    return e;
}

void effects_unref(struct effects *e)
{
    if (atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) != 1)
        return;
    batch_unref(e->batch);
    struct arena arena = e->arena;
    arena_fini(&arena);
    mem_free(e);
}
