/* Hashes of the whole store (Hash) and of etcd's keys at a revision (HashKV), made step by step. */
#include "faces/etcd/hash.h"

#include "faces/etcd/descriptor.h"
#include "wire/pb.h"

static const struct bytes no_key;

static struct hash_call *hash_of(struct etcd_call *c)
{
    return CONTAINER_OF(c, struct hash_call, call);
}

static enum err begin(struct etcd_call *c, const struct view *view)
{
    struct hash_call *h = hash_of(c);
    if (h->of_keys)
        return hash_job_new_space(view, SPACE_ETCD, h->revision, &h->job);
    h->job = hash_job_new(view);
    return OK;
}

static enum err step(struct etcd_call *c, const struct view *view, uint64_t rows, bool *ret_done)
{
    struct hash_call *h = hash_of(c);
    return hash_job_step(h->job, rows, ret_done, &h->hash);
}

static void end(struct etcd_call *c)
{
    struct hash_call *h = hash_of(c);
    hash_job_free(h->job);
    h->job = NULL;
}

static void observe(struct histogram *m, const struct hash_call *h)
{
    if (m != NULL)
        histogram_observe_ns(m, clock_now_ns() - h->began_ns);
}

static void answer_hash(struct etcd_call *c, const struct view *view)
{
    const struct hash_call *h = hash_of(c);
    observe(c->face->metrics.hash_seconds, h);
    struct buf *out = call_answer(c, view_revision(view));
    pb_put_uint(out, 2, (uint32_t)(h->hash ^ h->hash >> 32));
    call_answered(c);
}

static void answer_hash_kv(struct etcd_call *c, const struct view *view)
{
    const struct hash_call *h = hash_of(c);
    uint64_t compacted = view_compacted(view, SPACE_ETCD);
    observe(c->face->metrics.hash_rev_seconds, h);
    struct buf *out = call_answer(c, view_revision(view));
    pb_put_uint(out, 2, h->hash);
    pb_put_int(out, 3, compacted == 0 ? -1 : (int64_t)compacted);
    pb_put_uint(out, 4, h->revision == 0 ? view_revision(view) : h->revision);
    call_answered(c);
}

static const struct long_read_ops of_all = {
    .begin = begin, .step = step, .answer = answer_hash, .end = end, .is_patient = true
};
static const struct long_read_ops of_keys = {
    .begin = begin, .step = step, .answer = answer_hash_kv, .end = end, .is_patient = true
};

void hash_message(struct grpc_call *call, struct bytes message)
{
    struct hash_call *h = grpc_call_state(call);
    struct etcd_call *c = &h->call;
    if (!call_begin(call) ||
        call_decode(c, &etcdserverpb__hash_request__descriptor, message) == NULL ||
        !call_granted_one(c, ACCESS_ADMIN, SPACE_SYSTEM, no_key, no_key))
        return;
    h->began_ns = clock_now_ns();
    long_read(c, &h->long_read, &of_all, false);
}

void hash_kv_message(struct grpc_call *call, struct bytes message)
{
    struct hash_call *h = grpc_call_state(call);
    struct etcd_call *c = &h->call;
    if (!call_begin(call))
        return;
    const Etcdserverpb__HashKVRequest *request =
        call_decode(c, &etcdserverpb__hash_kvrequest__descriptor, message);
    if (request == NULL || !call_granted_one(c, ACCESS_ADMIN, SPACE_SYSTEM, no_key, no_key))
        return;
    if (request->revision < 0) {
        call_refuse(c, ETCD_COMPACTED);
        return;
    }
    h->of_keys = true;
    h->revision = (uint64_t)request->revision;
    h->began_ns = clock_now_ns();
    long_read(c, &h->long_read, &of_keys, false);
}
