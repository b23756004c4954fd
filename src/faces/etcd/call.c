/* Unary calls: begun, let through the gate, waiting for one thing, answered or refused once.
 *
 * A call that waits is in the face's list, in order of arrival; all have the same timeout, so that
 * one timer at the oldest serves them. Whatever ends the call first (its answer, its timeout, the
 * client going away) takes back what it still waits for. */
#include "faces/etcd/call.h"

#include <assert.h>

#include "base/mem.h"
#include "wire/json_writer.h"

struct call_sweep {
    struct hub_swept swept;
    struct etcd_call *call; /* NULL: it is gone */
    void (*done)(struct etcd_call *c);
};

struct etcd_call *call_of(struct grpc_call *call)
{
    return grpc_call_state(call);
}

struct arena *call_arena(struct etcd_call *c)
{
    return grpc_call_arena(c->call);
}

/* -- ends ------------------------------------------------------------------------------------- */

bool call_refuse(struct etcd_call *c, enum etcd_refusal r)
{
    if (r == ETCD_FINE)
        return false;
    struct etcd_status status = etcd_status_of(r);
    grpc_call_finish(c->call, status.code, status.text);
    return true;
}

void call_fail(struct etcd_call *c, enum err e)
{
    call_refuse(c, etcd_refusal_of(e));
}

struct buf *call_answer(struct etcd_call *c, uint64_t revision)
{
    struct buf *out = grpc_call_begin(c->call);
    etcd_put_header(out, face_header(c->face), revision);
    return out;
}

void call_answered_if(struct etcd_call *c, struct buf *out, enum err e)
{
    if (e != OK)
        out->full = true; /* the end of the message sends nothing then */
    if (grpc_call_end(c->call) == OK)
        grpc_call_finish(c->call, GRPC_OK, NULL);
    else
        call_refuse(c, e == OK || e == ERR_TOO_BIG ? ETCD_ANSWER_TOO_LARGE : etcd_refusal_of(e));
}

void call_answered(struct etcd_call *c)
{
    call_answered_if(c, NULL, OK);
}

/* -- waiting ---------------------------------------------------------------------------------- */

/* As long as it takes: the client has its own deadline. */
static void wait_patiently(struct etcd_call *c, enum call_wait what)
{
    assert(c->waits == CALL_WAITS_NOT);
    c->waits = what;
}

static void start_waiting(struct etcd_call *c, enum call_wait what)
{
    struct etcd_face *face = c->face;
    wait_patiently(c, what);
    c->until_ms = loop_now_ms(face->loop) + face->options.request_timeout_ms;
    list_append(&face->waiting, &c->link);
    if (!timer_is_set(&face->timeout))
        timer_start(&face->timeout, face->options.request_timeout_ms);
}

void call_wait_long(struct etcd_call *c, bool is_patient, void (*on_give_up)(struct etcd_call *c))
{
    c->on_give_up = on_give_up;
    if (is_patient)
        wait_patiently(c, CALL_WAITS_LONG);
    else
        start_waiting(c, CALL_WAITS_LONG);
}

void call_waits_no_more(struct etcd_call *c)
{
    c->waits = CALL_WAITS_NOT;
    list_remove(&c->link);
}

/* Takes back what the call waits for. */
static void give_up(struct etcd_call *c)
{
    struct etcd_face *face = c->face;
    switch (c->waits) {
    case CALL_WAITS_NOT:
        return;
    case CALL_READS:
        hub_read_cancel(face->hub, &c->read);
        break;
    case CALL_WRITES:
        hub_write_abandon(c->write);
        etcd_count(face->metrics.proposals_failed, 1);
        break;
    case CALL_ASKS:
        hub_lease_cancel(face->hub, &c->lease);
        break;
    case CALL_SWEEPS:
        hub_swept_cancel(&c->sweep->swept);
        c->sweep->call = NULL;
        break;
    case CALL_WAITS_LONG:
        c->on_give_up(c);
        break;
    }
    call_waits_no_more(c);
}

