/* Each question has an id of its own, drawn, and leaves from a fresh port; only what repeats both
 * and the question is taken for its answer. */
#include "faces/dns/recurse.h"

#include <libknot/libknot.h>

#include "base/mem.h"
#include "faces/dns/counts.h"
#include "net/exchange.h"

enum { QUESTION_FIXED = 4 };

struct forward {
    struct list link;
    struct dns_recurse *all;
    struct dns_asker asker;
    struct dns_query q;
    size_t first, tried; /* recursors */
    struct exchange *exchange;
    bool chases;
    struct arena arena;
    struct dns_reply reply; /* of one that chases: what is there so far */
    size_t n;
    uint8_t *packet; /* what is asked */
};

struct dns_recurse {
    struct dns_face *face;
    struct list forwards;
    size_t forward_n;
};

static void drop(struct forward *f)
{
    exchange_cancel(f->exchange);
    list_remove(&f->link);
    f->all->forward_n--;
    arena_fini(&f->arena);
    mem_free(f->packet);
    mem_free(f);
}

/* -- the answer -------------------------------------------------------------------------------- */

static void send_and_drop(struct forward *f)
{
    dns_asker_send(f->all->face, &f->asker);
    f->exchange = NULL; /* it is over */
    drop(f);
}

/* Everybody was asked. */
static void give_up(struct forward *f)
{
    struct dns_face *face = f->all->face;
    if (f->chases)
        dns_face_reply(face, &f->q, dns_asker_carrier(&f->asker), &f->reply);
    else
        dns_face_rcode(face, &f->q, KNOT_RCODE_SERVFAIL);
    send_and_drop(f);
}

static size_t question_bytes(struct bytes packet)
{
    return dname_length(packet.p + KNOT_WIRE_HEADER_SIZE) + QUESTION_FIXED;
}

static bool is_answer_to(struct bytes in, const struct forward *f)
{
    struct bytes asked = bytes_of(f->packet, f->n);
    size_t n = question_bytes(asked);
    return in.n >= KNOT_WIRE_HEADER_SIZE + n && knot_wire_get_qr(in.p) &&
           knot_wire_get_id(in.p) == knot_wire_get_id(f->packet) &&
           knot_wire_get_qdcount(in.p) == 1 &&
           memcmp(in.p + KNOT_WIRE_HEADER_SIZE, f->packet + KNOT_WIRE_HEADER_SIZE, n) == 0;
}

static struct bytes name_in_arena(struct forward *f, const knot_dname_t *name)
{
    return arena_dup(&f->arena, bytes_of(name, knot_dname_size(name)));
}

static void take_record(struct forward *f, const knot_rrset_t *rr)
{
    struct dns_reply *r = &f->reply;
    const knot_rdata_t *data = rr->rrs.rdata;
    struct bytes owner = name_in_arena(f, rr->owner);
    if (rr->type == KNOT_RRTYPE_CNAME)
        dns_add_name(r, &r->answer, owner, rr->type, rr->ttl, name_in_arena(f, data->data));
    else if ((rr->type == KNOT_RRTYPE_A && data->len == 4) ||
             (rr->type == KNOT_RRTYPE_AAAA && data->len == 16))
        dns_add_address(r, &r->answer, owner, rr->ttl, bytes_of(data->data, data->len), 0);
}

/* The records of the answer, behind those that are there. */
static void take_records(struct forward *f, struct bytes in)
{
    knot_pkt_t *pkt = knot_pkt_new((uint8_t *)(uintptr_t)in.p, (uint16_t)in.n, NULL);
    if (pkt == NULL)
        return;
    if (knot_pkt_parse(pkt, KNOT_PF_KEEPWIRE | KNOT_PF_NOCANON) == KNOT_EOK) {
        const knot_pktsection_t *answers = knot_pkt_section(pkt, KNOT_ANSWER);
        for (uint16_t i = 0; i < answers->count && i < DNS_CHASED_MAX; i++)
            take_record(f, knot_pkt_rr(answers, i));
    }
    knot_pkt_free(pkt);
}

static void relay(struct forward *f, struct bytes in)
{
    struct buf *out = &f->all->face->out;
    buf_put_bytes(out, in);
    knot_wire_set_id(out->p, f->q.id);
}

static void ask_next(struct forward *f);

static bool on_came(void *ctx, struct bytes in)
{
    struct forward *f = ctx;
    if (!is_answer_to(in, f))
        return false;
    uint8_t rcode = knot_wire_get_rcode(in.p);
    if (rcode != KNOT_RCODE_NOERROR && rcode != KNOT_RCODE_NXDOMAIN) {
        f->exchange = NULL; /* ends with this call */
        ask_next(f);
        return true;
    }
    if (f->chases) {
        take_records(f, in);
        dns_face_reply(f->all->face, &f->q, dns_asker_carrier(&f->asker), &f->reply);
    } else {
        relay(f, in);
    }
    send_and_drop(f);
    return true;
}

