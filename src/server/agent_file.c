/* Plain reading, whole files. */
#include "server/agent_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "wire/hcl.h"

static bool has_ending(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcmp(dot, ".json") == 0 || strcmp(dot, ".hcl") == 0);
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum err cannot_read(const struct agent_files *files, const char *path, int number)
{
    return why_set(files->why, ERR_INVALID, "cannot read '%s': %s", path, strerror(number));
}

/* One byte above the limit tells that there is more. */
static bool read_all(FILE *file, struct buf *out)
{
    char piece[16384];
    size_t n;
    while (out->n <= HCL_TEXT_MAX && (n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_put_bytes(out, bytes_of(piece, n));
    return ferror(file) == 0;
}

static enum err read_whole(const struct agent_files *files, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cannot_read(files, path, errno);
    struct buf text;
    buf_init(&text, 2 * HCL_TEXT_MAX);
    bool read = read_all(file, &text);
    fclose(file);
    const char *name = arena_printf(files->arena, "%s", path);
    struct bytes whole = arena_dup(files->arena, buf_bytes(&text));
    buf_fini(&text);
    return read ? files->take(files->ctx, name, whole) : cannot_read(files, path, EIO);
}

enum err agent_file_read(const struct agent_files *files, const char *path)
{
    if (is_directory(path))
        return agent_dir_read(files, path);
    if (!files->any_name && !has_ending(path))
        return why_set(files->why, ERR_INVALID,
                       "'%s' must end in .hcl or .json, or -config-format must be given", path);
    return read_whole(files, path);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

enum err agent_dir_read(const struct agent_files *files, const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_visible, alphasort);
    if (n < 0)
        return cannot_read(files, path, errno);
    enum err e = OK;
    for (int i = 0; i < n; i++) {
        const char *one = arena_printf(files->arena, "%s/%s", path, entries[i]->d_name);
        if (e == OK && !is_directory(one) && (files->any_name || has_ending(one)))
            e = read_whole(files, one);
        free(entries[i]);
    }
    free(entries);
    return e;
}
