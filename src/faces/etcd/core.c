/* What every handler asks of its face: the header of the moment, and who it is that calls. */
#include "faces/etcd/core.h"

#include "faces/etcd/facts.h"

void face_look(struct etcd_face *face)
{
    uint64_t now = loop_now_ms(face->loop);
    if (now == face->looked_at_ms)
        return;
    struct facts_term t = facts_term(face->hub);
    face->looked_at_ms = now;
    face->leader = t.leader;
    face->header.term = t.term;
}

const struct etcd_header *face_header(struct etcd_face *face)
{
    face_look(face);
    return &face->header;
}

/* `token`, else `authorization` with or without "Bearer ". */
static struct bytes find_token(const struct grpc_call *call)
{
    struct bytes token = grpc_call_metadata(call, "token");
    if (token.n > 0)
        return token;
    token = grpc_call_metadata(call, "authorization");
    struct bytes bearer = bytes_str("Bearer ");
    return bytes_starts(token, bearer) ? bytes_skip(token, bearer.n) : token;
}

struct caller caller_of(const struct grpc_call *call)
{
    return (struct caller){
        .face = FACE_ETCD,
        .peer = grpc_call_peer(call),
        .client_name = grpc_call_client_name(call),
        .token = find_token(call),
    };
}