void call_time_out(struct timer *timer)
{
    struct etcd_face *face = CONTAINER_OF(timer, struct etcd_face, timeout);
    uint64_t now = loop_now_ms(face->loop);
    struct etcd_call *c;
    while ((c = LIST_FIRST(&face->waiting, struct etcd_call, link)) != NULL && c->until_ms <= now) {
        give_up(c);
        call_refuse(c, ETCD_TIMED_OUT);
    }
    if (c != NULL)
        timer_start(timer, c->until_ms - now);
}

void call_closed(struct grpc_call *call, enum err why)
{
    struct etcd_call *c = call_of(call);
    if (c->face != NULL)
        give_up(c);
}

/* -- beginning -------------------------------------------------------------------------------- */

bool call_begin(struct grpc_call *call)
{
    struct etcd_call *c = call_of(call);
    struct etcd_face *face = grpc_call_context(call);
    c->face = face;
    c->call = call;
    return !call_refuse(c, face_admit(face, call, false));
}

void *call_decode(struct etcd_call *c, const ProtobufCMessageDescriptor *descriptor,
                  struct bytes message)
{
    ProtobufCMessage *m;
    return call_refuse(c, etcd_decode(descriptor, message, call_arena(c), &m)) ? NULL : m;
}

bool call_granted(struct etcd_call *c, const struct operation *operations, size_t n)
{
    const struct caller caller = caller_of(c->call);
    enum err e = access_check(c->face->hub, &caller, operations, n, call_arena(c), &c->granted);
    if (e != OK)
        call_fail(c, e);
    return e == OK;
}

bool call_granted_one(struct etcd_call *c, enum access_verb verb, enum space space,
                      struct bytes key, struct bytes end)
{
    const struct operation one = { .verb = verb, .space = space, .key = key, .end = end };
    return call_granted(c, &one, 1);
}

/* -- reading ---------------------------------------------------------------------------------- */

static void read_ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct etcd_call *c = CONTAINER_OF(r, struct etcd_call, read);
    call_waits_no_more(c);
    if (err == OK) {
        c->on_read(c, view);
        return;
    }
    etcd_count(c->face->metrics.read_indexes_failed, 1);
    call_fail(c, err);
}

void call_read(struct etcd_call *c, bool linearizable, call_read_fn on_read)
{
    c->on_read = on_read;
    c->read = (struct hub_read){ .linearizable = linearizable,
                                 .granted = c->granted,
                                 .ready = read_ready };
    start_waiting(c, CALL_READS);
    hub_read(c->face->hub, &c->read);
}

/* -- writing ---------------------------------------------------------------------------------- */

/* The key that cannot be written is named. */
static void refuse_projected(struct etcd_call *c, struct bytes key)
{
    struct etcd_status status = etcd_status_of(ETCD_PROJECTED);
    struct buf quoted;
    buf_init(&quoted, 6 * key.n + 1);
    json_escape(&quoted, key);
    const char *text = arena_printf(call_arena(c), "%s: \"%.*s\"", status.text, (int)quoted.n,
                                    (const char *)quoted.p);
    buf_fini(&quoted);
    grpc_call_finish(c->call, status.code, text);
}

static void write_done(void *ctx, enum err err, const struct command_result *result)
{
    struct etcd_call *c = ctx;
    call_waits_no_more(c);
    c->write = NULL;
    if (err != OK)
        etcd_count(c->face->metrics.proposals_failed, 1);
    if (err == OK && result->err != OK && c->on_refused != NULL && c->on_refused(c, result->err))
        return;
    if (err == OK)
        err = result->err;
    if (err == ERR_PROJECTED)
        refuse_projected(c, *(const struct bytes *)result->upper);
    else if (err != OK)
        call_fail(c, err);
    else
        c->on_written(c, result);
}

void call_submit(struct etcd_call *c, enum command_kind kind, struct bytes body,
                 call_written_fn on_written)
{
    c->on_written = on_written;
    start_waiting(c, CALL_WRITES);
    c->write = hub_submit(c->face->hub, c->granted, kind, body, write_done, c);
}

