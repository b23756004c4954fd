/* The `muster` program: picks the verb. */
#include <stdio.h>
#include <string.h>

#include "cli/snapshot_save.h"
#include "server/arguments.h"
#include "server/config.h"
#include "server/serve.h"
#include "server/tools.h"

extern char **environ;

struct verb {
    const char *noun, *verb, *help;
    int (*run)(int argc, char **argv);
};

static int serve(int argc, char **argv)
{
    struct config config;
    struct why why = { 0 };
    const char *help;
    enum err e = config_read(argc, argv, environ, &config, &help, &why);
    int code = EXIT_OK;
    if (e == OK && help != NULL) {
        struct buf out;
        buf_init(&out, 1 << 20);
        config_help(help, &out);
        fwrite(out.p, 1, out.n, stdout);
        buf_fini(&out);
    } else if (e == OK) {
        code = serve_main(&config);
    } else {
        say_error(why.text, "muster serve --help");
        code = EXIT_USAGE;
    }
    config_free(&config);
    return code;
}

static int version(int argc, char **argv)
{
    const char *form = "";
    for (int i = 0; i < argc; i++)
        if (!take_option(argc, argv, &i, "-o", &form) || form == NULL)
            return say_usage("muster version [-o json]");
    if (strcmp(form, "json") == 0)
        printf("{\"version\":\"%s\",\"etcd\":\"3.6.14\"}\n", MUSTER_VERSION);
    else
        printf("muster %s (answers as etcd 3.6.14)\n", MUSTER_VERSION);
    return EXIT_OK;
}

static int help(int argc, char **argv);

static const struct verb verbs[] = {
    { "serve", NULL, "run the registry (--dev: throw-away, says what to try)", serve },
    { "snapshot", "save", "FILE: a snapshot of a running server", cli_snapshot_save },
    { "snapshot", "status", "FILE: what is in it; reads every checksum", tool_snapshot_status },
    { "snapshot", "restore", "FILE --data-dir DIR: a new cluster from it", tool_snapshot_restore },
    { "log", "dump", "--data-dir DIR: each command, who, from where, why", tool_log_dump },
    { "version", NULL, "what this is", version },
    { "help", NULL, "this", help },
};

static int help(int argc, char **argv)
{
    printf(
        "Muster: one registry that speaks your services' protocols.\n\nusage: muster NOUN [VERB] "
        "[options]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        const char *verb = verbs[i].verb == NULL ? "" : verbs[i].verb;
        printf("  %-9s %-8s %s\n", verbs[i].noun, verb, verbs[i].help);
    }
    printf("\nFirst: muster serve --dev\n\nExit codes: 0 done, 1 failed, 2 usage, 6 server not "
           "reachable, 70 the disk failed.\n");
    return EXIT_OK;
}

/* The verbs of a noun, or everything: what could have been meant. */
static int unknown(const char *noun)
{
    fprintf(stderr, "error: there is no such verb%s%s\n", noun == NULL ? "" : ": ",
            noun == NULL ? "" : noun);
    for (size_t i = 0; noun != NULL && i < ARRAY_LEN(verbs); i++)
        if (strncmp(verbs[i].noun, noun, 2) == 0)
            fprintf(stderr, "  did you mean: muster %s%s%s\n", verbs[i].noun,
                    verbs[i].verb == NULL ? "" : " ", verbs[i].verb == NULL ? "" : verbs[i].verb);
    fprintf(stderr, "  next: muster help\n");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const char *noun = argc > 1 ? argv[1] : "help";
    if (strcmp(noun, "--version") == 0)
        noun = "version";
    else if (strcmp(noun, "--help") == 0 || strcmp(noun, "-h") == 0)
        noun = "help";
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        const struct verb *v = &verbs[i];
        int used = v->verb == NULL ? 2 : 3;
        if (strcmp(v->noun, noun) != 0 ||
            (v->verb != NULL && (argc < 3 || strcmp(argv[2], v->verb) != 0)))
            continue;
        return v->run(argc > used ? argc - used : 0, argv + (argc > used ? used : argc));
    }
    return unknown(noun);
}
