/* etcdserverpb.Cluster: MemberList. Its header has no revision. */
#include "faces/etcd/call.h"
#include "faces/etcd/descriptor.h"
#include "faces/etcd/facts.h"
#include "wire/pb.h"

/* URLs of one member come as one text, separated by commas. */
static void put_urls(struct buf *out, uint32_t field, const char *urls)
{
    struct bytes left = bytes_str(urls);
    while (left.n > 0) {
        const uint8_t *comma = memchr(left.p, ',', left.n);
        size_t n = comma == NULL ? left.n : (size_t)(comma - left.p);
        pb_put_bytes(out, field, bytes_of(left.p, n));
        left = bytes_skip(left, comma == NULL ? n : n + 1);
    }
}

static void put_member(struct buf *out, const struct facts_member *m)
{
    size_t mark = pb_open(out, 2);
    pb_put_uint(out, 1, m->id);
    pb_put_bytes(out, 2, bytes_str(m->name));
    put_urls(out, 3, m->peer_url);
    put_urls(out, 4, m->client_urls);
    pb_put_bool(out, 5, m->learner);
    pb_close(out, mark);
}

static void answer_members(struct etcd_call *c, const struct view *view)
{
    size_t n;
    const struct facts_member *members = facts_members(c->face->hub, call_arena(c), &n);
    struct buf *out = call_answer(c, 0);
    for (size_t i = 0; i < n; i++)
        put_member(out, &members[i]);
    call_answered(c);
}

static void member_list(struct grpc_call *call, struct bytes message)
{
    struct etcd_call *c = call_of(call);
    if (!call_begin(call))
        return;
    const Etcdserverpb__MemberListRequest *request =
        call_decode(c, &etcdserverpb__member_list_request__descriptor, message);
    if (request == NULL ||
        !call_granted_one(c, ACCESS_LIST, SPACE_SYSTEM, (struct bytes){ 0 }, (struct bytes){ 0 }))
        return;
    call_read(c, request->linearizable != 0, answer_members);
}

static const struct grpc_method methods[] = {
    UNARY("MemberList", struct etcd_call, member_list),
};

const struct grpc_service etcd_cluster_service = {
    .name = "etcdserverpb.Cluster",
    .methods = methods,
    .method_n = ARRAY_LEN(methods),
    .file = &etcd_rpc_file,
};
