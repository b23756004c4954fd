/* net/grpc_head.h -- the head of a call: what it asks for, and why it may be refused. */
#ifndef NET_GRPC_HEAD_H
#define NET_GRPC_HEAD_H

#include "base/arena.h"
#include "net/grpc.h"

struct grpc_routes;
struct http2_header;

struct grpc_head {
    struct bytes path, http_method, content_type, timeout, encoding, accept;
    uint64_t timeout_ns; /* UINT64_MAX: none. Set by grpc_head_check */
    bool gzip_in;        /* messages may be packed */
    bool gzip_out;       /* answers may be */
};

/* An answer without a call. MESSAGE is in the arena. */
struct grpc_refusal {
    const char *http_status; /* "200" */
    enum grpc_status status;
    const char *message;
};

/* Lends from the headers. */
void grpc_head_read(const struct http2_header *headers, size_t n, struct grpc_head *ret);
/* False with *RET if it is no head of a call. CUT: it had more headers than are kept. */
MUST_CHECK bool grpc_head_check(struct grpc_head *h, bool cut, struct arena *a,
                                struct grpc_refusal *ret);
/* Why a head of more bytes than are kept is refused. */
struct grpc_refusal grpc_head_refuse_size(void);
/* Why a path that is not in ROUTES is refused. */
struct grpc_refusal grpc_head_refuse_path(const struct grpc_head *h,
                                          const struct grpc_routes *routes, struct arena *a);
/* Of a call whose method is known: its encoding and time. False with *RET if it cannot begin. */
MUST_CHECK bool grpc_head_settle(struct grpc_head *h, struct arena *a, struct grpc_refusal *ret);

#endif
