/* One table holds every verb; `muster help`, its pages and the suggestions come from it. */
#include "server/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/snapshot_save.h"
#include "faces/consul/call/face.h"
#include "faces/etcd/face.h"
#include "server/agent.h"
#include "server/agent_help.h"
#include "server/arguments.h"
#include "server/config_help.h"
#include "server/config_read.h"
#include "server/nearest.h"
#include "server/serve.h"
#include "server/tools.h"

struct verb {
    const char *noun, *verb; /* "": the noun says it all */
    const char *arguments, *help, *example;
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
    bool json = false;
    for (int i = 0; i < argc; i++) {
        const char *form = NULL;
        if (!take_option(argc, argv, &i, "-o", &form) || form == NULL ||
            (strcmp(form, "json") != 0 && strcmp(form, "text") != 0))
            return say_usage("muster version [-o text|json]");
        json = strcmp(form, "json") == 0;
    }
    if (json)
        printf("{\"version\":\"%s\",\"etcd\":\"%s\"}\n", MUSTER_VERSION, ETCD_ANSWERS_AS);
    else
        printf("muster %s (answers as etcd %s)\n", MUSTER_VERSION, ETCD_ANSWERS_AS);
    return EXIT_OK;
}

static int help(int argc, char **argv);

static const struct verb verbs[] = {
    { "serve", "", "[--dev] [--option value ...]", "run the registry", "muster serve --dev",
      serve },
    { "agent", "", "[-dev] [-server] [-config-file FILE] [-config-dir DIR] [flags]",
      "run it as Consul's agent, by Consul's flags and files", "muster agent -dev", agent_main },
    { "snapshot", "save", "FILE [--server URL]", "save a snapshot of a running server",
      "muster snapshot save backup.snapshot", cli_snapshot_save },
    { "snapshot", "status", "FILE", "say what is in a snapshot; reads every checksum",
      "muster snapshot status backup.snapshot", tool_snapshot_status },
    { "snapshot", "restore", "FILE --data-dir DIR [--bump REVISIONS]",
      "make the data directory of a new cluster from a snapshot",
      "muster snapshot restore backup.snapshot --data-dir restored", tool_snapshot_restore },
    { "log", "dump", "--data-dir DIR [--from INDEX] [--to INDEX] [-o text|json]",
      "show each command in the log: who, from where, why, what",
      "muster log dump --data-dir muster-data --from 1000", tool_log_dump },
    { "version", "", "[-o text|json]", "say what this is", "muster version", version },
    { "help", "", "[NOUN]", "say what there is", "muster help snapshot", help },
};

static const struct {
    int code;
    const char *means;
} exit_codes[] = {
    { EXIT_OK, "done" },
    { EXIT_ERROR, "failed" },
    { EXIT_USAGE, "not a command or option there is" },
    { EXIT_UNREACHABLE, "the server cannot be reached" },
    { 70, "the disk failed: the server stopped at once, before it acknowledged anything" },
};

static const char *const variables[][2] = {
    { "MUSTER_SERVER", "the server of `muster snapshot save`; default http://127.0.0.1:6878" },
};

/* -- help ------------------------------------------------------------------------------------- */

