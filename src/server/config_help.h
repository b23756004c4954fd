/* server/config_help.h -- the table of options as pages: --help, reference, manual. */
#ifndef SERVER_CONFIG_HELP_H
#define SERVER_CONFIG_HELP_H

#include "base/buf.h"

/* FORM: "text", "markdown" or "man"; anything else is text. */
void config_help(const char *form, struct buf *out);

#endif
