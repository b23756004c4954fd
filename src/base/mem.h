/* base/mem.h -- memory from the heap.
 *
 * Small allocations cannot fail: they abort through one hook. A size that comes from outside is
 * first held against a limit and then asked with the _try form. All functions are thread-safe. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/compiler.h"

/* N bytes, not cleared. N may be 0. Never NULL. */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));
/* COUNT times SIZE bytes, zeroed; aborts on overflow. Never NULL. */
void *mem_zalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Grows or shrinks P (NULL: allocates). Never NULL. */
void *mem_realloc(void *p, size_t n) __attribute__((returns_nonnull));
/* N bytes or NULL. */
MUST_CHECK void *mem_alloc_try(size_t n);
/* Grows P or returns NULL, P staying valid. */
MUST_CHECK void *mem_realloc_try(void *p, size_t n);
void mem_free(void *p);

/* Called once before abort when memory is out; may not return to the caller's advantage. */
typedef void (*mem_out_fn)(size_t asked);
void mem_set_out_hook(mem_out_fn hook);

#endif
