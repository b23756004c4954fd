/* server/config_table.h -- the rows of config.h's table as data: config*.c only. */
#ifndef SERVER_CONFIG_TABLE_H
#define SERVER_CONFIG_TABLE_H

#include "server/config.h"

struct config_row {
    size_t offset;
    enum config_kind kind;
    const char *flag, *initial;
    uint64_t least, most;
    const char *etcd, *section, *help;
};

extern const struct config_row config_rows[];
extern const size_t config_row_n;

/* By our name or etcd's; *ret_etcd: it was etcd's and ours is another. NULL. */
const struct config_row *config_find(struct bytes name, bool *ret_etcd);

/* NAME is etcd's for ROW, with or without "experimental-" before it. */
bool config_is_etcds(const struct config_row *row, struct bytes name);

/* etcd's options that have no meaning here. */
enum config_etcd_verdict { CONFIG_ETCD_UNKNOWN, CONFIG_ETCD_IGNORED, CONFIG_ETCD_REFUSED };
enum config_etcd_verdict config_etcd_option(struct bytes name, const char **ret_reason,
                                            bool *ret_is_switch);
/* Ours or etcd's, with a meaning here or not. */
bool config_is_known(struct bytes name);
/* The known name nearest to NAME, or NULL if none is near. */
const char *config_nearest(struct bytes name);

#endif
