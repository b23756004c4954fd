#include "net/chunk.h"

#include "base/mem.h"

struct chunk *chunk_new(struct bytes bytes)
{
    struct chunk *c = mem_alloc(sizeof(*c) + bytes.n);
    c->refs = 1;
    c->n = bytes.n;
    if (bytes.n > 0)
        memcpy(c->p, bytes.p, bytes.n);
    return c;
}

struct chunk *chunk_ref(struct chunk *c)
{
    c->refs++;
    return c;
}

void chunk_unref(struct chunk *c)
{
    if (c != NULL && --c->refs == 0)
        mem_free(c);
}
