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
