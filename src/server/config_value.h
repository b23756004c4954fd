/* server/config_value.h -- one option's value, from its text. */
#ifndef SERVER_CONFIG_VALUE_H
#define SERVER_CONFIG_VALUE_H

#include "base/why.h"
#include "server/config_table.h"

/* Sets ROW's field in C. SOURCE says where the text stands, for the person: "--name", "ETCD_NAME",
 * "muster.yaml: name". ERR_INVALID with the sentence in WHY. */
MUST_CHECK enum err config_set(struct config *c, const struct config_row *row, const char *text,
                               const char *source, struct why *why);
/* The default as a text: a choice's is the first. */
struct bytes config_default(const struct config_row *row);

#endif
