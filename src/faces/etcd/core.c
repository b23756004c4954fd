/* What every handler asks of its face: the header of the moment, and the alarm that the server
 * raises by itself. */
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

/* -- the alarm that is raised by the server itself --------------------------------------------- */

static void raised(void *ctx, enum err err, const struct command_result *result)
{
    struct etcd_face *face = ctx;
    const struct alarm_row row = { .member_id = face->member_id, .kind = ALARM_NOSPACE };
    face->raising_no_space = false; /* if it failed, the next refused write tries again */
    if (err == OK && result->err == OK)
        alarms_note(&face->alarms, row, true);
}

void alarm_raise_no_space(struct etcd_face *face)
{
    if (face->raising_no_space || face->alarms.is_set[ALARM_NOSPACE])
        return;
    const struct alarm_row row = { .member_id = face->member_id, .kind = ALARM_NOSPACE };
    struct op put = { .kind = OP_PUT,
                      .put = { .space = SPACE_SYSTEM, .key = alarm_key(&face->arena, row) } };
    const struct txn txn = { .then_ops = &put, .then_n = 1 };
    buf_clear(&face->scratch, 64 * 1024);
    if (txn_encode(&txn, &face->scratch) == OK) {
        face->raising_no_space = true;
        hub_submit(face->hub, granted_self(), COMMAND_TXN, buf_bytes(&face->scratch), raised, face);
    }
    arena_clear(&face->arena);
}
