/* Downloads into FILE.part and renames it when all has come: a name that is there is whole. */
#include "cli/snapshot_save.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/http_download.h"

enum {
    EXIT_FAILED = 1,
    EXIT_WRONG_USE = 2,
    EXIT_NOT_REACHED = 6,
    PATH_BYTES = 4096,
    URL_BYTES = 1024
};

struct saving {
    FILE *file;
    uint64_t bytes;
};

static enum err take(void *ctx, struct bytes piece)
{
    struct saving *s = ctx;
    s->bytes += piece.n;
    return fwrite(piece.p, 1, piece.n, s->file) == piece.n ? OK : ERR_IO;
}

static int fail_with(const char *what, const char *next, int code)
{
    fprintf(stderr, "error: %s\n  next: %s\n", what, next);
    return code;
}

/* A name is on disk when its folder is. */
static bool sync_folder(const char *file)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s", file); /* dirname writes into it */
    int fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    close(fd);
    return synced;
}

/* The file is on disk under its own name, or it is not there. */
static enum err put_in_place(struct saving *s, const char *part, const char *file, struct why *why)
{
    bool written = fflush(s->file) == 0 && fsync(fileno(s->file)) == 0;
    written = fclose(s->file) == 0 && written;
    if (written && rename(part, file) == 0 && sync_folder(file))
        return OK;
    return why_set(why, ERR_IO, "cannot write '%s': %s", file, strerror(errno));
}

static int save(const char *server, const char *file)
{
    char part[PATH_BYTES], url[URL_BYTES];
    struct why why = { 0 };
    size_t server_n = strlen(server);
    while (server_n > 0 && server[server_n - 1] == '/')
        server_n--;
    int part_n = snprintf(part, sizeof part, "%s.part", file);
    int url_n = snprintf(url, sizeof url, "%.*s/api/v1/cluster/snapshot", (int)server_n, server);
    if (part_n >= (int)sizeof part || url_n >= (int)sizeof url)
        return fail_with("a file name or an address is too long", "choose a shorter one",
                         EXIT_WRONG_USE);
    struct saving s = { .file = fopen(part, "wbe") };
    if (s.file == NULL) {
        why_set(&why, ERR_IO, "cannot write '%s': %s", part, strerror(errno));
        return fail_with(why.text, "choose another file", EXIT_FAILED);
    }
    enum err e = http_download(url, take, &s, &why);
    if (e != OK) {
        fclose(s.file);
        unlink(part);
        return e == ERR_CLOSED
                   ? fail_with(why.text,
                               "muster serve --dev                     starts one here\n"
                               "        muster snapshot save FILE --server URL says where yours is",
                               EXIT_NOT_REACHED)
                   : fail_with(why.text, "muster snapshot save FILE, once more", EXIT_FAILED);
    }
    if (put_in_place(&s, part, file, &why) != OK)
        return fail_with(why.text, "make room or choose another file", EXIT_FAILED);
    printf("saved %" PRIu64 " bytes to %s\n", s.bytes, file);
    fprintf(stderr, "next: muster snapshot status %s\n", file);
    return 0;
}

int cli_snapshot_save(int argc, char **argv)
{
    const char *server = getenv("MUSTER_SERVER"), *file = NULL;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--server") == 0 && i + 1 < argc)
            server = argv[++i];
        else if (strncmp(argv[i], "--server=", 9) == 0)
            server = argv[i] + 9;
        else if (argv[i][0] != '-' && file == NULL)
            file = argv[i];
        else
            file = NULL, argc = 0;
    }
    if (file == NULL) {
        fprintf(stderr, "usage: muster snapshot save FILE [--server URL]\n");
        return EXIT_WRONG_USE;
    }
    return save(server == NULL || server[0] == 0 ? "http://127.0.0.1:6878" : server, file);
}
