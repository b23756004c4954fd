/* catalog/kv_op.h -- one operation on pairs, as part of a command. */
#ifndef CATALOG_KV_OP_H
#define CATALOG_KV_OP_H

#include "catalog/kv_pair.h"

enum kv_verb { /* stored in commands */
               KV_SET,
               KV_CAS,    /* if it stands at INDEX; 0: if it is not there */
               KV_LOCK,   /* and take it for SESSION */
               KV_UNLOCK, /* if SESSION holds it, and let go */
               KV_GET,
               KV_GET_OR_EMPTY,
               KV_GET_TREE, /* all keys that begin with KEY */
               KV_CHECK_INDEX,
               KV_CHECK_SESSION, /* held by SESSION; zero: by none */
               KV_CHECK_NOT_EXISTS,
               KV_DELETE,
               KV_DELETE_TREE,
               KV_DELETE_CAS, /* if it stands at INDEX, or is not there */
               KV_VERBS
};

struct kv_op { /* lent */
    enum kv_verb verb;
    struct bytes key, value;
    uint64_t flags, index;
    struct uuid session; /* zero: none was given */
};

bool kv_verb_writes(enum kv_verb verb);
bool kv_verb_puts(enum kv_verb verb); /* a value */

void kv_op_put(const struct kv_op *op, struct buf *out);
/* Fails R with ERR_MALFORMED, ERR_TOO_BIG above KV_KEY_MAX, KV_VALUE_MAX. */
struct kv_op kv_op_take(struct rd *r);

#endif
