/* What every handler asks of its face: the header of the moment, whether a call may begin, and
 * who it is that calls. */
#include "faces/etcd/core.h"

#include "base/text.h"
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

enum etcd_refusal face_admit(struct etcd_face *face, const struct grpc_call *call, bool is_stream)
{
    struct bytes version = grpc_call_metadata(call, "client-api-version");
    if (version.n > 0 && !text_is_utf8(version))
        return ETCD_BAD_API_VERSION;
    etcd_metrics_request(&face->metrics, is_stream, version);
    face_look(face);
    bool has_no_leader =
        face->leader == 0 && bytes_is(grpc_call_metadata(call, "hasleader"), "true");
    return has_no_leader ? ETCD_NO_LEADER : ETCD_FINE;
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
