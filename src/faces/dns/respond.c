/* What needs no catalog first, then what was rendered before, then the catalog or whom to ask. */
#include "faces/dns/respond.h"

#include <libknot/codes.h>
#include <libknot/consts.h>
#include <string.h>

#include "faces/dns/counts.h"
#include "faces/dns/recurse.h"
#include "faces/dns/reverse.h"

enum { SUBNET_HEAD = 4 };

/* True if it has been answered with what was rendered before. */
static bool answer_from_cache(struct dns_face *face, const struct dns_query *q,
                              enum dns_carrier carrier, const struct view *view)
{
    struct dns_room room = dns_room_for(q, carrier, &face->config->style);
    struct bytes kept = dns_cache_find(face->cache, q, &room, view);
    if (kept.p == NULL)
        return false;
    dns_count(face->counts->cached);
    buf_put_bytes(&face->out, kept);
    dns_finish(q, &face->out, kept.n);
    return true;
}

/* An option of RFC 7871 that has been read: a family, two lengths, and as much of an address. */
static struct ip subnet_of(const struct dns_query *q)
{
    struct ip ip = { .n = q->subnet[1] == 1 ? 4 : 16 };
    size_t n = q->subnet_n - SUBNET_HEAD;
    memcpy(ip.p, q->subnet + SUBNET_HEAD, n < ip.n ? n : ip.n);
    return ip;
}

static struct ip address_of(const struct udp_peer *peer)
{
    struct ip ip = { .n = 4 };
    const uint8_t *v6 = peer->from.in6.sin6_addr.s6_addr;
    if (peer->from.any.sa_family == AF_INET) {
        memcpy(ip.p, &peer->from.in.sin_addr, 4);
    } else if (IN6_IS_ADDR_V4MAPPED(&peer->from.in6.sin6_addr)) {
        memcpy(ip.p, v6 + 12, 4);
    } else {
        memcpy(ip.p, v6, 16);
        ip.n = 16;
    }
    return ip;
}

static struct ip asker_of(const struct dns_asker *asker, const struct dns_query *q)
{
    if (q->subnet_n > SUBNET_HEAD)
        return subnet_of(q);
    return asker->udp != NULL ? address_of(&asker->peer) : (struct ip){ .n = 0 };
}

/* False: the answer comes later. */
static bool answer_name(struct dns_face *face, const struct dns_asker *asker,
                        const struct dns_query *q, struct bytes in, const struct view *view)
{
    struct dns_asked asked;
    struct dns_reply reply;
    struct dns_source source = dns_face_source(face, view);
    source.asker = asker_of(asker, q);
    dns_name_parse(&face->config->zones, dname_bytes(&q->name), q->type == KNOT_RRTYPE_SRV,
                   &face->arena, &asked);
    if (asked.kind == DNS_REVERSE)
        return !dns_reverse_ask(face->reverse, asker, q, &asked, in);
    if (asked.kind == DNS_OUTSIDE)
        return !dns_recurse_ask(face->recurse, asker, q, in);
    dns_answer(&source, &asked, q->type, &face->arena, &reply);
    if (reply.chase.n > 0 && dns_recurse_chase(face->recurse, asker, q, &source, &asked))
        return false;
    dns_face_reply(face, q, dns_asker_carrier(asker), &reply);
    return true;
}

static bool is_spared(const struct dns_face *face, const struct udp_peer *peer)
{
    return face->config->rate_spares != NULL && face->config->rate_spares(peer);
}

static bool is_over_rate(struct dns_face *face, const struct dns_asker *asker)
{
    return asker->udp != NULL && face->limit != NULL && !is_spared(face, &asker->peer) &&
           !dns_limit_take(face->limit, &asker->peer.from.any, loop_now_ms(face->loop));
}

/* What needs no catalog. True if that was it. */
static bool answer_early(struct dns_face *face, const struct dns_asker *asker,
                         const struct dns_query *q, const struct view *view)
{
    bool is_internet = q->class == KNOT_CLASS_IN || q->class == KNOT_CLASS_ANY;
    if (is_over_rate(face, asker)) {
        dns_count(face->counts->limited);
        dns_render_empty(q, KNOT_RCODE_NOERROR, true, &face->config->style, &face->out);
    } else if (q->rcode != KNOT_RCODE_NOERROR) {
        dns_face_rcode(face, q, q->rcode);
    } else if (!is_internet) {
        dns_face_rcode(face, q, KNOT_RCODE_REFUSED);
    } else if (view == NULL) {
        dns_face_rcode(face, q, KNOT_RCODE_SERVFAIL);
    } else {
        return answer_from_cache(face, q, dns_asker_carrier(asker), view);
    }
    return true;
}

void dns_respond(struct dns_face *face, const struct dns_asker *asker, struct bytes in,
                 const struct view *view)
{
    struct dns_query q;
    dns_count(asker->udp != NULL ? face->counts->udp : face->counts->tcp);
    bool answered = true;
    if (dns_query_read(in, &q) != OK)
        dns_count(face->counts->dropped);
    else if (!answer_early(face, asker, &q, view))
        answered = answer_name(face, asker, &q, in, view);
    if (answered)
        dns_asker_send(face, asker);
}
