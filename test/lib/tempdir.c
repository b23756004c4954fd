/* Folders made by mkdtemp, removed bottom up. */
#include "test/lib/tempdir.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"

enum { DESCRIPTORS = 16 };

char *tempdir_new(void)
{
    static const char name[] = "/muster-test-XXXXXX";
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == 0)
        parent = "/tmp";
    size_t n = strlen(parent);
    char *path = mem_alloc(n + sizeof name);
    memcpy(path, parent, n);
    memcpy(path + n, name, sizeof name);
    char *made = mkdtemp(path);
    assert(made != NULL);
    return made;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

static int drop_below(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return at->level == 0 ? 0 : remove(path);
}

void tempdir_empty(const char *path)
{
    IGNORE(nftw(path, drop_below, DESCRIPTORS, FTW_DEPTH | FTW_PHYS)); /* the next use would fail */
}

void tempdir_free(char *path)
{
    if (path == NULL)
        return;
    IGNORE(nftw(path, drop, DESCRIPTORS, FTW_DEPTH | FTW_PHYS)); /* a leftover harms no test */
    mem_free(path);
}
