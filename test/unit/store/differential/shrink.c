/* Greedy: runs of entries, then commands, then operations and compares are left out, the longest
 * runs first, until nothing more can be. */
#include "test/unit/store/differential/shrink.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "test/lib/tempdir.h"

enum { TRIAL_SECONDS = 60 };

struct trial {
    struct script *script;
    struct run_plan *plan;
};

static bool fails(const struct trial *t)
{
    char *dir = tempdir_new(); /* of the child, which may not live to clean up */
    fflush(stderr);
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        struct report r = { .text = "" };
        int quiet = open("/dev/null", O_WRONLY);
        dup2(quiet, STDERR_FILENO);
        setenv("TMPDIR", dir, 1);
        alarm(TRIAL_SECONDS);
        _exit(run_script(t->script, t->plan, &r) ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    tempdir_free(dir);
    return status != 0;
}

/* Leaves runs out of the array of N things of SIZE bytes; true if any could be. */
static bool shrink_array(const struct trial *t, void *array, size_t *n, size_t size)
{
    bool smaller = false;
    uint8_t *at = array;
    for (size_t run = *n; run > 0; run /= 2) {
        for (size_t i = 0; i + run <= *n;) {
            size_t old_n = *n, bytes = old_n * size;
            uint8_t *old = mem_alloc(bytes);
            memcpy(old, at, bytes);
            memmove(at + i * size, at + (i + run) * size, (old_n - i - run) * size);
            *n -= run;
            bool kept = fails(t);
            if (!kept) {
                memcpy(at, old, bytes);
                *n = old_n;
                i += run;
            }
            smaller = smaller || kept;
            mem_free(old);
        }
    }
    return smaller;
}

static bool shrink_txn(const struct trial *t, struct model_txn *txn)
{
    bool smaller = shrink_array(t, txn->then_ops, &txn->then_n, sizeof *txn->then_ops);
    smaller |= shrink_array(t, txn->else_ops, &txn->else_n, sizeof *txn->else_ops);
    smaller |= shrink_array(t, txn->compares, &txn->compare_n, sizeof *txn->compares);
    for (size_t i = 0; i < txn->then_n; i++)
        if (txn->then_ops[i].kind == MODEL_OP_TXN)
            smaller |= shrink_txn(t, txn->then_ops[i].txn);
    for (size_t i = 0; i < txn->else_n; i++)
        if (txn->else_ops[i].kind == MODEL_OP_TXN)
            smaller |= shrink_txn(t, txn->else_ops[i].txn);
    return smaller;
}

static bool shrink_entry(const struct trial *t, struct script_entry *entry)
{
    bool smaller = shrink_array(t, entry->commands, &entry->n, sizeof *entry->commands);
    for (size_t i = 0; i < entry->n; i++)
        if (entry->commands[i].kind == MODEL_COMMAND_TXN ||
            entry->commands[i].kind == MODEL_COMMAND_WRITES)
            smaller |= shrink_txn(t, entry->commands[i].txn);
    return smaller;
}

void shrink_script(struct script *script, struct run_plan *plan)
{
    struct trial t = { .script = script, .plan = plan };
    bool was_thorough = plan->thorough;
    plan->thorough = true;
    if (!fails(&t))
        plan->thorough = was_thorough;
    bool smaller = true;
    while (smaller) {
        smaller = shrink_array(&t, script->entries, &script->entry_n, sizeof *script->entries);
        for (size_t i = 0; i < script->entry_n; i++)
            smaller |= shrink_entry(&t, &script->entries[i]);
        fprintf(stderr, "shrunk to %zu entries, %zu operations\n", script->entry_n,
                script_operations(script));
    }
}