static void text_help(const char *noun)
{
    if (noun == NULL)
        printf("Muster: one service registry that speaks your services' protocols.\n\n");
    printf("usage: muster NOUN [VERB] [options]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (noun == NULL || strcmp(verbs[i].noun, noun) == 0)
            printf("  muster %s%s%s %s\n      %s\n", verbs[i].noun, verbs[i].verb[0] ? " " : "",
                   verbs[i].verb, verbs[i].arguments, verbs[i].help);
    printf("\nexamples:\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (noun == NULL || strcmp(verbs[i].noun, noun) == 0)
            printf("  %s\n", verbs[i].example);
    printf("\nexit codes:\n");
    for (size_t i = 0; i < ARRAY_LEN(exit_codes); i++)
        printf("  %2d  %s\n", exit_codes[i].code, exit_codes[i].means);
}

static void markdown_help(void)
{
    printf("# The `muster` command\n\nMade by `muster help --markdown`. Options of `muster serve`: "
           "[flags.md](flags.md).\nData goes to standard output, everything for people to "
           "standard error.\n\n| command | what it does |\n|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        printf("| `muster %s%s%s ", verbs[i].noun, verbs[i].verb[0] ? " " : "", verbs[i].verb);
        for (const char *at = verbs[i].arguments; *at != 0; at++)
            printf("%s%c", *at == '|' ? "\\" : "", *at);
        printf("` | %s |\n", verbs[i].help);
    }
    printf("\n| exit code | means |\n|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(exit_codes); i++)
        printf("| %d | %s |\n", exit_codes[i].code, exit_codes[i].means);
    printf("\n| variable | means |\n|---|---|\n");
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        printf("| `%s` | %s |\n", variables[i][0], variables[i][1]);
}

static void print_roff(const char *text)
{
    for (; *text != 0; text++)
        if (*text == '\'')
            fputs("\\(aq", stdout);
        else
            printf("%s%c", *text == '-' || *text == '\\' ? "\\" : "", *text);
}

static void man_help(void)
{
    printf(".TH MUSTER 1 \"\" \"Muster\" \"Muster manual\"\n.SH NAME\nmuster \\- one service "
           "registry that speaks your services\\(aq protocols\n.SH SYNOPSIS\n.B muster\n"
           "\\fInoun\\fR [\\fIverb\\fR] [\\fIoptions\\fR]\n.SH COMMANDS\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        printf(".TP\n.B muster %s %s ", verbs[i].noun, verbs[i].verb);
        print_roff(verbs[i].arguments);
        printf("\n");
        print_roff(verbs[i].help);
        printf("%s.\n", i == 0 ? ": muster\\-serve(1)" : "");
    }
    printf(".SH EXIT STATUS\n");
    for (size_t i = 0; i < ARRAY_LEN(exit_codes); i++) {
        printf(".TP\n%d\n", exit_codes[i].code);
        print_roff(exit_codes[i].means);
        printf("\n");
    }
    printf(".SH ENVIRONMENT\n");
    for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
        printf(".TP\n%s\n", variables[i][0]);
        print_roff(variables[i][1]);
        printf("\n");
    }
    printf(".SH SEE ALSO\n.BR muster\\-serve (1)\n");
}

static int unknown(const char *noun, const char *verb);

static bool is_noun(const char *noun)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].noun, noun) == 0)
            return true;
    return false;
}

static void consul_page(void)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    consul_compat_page(&out);
    fwrite(out.p, 1, out.n, stdout);
    buf_fini(&out);
}

static int help(int argc, char **argv)
{
    if (argc > 1)
        return say_usage("muster help [NOUN]");
    if (argc == 1 && strcmp(argv[0], "--markdown") == 0)
        markdown_help();
    else if (argc == 1 && strcmp(argv[0], "--man") == 0)
        man_help();
    else if (argc == 1 && strcmp(argv[0], "--consul") == 0)
        consul_page();
    else if (argc == 1 && strcmp(argv[0], "--consul-agent") == 0)
        agent_page();
    else if (argc == 1 && !is_noun(argv[0]))
        return unknown(argv[0], NULL);
    else
        text_help(argc == 1 ? argv[0] : NULL);
    return EXIT_OK;
}

/* -- finding ---------------------------------------------------------------------------------- */

/* VERB NULL: a noun that there is not. */
static int unknown(const char *noun, const char *verb)
{
    struct nearest n = nearest_begin(bytes_str(verb == NULL ? noun : verb));
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (verb == NULL)
            nearest_offer(&n, verbs[i].noun);
        else if (strcmp(verbs[i].noun, noun) == 0)
            nearest_offer(&n, verbs[i].verb);
    fprintf(stderr, "error: there is no `muster %s%s%s`\n", noun, verb == NULL ? "" : " ",
            verb == NULL ? "" : verb);
    if (n.best != NULL && verb == NULL)
        fprintf(stderr, "  did you mean: muster %s\n", n.best);
    else if (n.best != NULL)
        fprintf(stderr, "  did you mean: muster %s %s\n", noun, n.best);
    fprintf(stderr, "  next: muster help%s%s\n", verb == NULL ? "" : " ", verb == NULL ? "" : noun);
    return EXIT_USAGE;
}

int verbs_run(int argc, char **argv)
{
    const char *noun = argc > 1 ? argv[1] : "help";
    if (strcmp(noun, "--version") == 0)
        noun = "version";
    else if (strcmp(noun, "--help") == 0 || strcmp(noun, "-h") == 0)
        noun = "help";
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        const struct verb *v = &verbs[i];
        int used = v->verb[0] == 0 ? 2 : 3;
        if (strcmp(v->noun, noun) == 0 &&
            (used == 2 || (argc > 2 && strcmp(argv[2], v->verb) == 0)))
            return v->run(argc > used ? argc - used : 0, argv + (argc > used ? used : argc));
    }
    if (!is_noun(noun))
        return unknown(noun, NULL);
    if (argc > 2 && argv[2][0] != '-')
        return unknown(noun, argv[2]);
    text_help(noun); /* a noun alone: what can be done with it */
    return argc > 2 ? EXIT_OK : EXIT_USAGE;
}
