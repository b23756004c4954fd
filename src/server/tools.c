/* `muster snapshot status`, `muster snapshot restore`. */
#include "server/tools.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "replica/restore.h"
#include "server/arguments.h"

enum { BUMP = 1000000000 };

static void print_time(uint64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    printf("made      %s\n", text);
}

int tool_snapshot_status(int argc, char **argv)
{
    struct snapshot_facts facts;
    struct why why = { 0 };
    if (argc != 1 || argv[0][0] == '-')
        return say_usage("muster snapshot status FILE");
    enum err e = snapshot_verify(fs_posix(), argv[0], &facts, &why);
    if (e != OK)
        return say_error(why.text, "muster snapshot save FILE, for another one");
    printf("revision  %" PRIu64 "\nindex     %" PRIu64 "\nterm      %" PRIu64 "\ncluster   %" PRIx64
           "\nbytes     %" PRIu64 "\nblocks    %" PRIu64 "\n",
           facts.revision, facts.index, facts.term, facts.cluster_id, facts.bytes, facts.blocks);
    print_time(facts.wall_ms);
    printf("whole     yes, every checksum was read\n");
    return 0;
}

static int restore(const char *file, const char *dir, uint64_t bump)
{
    struct datadir *target;
    struct snapshot_facts facts;
    struct why why = { 0 };
    enum err e = datadir_open(dir, false, &target, &why);
    if (e != OK)
        return say_error(why.text,
                         "name a new directory: muster snapshot restore FILE --data-dir DIR");
    e = restore_directory(target, fs_posix(), file, bump, true, &facts, &why);
    datadir_close(target);
    if (e != OK)
        return say_error(why.text, e == ERR_EXISTS
                                       ? "muster snapshot restore FILE --data-dir NEW"
                                       : "muster snapshot status FILE says whether it is whole");
    printf("restored revision %" PRIu64 " as %" PRIu64 " into %s: a new cluster of one\n",
           facts.revision, facts.revision + bump, dir);
    fprintf(stderr, "next: muster serve --data-dir %s\n", dir);
    return 0;
}

int tool_snapshot_restore(int argc, char **argv)
{
    const char *file = NULL, *dir = NULL;
    uint64_t bump = BUMP;
    for (int i = 0; i < argc; i++) {
        const char *value;
        if (take_option(argc, argv, &i, "--data-dir", &value))
            dir = value;
        else if (take_option(argc, argv, &i, "--bump", &value)) {
            if (value == NULL || !text_u64(bytes_str(value), &bump))
                return say_error("--bump wants a number of revisions", NULL);
        } else if (argv[i][0] != '-' && file == NULL)
            file = argv[i];
        else
            file = dir = NULL, i = argc;
    }
    if (file == NULL || dir == NULL)
        return say_usage("muster snapshot restore FILE --data-dir DIR [--bump REVISIONS]");
    return restore(file, dir, bump);
}
