/* From the table of keys. */
#include "server/agent_help.h"

#include <stdio.h>

#include "server/agent_keys.h"

/* What becomes of a key, in words; REFUSED's reason follows. */
static const char *use_text(const struct agent_key *k)
{
    switch (k->use) {
    case AGENT_OPTION:
    case AGENT_OWN:
    case AGENT_DEFINES:
        return "works";
    case AGENT_UNUSED:
        return "taken and listed at the start: it has no meaning here";
    case AGENT_REFUSED:
        break;
    }
    return "refused: ";
}

void agent_help(void)
{
    printf("usage: muster agent [-dev] [-server] [-config-file FILE] [-config-dir DIR] [flags]\n\n"
           "Starts as Consul's agent does: its flags and its JSON and HCL files are understood,\n"
           "its ports are opened and nothing else is. Options of `muster serve` are taken too,\n"
           "and count more.\n\n"
           "  -dev                          a server to try, with data that is thrown away\n"
           "  -config-file FILE             a file in JSON or HCL; may be given again\n"
           "  -config-dir DIR               all of a directory that end in .json or .hcl\n"
           "  -config-format FORMAT         read files of other endings too\n"
           "  -hcl TEXT                     a piece of configuration\n");
    for (size_t i = 0; i < agent_key_n; i++)
        if (agent_keys[i].flag[0] != 0)
            printf("  -%-28s %s: %s%s\n", agent_keys[i].flag, agent_keys[i].path,
                   use_text(&agent_keys[i]),
                   agent_keys[i].use == AGENT_REFUSED ? agent_keys[i].note : "");
}

void agent_page(void)
{
    printf(
        "# `muster agent`: started as Consul's agent is\n\n"
        "Made by `muster help --consul-agent`. `muster agent`, or a link to `muster` that is "
        "called "
        "`consul`, takes the flags\nand the files of `consul agent` (1.21): HTTP on 8500 and DNS "
        "on 8600 are opened, HTTPS and gRPC where they are asked for, and none of\nMuster's other "
        "faces. "
        "Options of [`muster serve`](flags.md) are taken too and count more. A key that is "
        "refused may stand\nthere with nothing, `false`, `0` or `1`; a key that is not in this "
        "table stops the start. `-dev` or `-server` must be given:\nevery Muster is a server. "
        "An address that others reach wants `-insecure-no-auth` or client certificates, as with "
        "`muster serve`.\nThe environment's `CONSUL_LOCAL_CONFIG`, which Consul's container "
        "image keeps as a file, is read before all files.\n\nServices and checks of the files are "
        "registered at the start, on this "
        "node, "
        "as by its API; SIGHUP and\n`/v1/agent/reload` read the files again, and a stop takes out "
        "what they defined and nothing else. A definition\nthat cannot be taken stops the "
        "start.\n\n| key | flag | here |\n|---|---|---|\n");
    for (size_t i = 0; i < agent_key_n; i++) {
        const struct agent_key *k = &agent_keys[i];
        printf("| `%s` | %s%s%s | %s%s%s%s |\n", k->path, k->flag[0] == 0 ? "" : "`-", k->flag,
               k->flag[0] == 0 ? "" : "`", use_text(k), k->use == AGENT_OPTION ? ": `--" : "",
               k->use == AGENT_OPTION || k->use == AGENT_REFUSED ? k->note : "",
               k->use == AGENT_OPTION ? "`" : "");
    }
}
