/* The one table between our errors and Consul's. */
#include "faces/consul/call/errors.h"

#include "base/compiler.h"

struct consul_status consul_status_of(enum consul_refusal r)
{
    static const struct consul_status statuses[] = {
#define X(name, status, text) [name] = { status, text },
        CONSUL_REFUSALS(X)
#undef X
    };
    return statuses[r];
}

enum consul_refusal consul_refusal_of(enum err e)
{
    /* clang-format off */
    static const enum consul_refusal refusals[] = {
        [OK]                  = CONSUL_INTERNAL,
        [ERR_TRUNCATED]       = CONSUL_INTERNAL,
        [ERR_MALFORMED]       = CONSUL_INTERNAL,
        [ERR_TOO_BIG]         = CONSUL_TOO_BIG,
        [ERR_VERSION]         = CONSUL_DAMAGED,
        [ERR_DAMAGED]         = CONSUL_DAMAGED,
        [ERR_INVALID]         = CONSUL_INTERNAL,
        [ERR_IO]              = CONSUL_INTERNAL,
        [ERR_NO_SPACE]        = CONSUL_NO_SPACE,
        [ERR_LOCKED]          = CONSUL_INTERNAL,
        [ERR_SYSTEM]          = CONSUL_INTERNAL,
        [ERR_ADDRESS_IN_USE]  = CONSUL_INTERNAL,
        [ERR_NOT_FOUND]       = CONSUL_INTERNAL,
        [ERR_EXISTS]          = CONSUL_INTERNAL,
        [ERR_COMPACTED]       = CONSUL_INTERNAL,
        [ERR_FUTURE]          = CONSUL_INTERNAL,
        [ERR_KEY_NOT_FOUND]   = CONSUL_INTERNAL,
        [ERR_LEASE_NOT_FOUND] = CONSUL_INTERNAL,
        [ERR_LEASE_EXISTS]    = CONSUL_INTERNAL,
        [ERR_LEASE_MOVED]     = CONSUL_INTERNAL,
        [ERR_RULES]           = CONSUL_INTERNAL,
        [ERR_CHECK_AGAIN]     = CONSUL_NO_LEADER,
        [ERR_AGAIN]           = CONSUL_NO_LEADER,
        [ERR_BUSY]            = CONSUL_OVERLOADED,
        [ERR_NOT_LEADER]      = CONSUL_NO_LEADER,
        [ERR_UNKNOWN_OUTCOME] = CONSUL_OUTCOME_UNKNOWN,
        [ERR_STOPPING]        = CONSUL_STOPPING,
        [ERR_DEADLINE]        = CONSUL_TIMED_OUT,
        [ERR_CANCELED]        = CONSUL_INTERNAL,
        [ERR_CLOSED]          = CONSUL_INTERNAL,
        [ERR_UNIMPLEMENTED]   = CONSUL_INTERNAL,
        [ERR_DENIED]          = CONSUL_DENIED,
        [ERR_UNAUTHENTICATED] = CONSUL_ACL_NOT_FOUND,
        [ERR_QUOTA]           = CONSUL_NO_SPACE,
    };
    /* clang-format on */
    return (size_t)e < ARRAY_LEN(refusals) ? refusals[e] : CONSUL_INTERNAL;
}
