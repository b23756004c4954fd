/* The heap, with one place that decides what happens when it is empty. */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static mem_out_fn out_hook;

void mem_set_out_hook(mem_out_fn hook)
{
    out_hook = hook;
}

static NORETURN void out_of_memory(size_t asked)
{
    if (out_hook != NULL)
        out_hook(asked);
    fprintf(stderr, "out of memory: %zu bytes asked for\n", asked);
    abort();
}

void *mem_alloc(size_t n)
{
    void *p = malloc(n == 0 ? 1 : n);
    if (p == NULL)
        out_of_memory(n);
    return p;
}

void *mem_zalloc(size_t count, size_t size)
{
    void *p = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    if (p == NULL)
        out_of_memory(size);
    return p;
}

void *mem_realloc(void *p, size_t n)
{
    void *q = realloc(p, n == 0 ? 1 : n);
    if (q == NULL)
        out_of_memory(n);
    return q;
}

void *mem_alloc_try(size_t n)
{
    return malloc(n == 0 ? 1 : n);
}

void *mem_realloc_try(void *p, size_t n)
{
    return realloc(p, n == 0 ? 1 : n);
}

void mem_free(void *p)
{
    free(p);
}
