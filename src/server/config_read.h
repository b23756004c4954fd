/* server/config_read.h -- options from the command line, the environment and a file. */
#ifndef SERVER_CONFIG_READ_H
#define SERVER_CONFIG_READ_H

#include "base/why.h"
#include "server/config.h"

/* All options. ENVIRONMENT: "NAME=value" texts, NULL-terminated. *ret_help is set to "text",
 * "markdown" or "man" when --help was asked for (then nothing else counts). ERR_INVALID with the
 * sentence for the person in WHY; the result is to be freed in any case. */
MUST_CHECK enum err config_read(int argc, char *const *argv, char *const *environment,
                                struct config *ret, const char **ret_help, struct why *why);
void config_free(struct config *c);

#endif
