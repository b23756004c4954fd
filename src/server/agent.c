/* Consul's words become options of `muster serve`; from there on it is the same server. */
#include "server/agent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faces/consul/call/face.h"
#include "server/agent_help.h"
#include "server/agent_options.h"
#include "server/arguments.h"
#include "server/config_read.h"
#include "server/serve.h"

static enum err read_config(int argc, char **argv, struct arena *arena, struct config *config,
                            bool *ret_help, struct why *why)
{
    struct agent_config agent;
    struct agent_options options;
    struct buf ignored;
    const char *no_help;
    buf_init(&ignored, 1 << 20);
    *config = (struct config){ 0 };
    enum err e = agent_read(argc, argv, arena, &agent, why);
    *ret_help = e == OK && agent.wants_help;
    if (e == OK && !*ret_help)
        e = agent_options_make(&agent, arena, &options, &ignored, why);
    if (e == OK && !*ret_help) {
        e = config_read(options.argc, options.argv, environ, config, &no_help, why);
        buf_put_bytes(&config->ignored, buf_bytes(&ignored));
        config->as_consul = true;
        config->agent_argc = argc;
        config->agent_argv = argv;
    }
    buf_fini(&ignored);
    return e;
}

int agent_main(int argc, char **argv)
{
    struct arena arena;
    struct config config;
    struct why why = { 0 };
    bool wants_help;
    int code;
    arena_init(&arena, 0);
    enum err e = read_config(argc, argv, &arena, &config, &wants_help, &why);
    if (e != OK) {
        say_error(why.text, "muster agent -help");
        code = EXIT_ERROR; /* as Consul's; harnesses look no further than that it is not 0 */
    } else {
        code = wants_help ? (agent_help(), EXIT_OK) : serve_main(&config);
    }
    config_free(&config);
    arena_fini(&arena);
    return code;
}

static int consul_version(int argc, char **argv)
{
    bool json = false;
    for (int i = 0; i < argc; i++) {
        const char *form = NULL;
        const char *name = strncmp(argv[i], "--", 2) == 0 ? "--format" : "-format";
        if (!take_option(argc, argv, &i, name, &form) || form == NULL)
            return say_usage("consul version [-format=json]");
        json = strcmp(form, "json") == 0;
    }
    if (json)
        printf("{\n    \"Version\": \"" CONSUL_VERSION "\",\n    \"Revision\": \"%s\",\n"
               "    \"Prerelease\": \"\",\n    \"BuildDate\": \"1970-01-01T00:00:01Z\",\n"
               "    \"RPC\": {\n        \"Default\": 2,\n        \"Min\": 2,\n"
               "        \"Max\": 3\n    }\n}\n",
               MUSTER_VERSION);
    else
        printf("Consul v" CONSUL_VERSION "\nMuster %s answers as this version of Consul\n",
               MUSTER_VERSION);
    return EXIT_OK;
}

int agent_as_consul(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "agent") == 0)
        return agent_main(argc - 2, argv + 2);
    if (strcmp(verb, "version") == 0 || strcmp(verb, "--version") == 0 ||
        strcmp(verb, "-version") == 0 || strcmp(verb, "-v") == 0)
        return consul_version(argc > 2 ? argc - 2 : 0, argv + 2);
    fprintf(stderr,
            "error: this `consul` is Muster: it answers `agent` and `version`\n"
            "  next: use Consul's own command line for `consul %s`, it works with this server\n",
            verb);
    return EXIT_ERROR;
}
