/* Where an answer is read from, and its way to the asker. */
#include "faces/dns/core.h"

#include <libknot/codes.h>

#include "faces/dns/counts.h"

enum { OUT_KEEP = 64 * 1024, MS_PER_S = 1000 };

/* DNS carries none: the one set for DNS at last, the configured one, the one for all. */
struct bytes dns_face_token(struct dns_face *face)
{
    struct bytes token = access_own_token(face->hub, ACL_OWN_DNS);
    if (token.n == 0)
        token = face->config->token;
    return token.n > 0 ? token : access_own_token(face->hub, ACL_OWN_DEFAULT);
}

struct access_reader dns_face_reader(struct dns_face *face, struct arena *arena)
{
    const struct caller caller = { .face = FACE_DNS, .token = dns_face_token(face) };
    struct access_reader nothing = { 0 };
    const struct granted *granted;
    if (access_ask(face->hub, &caller, NULL, 0, arena, &granted, NULL) != OK)
        return nothing;
    return access_reader(face->hub, granted);
}

struct dns_source dns_face_source(struct dns_face *face, const struct view *view)
{
    return (struct dns_source){ .config = face->config,
                                .view = view,
                                .reader = view == NULL ? NULL : &face->reader,
                                .hub = face->hub,
                                .serial = (uint32_t)(clock_wall_ms() / MS_PER_S) };
}

static void count_rcode(const struct dns_face *face, uint8_t rcode)
{
    if (rcode == KNOT_RCODE_NXDOMAIN)
        dns_count(face->counts->denied);
    else if (rcode == KNOT_RCODE_REFUSED)
        dns_count(face->counts->refused);
    else if (rcode == KNOT_RCODE_SERVFAIL)
        dns_count(face->counts->failed);
}

void dns_face_rcode(struct dns_face *face, const struct dns_query *q, uint8_t rcode)
{
    count_rcode(face, rcode);
    dns_render_empty(q, rcode, false, &face->config->style, &face->out);
}

void dns_face_reply(struct dns_face *face, const struct dns_query *q, enum dns_carrier carrier,
                    const struct dns_reply *reply)
{
    const struct dns_style *style = &face->config->style;
    struct dns_room room = dns_room_for(q, carrier, style);
    bool whole;
    dns_render(q, reply, &room, style, &face->seed, &face->out, &whole);
    if (!whole)
        dns_count(face->counts->cut);
    if (reply->may_be_kept && !reply->stamp.is_lost && reply->answer.n > 0)
        dns_cache_put(face->cache, q, &room, buf_bytes(&face->out), &reply->stamp,
                      !reply->shuffles || reply->answer.n < 2);
    count_rcode(face, reply->rcode);
    dns_finish(q, &face->out, face->out.n);
    if (reply->is_for_asker)
        dns_finish_subnet(q, &face->out);
}

void dns_asker_send(struct dns_face *face, const struct dns_asker *asker)
{
    struct bytes answer = buf_bytes(&face->out);
    if (asker->udp != NULL && answer.n > 0)
        udp_send(asker->udp, &asker->peer, answer);
    else if (asker->tcp != NULL)
        framed_answer(asker->tcp, answer);
    buf_clear(&face->out, OUT_KEEP);
}
