/* etcdserverpb.Maintenance but for Hash and HashKV. */
#include <inttypes.h>

#include "faces/etcd/descriptor.h"
#include "faces/etcd/facts.h"
#include "faces/etcd/hash.h"
#include "wire/pb.h"

static const struct bytes no_key;

static bool may_administer(struct etcd_call *c)
{
    return call_granted_one(c, ACCESS_ADMIN, SPACE_SYSTEM, no_key, no_key);
}

/* -- Alarm ------------------------------------------------------------------------------------ */

struct alarm_call {
    struct etcd_call call;
    struct alarm_row row;
    bool deactivate;
};

static void put_alarm(struct buf *out, struct alarm_row row)
{
    size_t mark = pb_open(out, 2);
    pb_put_uint(out, 1, row.member_id);
    pb_put_uint(out, 2, (uint64_t)row.kind);
    pb_close(out, mark);
}

static void answer_alarms(struct etcd_call *c, const struct view *view)
{
    const struct alarm_call *a = CONTAINER_OF(c, struct alarm_call, call);
    struct alarm_row rows[ALARMS_MAX];
    size_t n = alarms_read(view, call_arena(c), rows);
    struct buf *out = call_answer(c, view_revision(view));
    for (size_t i = 0; i < n; i++)
        if (a->row.kind == ALARM_NONE || a->row.kind == rows[i].kind)
            put_alarm(out, rows[i]);
    call_answered(c);
}

/* The alarm that was set, or that was there to be cleared. */
static void alarm_changed(struct etcd_call *c, const struct command_result *result)
{
    const struct alarm_call *a = CONTAINER_OF(c, struct alarm_call, call);
    alarms_note(&c->face->alarms, a->row, !a->deactivate);
    struct buf *out = call_answer(c, result->revision);
    if (!a->deactivate || result->txn->ops[0].removed.n > 0)
        put_alarm(out, a->row);
    call_answered(c);
}

static void change_alarm(struct etcd_call *c, const struct alarm_call *a)
{
    struct bytes key = alarm_key(call_arena(c), a->row);
    struct op op = { .kind = OP_PUT, .put = { .space = SPACE_SYSTEM, .key = key } };
    if (a->deactivate)
        op = (struct op){ .kind = OP_REMOVE, .remove = { .space = SPACE_SYSTEM, .key = key } };
    const struct txn txn = { .then_ops = &op, .then_n = 1 };
    call_submit_txn(c, &txn, alarm_changed);
}

/* Neither is there an alarm of no kind nor one that we do not know: nothing changes. */
static void answer_nothing(struct etcd_call *c, const struct view *view)
{
    call_answer(c, view_revision(view));
    call_answered(c);
}

static void alarm(struct grpc_call *call, struct bytes message)
{
    struct alarm_call *a = grpc_call_state(call);
    struct etcd_call *c = &a->call;
    if (!call_begin(call))
        return;
    const Etcdserverpb__AlarmRequest *request =
        call_decode(c, &etcdserverpb__alarm_request__descriptor, message);
    if (request == NULL)
        return;
    bool is_get = request->action == ETCDSERVERPB__ALARM_REQUEST__ALARM_ACTION__GET;
    if (!(is_get ? call_granted_one(c, ACCESS_READ, SPACE_SYSTEM, no_key, no_key)
                 : may_administer(c)))
        return;
    bool known = (unsigned)request->alarm < ALARM_KINDS;
    a->row.member_id = request->memberid;
    a->row.kind = known ? (enum alarm_kind)request->alarm : ALARM_NONE;
    a->deactivate = request->action == ETCDSERVERPB__ALARM_REQUEST__ALARM_ACTION__DEACTIVATE;
    bool is_set = request->action == ETCDSERVERPB__ALARM_REQUEST__ALARM_ACTION__ACTIVATE;
    if (is_get && known)
        call_read(c, true, answer_alarms);
    else if ((is_set || a->deactivate) && a->row.kind != ALARM_NONE)
        change_alarm(c, a);
    else
        call_read(c, true, answer_nothing);
}

/* -- Status ----------------------------------------------------------------------------------- */

static void put_errors(struct etcd_call *c, struct buf *out, uint64_t leader)
{
    const struct etcd_alarms *alarms = &c->face->alarms;
    if (leader == 0)
        pb_put_bytes(out, 8, bytes_str(etcd_status_of(ETCD_NO_LEADER).text));
    for (size_t i = 0; i < alarms->n; i++) {
        /* The text form of an AlarmMember, in which a member 0 is not shown. */
        const struct alarm_row *row = &alarms->rows[i];
        const char *member =
            row->member_id == 0
                ? ""
                : arena_printf(call_arena(c), "memberID:%" PRIu64 " ", row->member_id);
        const char *text =
            arena_printf(call_arena(c), "%salarm:%s ", member, alarm_name(row->kind));
        pb_put_bytes(out, 8, bytes_str(text));
    }
}

static void answer_status(struct etcd_call *c, const struct view *view)
{
    const struct etcd_options *o = &c->face->options;
    struct facts_status s = facts_status(c->face->hub);
    struct buf *out = call_answer(c, view_revision(view));
    pb_put_bytes(out, 2, bytes_str(o->server_version));
    pb_put_uint(out, 3, s.file_bytes);
    pb_put_uint(out, 4, s.leader);
    pb_put_uint(out, 5, s.commit);
    pb_put_uint(out, 6, s.term);
    pb_put_uint(out, 7, s.applied);
    put_errors(c, out, s.leader);
    pb_put_uint(out, 9, s.used_bytes);
    pb_put_bytes(out, 11, bytes_str(o->storage_version));
    pb_put_uint(out, 12, hub_quota(c->face->hub));
    pb_put_bytes_always(out, 13, (struct bytes){ 0 }); /* no downgrade under way */
    call_answered(c);
}

static void status(struct grpc_call *call, struct bytes message)
{
    struct etcd_call *c = call_of(call);
    if (!call_begin(call) ||
        call_decode(c, &etcdserverpb__status_request__descriptor, message) == NULL ||
        !call_granted_one(c, ACCESS_LIST, SPACE_SYSTEM, no_key, no_key))
        return;
    call_read(c, false, answer_status);
}

/* -- Defragment: freed pages are used again by themselves, so there is nothing to stop for --------
 */

static void defragment(struct grpc_call *call, struct bytes message)
{
    struct etcd_call *c = call_of(call);
    if (!call_begin(call) ||
        call_decode(c, &etcdserverpb__defragment_request__descriptor, message) == NULL ||
        !may_administer(c))
        return;
    grpc_call_begin(call); /* not even a header, as etcd's */
    call_answered(c);
}

static const struct grpc_method methods[] = {
    UNARY("Alarm", struct alarm_call, alarm),
    UNARY("Status", struct etcd_call, status),
    UNARY("Defragment", struct etcd_call, defragment),
    UNARY("Hash", struct hash_call, hash_message),
    UNARY("HashKV", struct hash_call, hash_kv_message),
};

const struct grpc_service etcd_maintenance_service = {
    .name = "etcdserverpb.Maintenance",
    .methods = methods,
    .method_n = ARRAY_LEN(methods),
    .file = &etcd_rpc_file,
};
