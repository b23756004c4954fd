/* disk/pages.h -- a reused buffer whose address is a multiple of 4096, as O_DIRECT wants it. */
#ifndef DISK_PAGES_H
#define DISK_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/why.h"

enum { PAGES_ALIGN = 4096 };

struct pages {
    uint8_t *p;
    size_t room; /* a multiple of PAGES_ALIGN */
};

/* Makes room for N bytes, forgetting what was there. ERR_SYSTEM if memory is out. */
MUST_CHECK enum err pages_reserve(struct pages *pages, size_t n, struct why *why);
void pages_fini(struct pages *pages);
/* Gives the memory back if it is more than KEEP bytes. */
void pages_shrink(struct pages *pages, size_t keep);

/* N rounded up to a whole number of pages. */
static inline uint64_t pages_round(uint64_t n)
{
    return (n + PAGES_ALIGN - 1) & ~(uint64_t)(PAGES_ALIGN - 1);
}

#endif