static void on_failed(void *ctx, enum err err)
{
    struct forward *f = ctx;
    (void)err;
    f->exchange = NULL;
    ask_next(f);
}

/* -- asking ------------------------------------------------------------------------------------ */

static const struct exchange_ops ops = { .came = on_came, .failed = on_failed };

/* False when nobody is left to ask. */
static bool try_next(struct forward *f)
{
    struct dns_face *face = f->all->face;
    const struct dns_config *c = face->config;
    enum exchange_carrier carrier = f->asker.udp != NULL || f->chases ? EXCHANGE_UDP : EXCHANGE_TCP;
    while (f->tried < c->recursor_n) {
        const struct sockaddr_in6 *to = &c->recursors[(f->first + f->tried) % c->recursor_n];
        f->tried++;
        knot_wire_set_id(f->packet, (uint16_t)entropy_u64());
        if (exchange_start(face->loop, to, carrier, bytes_of(f->packet, f->n),
                           c->recursor_timeout_ms, &ops, f, &f->exchange) == OK)
            return true;
    }
    return false;
}

static void ask_next(struct forward *f)
{
    if (!try_next(f))
        give_up(f);
}

static struct forward *new_forward(struct dns_recurse *r, const struct dns_asker *asker,
                                   const struct dns_query *q, size_t bytes)
{
    const struct dns_config *c = r->face->config;
    struct forward *f = mem_zalloc(1, sizeof *f);
    f->all = r;
    f->asker = *asker;
    f->q = *q;
    f->first = c->recursors_at_random ? (size_t)(entropy_u64() % c->recursor_n) : 0;
    f->packet = mem_alloc(bytes);
    f->n = bytes;
    arena_init(&f->arena, 0);
    list_append(&r->forwards, &f->link);
    r->forward_n++;
    return f;
}

bool dns_recurse_ask(struct dns_recurse *r, const struct dns_asker *asker,
                     const struct dns_query *q, struct bytes in)
{
    struct dns_face *face = r->face;
    if (face->config->recursor_n == 0) {
        dns_face_rcode(face, q, KNOT_RCODE_REFUSED);
        return false;
    }
    if (r->forward_n == DNS_FORWARDS_MAX) {
        dns_face_rcode(face, q, KNOT_RCODE_SERVFAIL);
        return false;
    }
    dns_count(face->counts->forwarded);
    struct forward *f = new_forward(r, asker, q, in.n);
    memcpy(f->packet, in.p, in.n);
    if (try_next(f))
        return true;
    drop(f);
    dns_face_rcode(face, q, KNOT_RCODE_SERVFAIL);
    return false;
}

static size_t write_question(uint8_t *packet, struct bytes name, uint16_t type)
{
    memset(packet, 0, KNOT_WIRE_HEADER_SIZE);
    knot_wire_set_rd(packet);
    knot_wire_set_qdcount(packet, 1);
    uint8_t *end = packet + KNOT_WIRE_HEADER_SIZE;
    memcpy(end, name.p, name.n);
    knot_wire_write_u16(end + name.n, type);
    knot_wire_write_u16(end + name.n + 2, KNOT_CLASS_IN);
    return KNOT_WIRE_HEADER_SIZE + name.n + QUESTION_FIXED;
}

bool dns_recurse_chase(struct dns_recurse *r, const struct dns_asker *asker,
                       const struct dns_query *q, const struct dns_source *source,
                       const struct dns_asked *asked)
{
    if (r->face->config->recursor_n == 0 || r->forward_n == DNS_FORWARDS_MAX)
        return false;
    struct forward *f =
        new_forward(r, asker, q, KNOT_WIRE_HEADER_SIZE + DNAME_MAX + QUESTION_FIXED);
    uint16_t type = q->type == KNOT_RRTYPE_AAAA ? KNOT_RRTYPE_AAAA : KNOT_RRTYPE_A;
    f->chases = true;
    dns_answer(source, asked, q->type, &f->arena, &f->reply);
    f->reply.may_be_kept = false;
    f->n = write_question(f->packet, f->reply.chase, type);
    dns_count(r->face->counts->forwarded);
    if (try_next(f))
        return true;
    drop(f);
    return false;
}

/* -- life -------------------------------------------------------------------------------------- */

struct dns_recurse *dns_recurse_new(struct dns_face *face)
{
    struct dns_recurse *r = mem_zalloc(1, sizeof *r);
    r->face = face;
    list_init(&r->forwards);
    return r;
}

void dns_recurse_forget(struct dns_recurse *r, const struct framed *f)
{
    LIST_FOR_EACH(link, &r->forwards)
    {
        struct forward *forward = CONTAINER_OF(link, struct forward, link);
        if (f == NULL || forward->asker.tcp == f)
            drop(forward);
    }
}

void dns_recurse_free(struct dns_recurse *r)
{
    if (r == NULL)
        return;
    dns_recurse_forget(r, NULL);
    mem_free(r);
}
