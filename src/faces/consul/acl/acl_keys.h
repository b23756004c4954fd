/* faces/consul/acl/acl_keys.h -- the keys of those who sign tokens, fetched when a login wants them
 * and kept by the thread.
 *
 * What was fetched serves for some minutes; a token by a key that is not among them has them
 * fetched again, but not more often than every few seconds, whatever is sent here. Logins that want
 * the same keys wait for one fetch. If the signer cannot be reached, what is kept serves for an
 * hour. */
#ifndef FACES_CONSUL_ACL_ACL_KEYS_H
#define FACES_CONSUL_ACL_ACL_KEYS_H

#include "access/jwt_method.h"
#include "faces/consul/call/call.h"

enum {
    ACL_KEYS_FRESH_MS = 10 * 60 * 1000,
    ACL_KEYS_OLD_MS = 60 * 60 * 1000,
    ACL_KEYS_SOURCES = 16, /* whose keys are kept */
};

/* KEYS are lent for the call; NULL: FAILURE says why. */
typedef void (*acl_keys_fn)(struct consul_call *c, const struct jwk_set *keys, const char *failure);

/* THEN comes with the keys of SOURCE, from within if they are here. UNLIKE: a set that did not do,
 * newer ones are wanted; NULL: any. */
void acl_keys_ask(struct consul_call *c, const struct jwt_source *source,
                  const struct jwk_set *unlike, acl_keys_fn then);

#endif
