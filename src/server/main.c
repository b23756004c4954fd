/* The `muster` program; and, by that name, what starts where Consul's is expected. */
#include <stdbool.h>
#include <string.h>

#include "server/agent.h"
#include "server/verbs.h"

static bool is_called_consul(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash == NULL ? path : slash + 1, "consul") == 0;
}

int main(int argc, char **argv)
{
    return argc > 0 && is_called_consul(argv[0]) ? agent_as_consul(argc, argv)
                                                 : verbs_run(argc, argv);
}
