/* LeaseKeepAlive.
 *
 * Renewals of one turn travel to the lease clock together and come back in order; one that waits
 * for a removal under way holds back those behind it. An unknown lease is answered with TTL 0 and
 * ends nothing. The client's end of the stream ends it when everything is answered. */
#include "faces/etcd/keepalive.h"

#include "base/mem.h"
#include "wire/pb.h"

enum { UNDER_WAY_MAX = 4096 /* then the client is not read */ };

struct renewal {
    struct list link;
    struct hub_lease lease;
    struct keepalive *stream;
    uint64_t revision; /* before the renewal */
    bool done, gone;
    uint64_t ttl_ms;
};

static void drop_renewal(struct renewal *r)
{
    list_remove(&r->link);
    r->stream->renewal_n--;
    mem_free(r);
}

static void answer(struct keepalive *k, const struct renewal *r)
{
    struct buf *out = grpc_call_begin(k->stream.call);
    etcd_put_header(out, face_header(k->stream.face), r->revision);
    pb_put_int(out, 2, r->lease.id);
    pb_put_uint(out, 3, r->gone ? 0 : r->ttl_ms / 1000);
    IGNORE(grpc_call_end(k->stream.call)); /* a few bytes fit every limit */
}

/* Reading goes on when both the answers and the questions under way are few. */
static void pace(struct keepalive *k)
{
    stream_pace(&k->stream, k->renewal_n >= UNDER_WAY_MAX);
}

static void answer_in_order(struct keepalive *k)
{
    struct renewal *r;
    while (!k->stream.ended && (r = LIST_FIRST(&k->renewals, struct renewal, link)) != NULL &&
           r->done) {
        answer(k, r);
        drop_renewal(r);
    }
    if (k->half_closed && list_is_empty(&k->renewals))
        stream_end(&k->stream, ETCD_FINE);
    pace(k);
}

static void renewed(struct hub_lease *l, enum lease_answer a, uint64_t ttl_ms,
                    uint64_t remaining_ms)
{
    struct renewal *r = CONTAINER_OF(l, struct renewal, lease);
    r->done = true;
    r->gone = a == LEASE_ANSWER_GONE;
    r->ttl_ms = ttl_ms;
    if (a == LEASE_ANSWER_NOT_LEADER)
        stream_end(&r->stream->stream, ETCD_NO_LEADER);
    answer_in_order(r->stream);
}

/* Once a stream: what a renewal touches is known to the lease clock alone. */
static bool grant(struct keepalive *k)
{
    const struct caller caller = caller_of(k->stream.call);
    const struct operation operation = { .verb = ACCESS_WRITE, .space = SPACE_ETCD };
    enum err e = access_check(k->stream.face->hub, &caller, &operation, 1,
                              grpc_call_arena(k->stream.call), &k->granted);
    if (e != OK)
        stream_end(&k->stream, etcd_refusal_of(e));
    return e == OK;
}

void keepalive_message(struct grpc_call *call, struct bytes message)
{
    struct keepalive *k = grpc_call_state(call);
    if (k->stream.face == NULL) {
        list_init(&k->renewals);
        if (!stream_begin(&k->stream, call) || !grant(k))
            return;
    }
    if (k->stream.ended)
        return;
    const Etcdserverpb__LeaseKeepAliveRequest *request =
        stream_decode(&k->stream, &etcdserverpb__lease_keep_alive_request__descriptor, message);
    if (request == NULL)
        return;
    struct renewal *r = mem_zalloc(1, sizeof *r);
    r->stream = k;
    r->revision = hub_revision(k->stream.face->hub);
    r->lease = (struct hub_lease){
        .id = request->id, .face = FACE_ETCD, .renew = true, .granted = k->granted, .done = renewed
    };
    list_append(&k->renewals, &r->link);
    k->renewal_n++;
    hub_lease_ask(k->stream.face->hub, &r->lease);
    pace(k);
}

void keepalive_half_closed(struct grpc_call *call)
{
    struct keepalive *k = grpc_call_state(call);
    if (k->stream.face == NULL) {
        grpc_call_finish(call, GRPC_OK, NULL);
        return;
    }
    k->half_closed = true;
    answer_in_order(k);
}

void keepalive_drained(struct grpc_call *call)
{
    struct keepalive *k = grpc_call_state(call);
    if (k->stream.face != NULL)
        pace(k);
}

void keepalive_closed(struct grpc_call *call, enum err why)
{
    struct keepalive *k = grpc_call_state(call);
    if (k->stream.face == NULL)
        return;
    k->stream.ended = true;
    LIST_FOR_EACH(link, &k->renewals)
    {
        struct renewal *r = CONTAINER_OF(link, struct renewal, link);
        if (!r->done)
            hub_lease_cancel(k->stream.face->hub, &r->lease);
        drop_renewal(r);
    }
    stream_fini(&k->stream);
}
