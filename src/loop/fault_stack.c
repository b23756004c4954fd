/* Second stacks. */
#include "loop/fault_stack.h"

#include <assert.h>
#include <signal.h>
#include <stddef.h>

#include "base/mem.h"

/* A frame of the kernel's holds all registers, 11 KiB with the widest of today's. */
enum { STACK_BYTES = 64 * 1024 };

void fault_stack_init(struct fault_stack *s)
{
    stack_t old;
    *s = (struct fault_stack){ 0 };
    int failed = sigaltstack(NULL, &old);
    assert(failed == 0);
    if ((old.ss_flags & SS_DISABLE) == 0)
        return;
    s->bytes = mem_alloc(STACK_BYTES);
    failed = sigaltstack(&(stack_t){ .ss_sp = s->bytes, .ss_size = STACK_BYTES }, NULL);
    assert(failed == 0);
}

void fault_stack_fini(struct fault_stack *s)
{
    if (s->bytes == NULL)
        return;
    int failed = sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
    assert(failed == 0);
    mem_free(s->bytes);
    s->bytes = NULL;
}
