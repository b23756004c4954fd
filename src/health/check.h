/* health/check.h -- what a check does: its kind, its target, how often, and what counts.
 *
 * A definition travels opaque in the check's row (catalog/node.h, extras). Text is lent. Pure. */
#ifndef HEALTH_CHECK_H
#define HEALTH_CHECK_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/why.h"

enum check_kind { /* the numbers are stored */
                  CHECK_TTL,
                  CHECK_HTTP,
                  CHECK_TCP,
                  CHECK_UDP,
                  CHECK_GRPC,
                  CHECK_SCRIPT,
                  CHECK_H2PING,
                  CHECK_ALIAS,
                  CHECK_KINDS
};

enum {
    CHECK_DEFINITION_FORMAT = 1,
    CHECK_DEFINITION_MAX = 64 * 1024, /* as a row's extras */
    CHECK_TARGET_MAX = 2048,
    CHECK_HEADERS_MAX = 64,
    CHECK_ARGS_MAX = 64,
    CHECK_INTERVAL_LEAST_MS = 1000,
    CHECK_TIMEOUT_MS = 10 * 1000,
    CHECK_SCRIPT_TIMEOUT_MS = 30 * 1000,
    CHECK_DEREGISTER_LEAST_MS = 60 * 1000,
    CHECK_OUTPUT_BYTES = 4096,
    CHECK_OUTPUT_MAX = 16 * 1024 - 64 /* CHECK_TEXT_MAX, less the note about what was cut */
};
#define CHECK_DURATION_MAX_MS (UINT64_C(10) * 366 * 24 * 3600 * 1000)

struct check_header {
    struct bytes name, value;
};

struct check_definition {
    enum check_kind kind; /* set by check_settle */
    bool is_external;     /* registered for somebody else to run: shown, never run */
    /* One target says the kind. */
    struct bytes http;        /* a URL */
    struct bytes tcp, udp;    /* host:port */
    struct bytes grpc;        /* host:port[/service] */
    struct bytes h2ping;      /* host:port */
    const struct bytes *args; /* of a script: the program and its arguments */
    size_t arg_n;
    bool is_alias;
    struct bytes alias_node, alias_service;
    /* how */
    struct bytes method, body;
    const struct check_header *headers;
    size_t header_n;
    bool no_redirects;
    bool tls; /* tcp, grpc, h2ping */
    struct bytes tls_server_name;
    bool tls_skip_verify;
    /* when */
    uint64_t ttl_ms, interval_ms, timeout_ms, deregister_after_ms;
    bool timeout_is_usual; /* none was said */
    bool hides_zero;       /* a time that was not said is shown as no text, not as "0s" */
    /* what counts */
    uint32_t success_before_passing, failures_before_warning, failures_before_critical;
    uint32_t output_max; /* bytes */
};

/* Finds the kind, raises what is too small, fills in defaults, and checks the rest. ERR_INVALID,
 * with Consul's sentence in WHY. */
MUST_CHECK enum err check_settle(struct check_definition *d, struct why *why);
/* The word for it: "http", "ttl", "script", ... */
const char *check_kind_name(enum check_kind kind);
/* True if it is run at intervals. */
bool check_has_interval(enum check_kind kind);

/* D must have been settled. */
void check_definition_write(const struct check_definition *d, struct buf *out);
/* Into the arena, lending text from BYTES. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG.
 */
MUST_CHECK enum err check_definition_read(struct bytes bytes, struct arena *arena,
                                          struct check_definition *ret);

#endif
