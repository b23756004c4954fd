/* hub/ca_store.h -- the certificate authority's rows in SYSTEM: its root, with its key, and its
 * configuration. */
#ifndef HUB_CA_STORE_H
#define HUB_CA_STORE_H

#include "access/ca.h"
#include "hub/acl_read.h"
#include "store/txn.h"

/* ERR_NOT_FOUND: nobody has asked for one yet. */
MUST_CHECK enum err ca_root_get(const struct view *v, struct arena *arena, struct ca_root *ret,
                                struct acl_stamp *ret_stamp);
/* JSON; ERR_NOT_FOUND: nobody has changed it. */
MUST_CHECK enum err ca_config_get(const struct view *v, struct arena *arena, struct bytes *ret,
                                  struct acl_stamp *ret_stamp);
/* What a wait for changes of either hangs on. */
#define CA_KEYS "ca/"

/* The first root, in the arena; its transaction fails if there is one. */
const struct txn *ca_put_root(const struct ca_root *root, struct arena *arena);
const struct txn *ca_put_config(struct bytes config, struct arena *arena);

#endif
