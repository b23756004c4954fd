/* The one table between our errors and etcd's. Clients compare the texts byte for byte and retry by
 * the codes: 14 only where the outcome may be unknown or another try may help. */
#include "faces/etcd/errors.h"

#include "base/compiler.h"

struct etcd_status etcd_status_of(enum etcd_refusal r)
{
    static const struct etcd_status statuses[] = { [ETCD_FINE] = { GRPC_OK, NULL },
#define X(name, code, text) [name] = { GRPC_##code, text },
                                                   ETCD_REFUSAL_LIST(X)
#undef X
    };
    return statuses[r];
}

enum etcd_refusal etcd_refusal_of(enum err e)
{
    /* clang-format off */
    static const enum etcd_refusal refusals[] = {
        [OK]                  = ETCD_FINE,
        [ERR_TRUNCATED]       = ETCD_CUT_SHORT,
        [ERR_MALFORMED]       = ETCD_UNREADABLE,
        [ERR_TOO_BIG]         = ETCD_TOO_LARGE,
        [ERR_VERSION]         = ETCD_INTERNAL,
        [ERR_DAMAGED]         = ETCD_CORRUPT,
        [ERR_INVALID]         = ETCD_INTERNAL,
        [ERR_IO]              = ETCD_INTERNAL,
        [ERR_NO_SPACE]        = ETCD_NO_SPACE,
        [ERR_LOCKED]          = ETCD_INTERNAL,
        [ERR_SYSTEM]          = ETCD_INTERNAL,
        [ERR_ADDRESS_IN_USE]  = ETCD_INTERNAL,
        [ERR_NOT_FOUND]       = ETCD_KEY_NOT_FOUND,
        [ERR_EXISTS]          = ETCD_DUPLICATE_KEY,
        [ERR_COMPACTED]       = ETCD_COMPACTED,
        [ERR_FUTURE]          = ETCD_FUTURE_REVISION,
        [ERR_KEY_NOT_FOUND]   = ETCD_KEY_NOT_FOUND,
        [ERR_LEASE_NOT_FOUND] = ETCD_LEASE_NOT_FOUND,
        [ERR_LEASE_EXISTS]    = ETCD_LEASE_EXISTS,
        [ERR_LEASE_MOVED]     = ETCD_LEASE_NOT_FOUND,
        [ERR_RULES]           = ETCD_INTERNAL,
        [ERR_REFUSED]         = ETCD_INTERNAL,
        [ERR_PROJECTED]       = ETCD_PROJECTED,
        [ERR_CHECK_AGAIN]     = ETCD_INTERNAL,
        [ERR_AGAIN]           = ETCD_LEADER_CHANGED,
        [ERR_BUSY]            = ETCD_TOO_MANY_REQUESTS,
        [ERR_NOT_LEADER]      = ETCD_LEADER_CHANGED,
        [ERR_UNKNOWN_OUTCOME] = ETCD_TIMED_OUT,
        [ERR_STOPPING]        = ETCD_STOPPED,
        [ERR_DEADLINE]        = ETCD_DEADLINE,
        [ERR_CANCELED]        = ETCD_CANCELED,
        [ERR_CLOSED]          = ETCD_CANCELED,
        [ERR_UNIMPLEMENTED]   = ETCD_INTERNAL,
        [ERR_DENIED]          = ETCD_DENIED,
        [ERR_UNAUTHENTICATED] = ETCD_BAD_TOKEN,
        [ERR_QUOTA]           = ETCD_NO_SPACE,
    };
    /* clang-format on */
    return (size_t)e < ARRAY_LEN(refusals) ? refusals[e] : ETCD_INTERNAL;
}