/* What a transaction would give ends it before it has done anything. */
static bool refuse_results(struct etcd_call *c, enum err err)
{
    if (err == ERR_TOO_BIG)
        return call_refuse(c, ETCD_ANSWER_TOO_LARGE);
    return err == ERR_AGAIN && call_refuse(c, ETCD_TOO_MANY_REQUESTS);
}

void call_submit_txn(struct etcd_call *c, const struct txn *txn, call_written_fn on_written)
{
    struct buf *body = &c->face->scratch;
    buf_clear(body, 64 * 1024);
    enum err e = txn_encode(txn, body);
    if (e != OK) {
        call_fail(c, e);
        return;
    }
    c->on_refused = refuse_results;
    call_submit(c, COMMAND_TXN, buf_bytes(body), on_written);
}

/* -- the alarm that the server raises by itself ------------------------------------------------ */

static struct alarm_row own_alarm(const struct etcd_face *face)
{
    return (struct alarm_row){ .member_id = face->member_id, .kind = ALARM_NOSPACE };
}

static void refuse_for_space(struct etcd_call *c, const struct command_result *result)
{
    alarms_note(&c->face->alarms, own_alarm(c->face), true);
    call_refuse(c, ETCD_NO_SPACE);
}

/* As etcd has it the alarm stands before the write that met the quota is refused. */
static void raise_no_space(struct etcd_call *c)
{
    const struct put put = { .space = SPACE_SYSTEM,
                             .key = alarm_key(call_arena(c), own_alarm(c->face)) };
    struct op op = { .kind = OP_PUT, .put = put };
    const struct txn txn = { .then_ops = &op, .then_n = 1 };
    c->granted = granted_self();
    call_submit_txn(c, &txn, refuse_for_space);
}

bool call_has_room(struct etcd_call *c)
{
    return grpc_call_room(c->call) > 0 || !call_refuse(c, ETCD_TOO_MANY_REQUESTS);
}

bool call_may_write(struct etcd_call *c, uint64_t cost)
{
    struct etcd_face *face = c->face;
    if (!call_has_room(c))
        return false;
    if (face->alarms.is_set[ALARM_CORRUPT])
        return !call_refuse(c, ETCD_CORRUPT);
    if (cost == 0)
        return true;
    if (face->alarms.is_set[ALARM_NOSPACE])
        return !call_refuse(c, ETCD_NO_SPACE);
    enum err e = hub_space_for(face->hub, SPACE_ETCD, cost);
    if (e == ERR_QUOTA)
        raise_no_space(c);
    else if (e != OK)
        call_fail(c, e);
    return e == OK;
}

/* -- leases and sweeps ------------------------------------------------------------------------ */

void call_ask_lease(struct etcd_call *c, int64_t id,
                    void (*done)(struct hub_lease *l, enum lease_answer answer, uint64_t ttl_ms,
                                 uint64_t remaining_ms))
{
    c->lease =
        (struct hub_lease){ .id = id, .face = FACE_ETCD, .granted = c->granted, .done = done };
    start_waiting(c, CALL_ASKS);
    hub_lease_ask(c->face->hub, &c->lease);
}

static void sweep_done(struct hub_swept *s)
{
    struct call_sweep *sweep = CONTAINER_OF(s, struct call_sweep, swept);
    struct etcd_call *c = sweep->call;
    if (c != NULL) {
        call_waits_no_more(c);
        c->sweep = NULL;
        sweep->done(c);
    }
    mem_free(sweep);
}

void call_wait_swept(struct etcd_call *c, void (*done)(struct etcd_call *c))
{
    struct call_sweep *sweep = mem_zalloc(1, sizeof *sweep);
    sweep->call = c;
    sweep->done = done;
    sweep->swept.done = sweep_done;
    c->sweep = sweep;
    wait_patiently(c, CALL_SWEEPS);
    hub_wait_swept(c->face->hub, &sweep->swept);
}
