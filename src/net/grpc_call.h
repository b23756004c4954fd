/* net/grpc_call.h -- calls as users of HTTP/2 streams; inside net only. */
#ifndef NET_GRPC_CALL_H
#define NET_GRPC_CALL_H

#include "net/grpc.h"

struct grpc_routes;
struct http2_user;
struct serve;

extern const struct http2_user grpc_user;
size_t grpc_call_bytes(void); /* the stream's state */
struct serve *grpc_call_serve(const struct grpc_call *call);

#endif
