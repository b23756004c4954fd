/* Records are written by libknot, one by one. An owner that is the question's name, or the target
 * of the answer that it explains, is a pointer; others are compressed against the question's name.
 * How many answers fit is found by trying: all, then by halves. */
#include "faces/dns/render.h"

#include <assert.h>
#include <libknot/libknot.h>
#include <libknot/packet/rrset-wire.h>

#include "base/mem.h"

enum {
    UDP_OVERHEAD = 8, /* left free, as upstream does */
    PLAIN_ANSWERS_MAX = 8,
    TCP_BYTES = UINT16_MAX - KNOT_WIRE_HEADER_SIZE,
    TCP_ANSWERS_MAX = 4096,
    TCP_SRV_MAX = 1024,
    OPT_BYTES = 11,
    OPTION_HEAD = 4,
    SUBNET_SOURCE = 2, /* bytes of the option's data: lengths of prefixes */
    SUBNET_SCOPE = 3,
    RECORD_FIXED = 10 /* type, class, TTL, length */
};

/* -- room -------------------------------------------------------------------------------------- */

static size_t opt_bytes(const struct dns_query *q)
{
    if (!q->has_edns)
        return 0;
    return OPT_BYTES + (q->subnet_n > 0 ? OPTION_HEAD + q->subnet_n : 0);
}

struct dns_room dns_room_for(const struct dns_query *q, enum dns_carrier carrier,
                             const struct dns_style *style)
{
    struct dns_room room = { .answers_max = SIZE_MAX };
    if (carrier == DNS_TCP) {
        room.bytes = TCP_BYTES - opt_bytes(q);
        room.answers_max = q->type == KNOT_RRTYPE_SRV ? TCP_SRV_MAX : TCP_ANSWERS_MAX;
        return room;
    }
    room.bytes = q->edns_bytes - UDP_OVERHEAD - opt_bytes(q);
    if (q->edns_bytes > DNS_PLAIN_MAX)
        return room;
    room.uncompressed = true;
    room.answers_max =
        style->udp_answer_limit < PLAIN_ANSWERS_MAX ? style->udp_answer_limit : PLAIN_ANSWERS_MAX;
    return room;
}

/* -- writing ----------------------------------------------------------------------------------- */

struct attempt {
    const struct dns_query *q;
    const struct dns_reply *r;
    const size_t *order; /* of the answers */
    size_t answer_n;
    bool authority, additional;
    bool compresses;
    uint8_t *wire; /* room for BYTES */
    size_t at, bytes;
    uint16_t *targets; /* where the name in each answer's data is; 0: unknown */
};

static size_t header_bytes(const struct dns_query *q)
{
    return KNOT_WIRE_HEADER_SIZE + q->name.n + 4;
}

/* The answer's own data name, if the record ends with it and it is not compressed. */
static size_t target_bytes(const knot_rrset_t *rr)
{
    const knot_rdata_t *data = rr->rrs.rdata;
    return rr->type == KNOT_RRTYPE_SRV ? data->len - 6U : 0;
}

/* False if there is no room. OWNER_AT: where its owner's name stands already; 0: nowhere. */
static bool put_record(struct attempt *a, const knot_rrset_t *record, uint16_t owner_at)
{
    knot_rrset_t rr = *record;
    knot_rrinfo_t info = { .pos = (uint16_t)a->at };
    knot_compr_t compress = { .wire = a->wire, .rrinfo = &info };
    if (rr.owner == NULL) {
        rr.owner = (knot_dname_t *)(uintptr_t)a->q->name.p;
        owner_at = KNOT_WIRE_HEADER_SIZE;
    }
    info.compress_ptr[KNOT_COMPR_HINT_OWNER] = owner_at;
    compress.suffix.pos = KNOT_WIRE_HEADER_SIZE;
    compress.suffix.labels = (uint8_t)knot_dname_labels(a->q->name.p, NULL);
    int n = knot_rrset_to_wire(&rr, a->wire + a->at, (uint16_t)(a->bytes - a->at),
                               a->compresses ? &compress : NULL);
    if (n < 0)
        return false;
    a->at += (size_t)n;
    return true;
}

static bool put_answers(struct attempt *a)
{
    for (size_t i = 0; i < a->answer_n; i++) {
        const knot_rrset_t *rr = &a->r->answer.all[a->order[i]].rr;
        if (!put_record(a, rr, 0))
            return false;
        size_t target = a->at - target_bytes(rr);
        a->targets[a->order[i]] =
            target < a->at && target < KNOT_WIRE_PTR_MAX ? (uint16_t)target : 0;
    }
    return true;
}

static bool is_answered(const struct attempt *a, size_t answer)
{
    for (size_t i = 0; i < a->answer_n; i++)
        if (a->order[i] == answer)
            return true;
    return false;
}

/* Where the owner of an additional record of answer OF stands already; 0: nowhere. */
static uint16_t owner_of_additional(const struct attempt *a, const knot_rrset_t *rr, size_t of)
{
    if (rr->owner == NULL || of >= a->r->answer.n || a->targets[of] == 0 ||
        !knot_dname_is_equal(rr->owner, a->wire + a->targets[of]))
        return 0;
    return a->targets[of];
}

/* The additional records that belong to OF; they begin at FIRST. */
static bool put_additional_of(struct attempt *a, size_t of, size_t first, size_t *n)
{
    const struct dns_records *more = &a->r->additional;
    for (size_t i = first; i < more->n && more->all[i].of == of; i++) {
        const knot_rrset_t *rr = &more->all[i].rr;
        if (!put_record(a, rr, owner_of_additional(a, rr, of)))
            return false;
        (*n)++;
    }
    return true;
}

/* In the order of the answers. Additional records of an answer stand together in R, and their
 * answers ascend, so each run is found where a search for its answer ends. */
static size_t find_run(const struct dns_records *more, size_t of)
{
    size_t from = 0, to = more->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (more->all[mid].of < of)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static bool put_additional(struct attempt *a, size_t *n)
{
    for (size_t i = 0; i <= a->answer_n + 1; i++) {
        bool is_answer = i < a->answer_n;
        size_t of =
            is_answer ? a->order[i] : (i == a->answer_n ? DNS_OF_AUTHORITY : DNS_OF_QUESTION);
        if (of == DNS_OF_AUTHORITY && !a->authority)
            continue;
        size_t first = find_run(&a->r->additional, of);
        if (!put_additional_of(a, of, first, n))
            return false;
    }
    return true;
}

static bool put_authority(struct attempt *a)
{
    for (size_t i = 0; i < a->r->authority.n; i++)
        if (!put_record(a, &a->r->authority.all[i].rr, 0))
            return false;
    return true;
}

static void put_question(struct attempt *a)
{
    memset(a->wire, 0, KNOT_WIRE_HEADER_SIZE);
    knot_wire_set_qr(a->wire);
    knot_wire_set_qdcount(a->wire, 1);
    memcpy(a->wire + KNOT_WIRE_HEADER_SIZE, a->q->name.p, a->q->name.n);
    uint8_t *end = a->wire + KNOT_WIRE_HEADER_SIZE + a->q->name.n;
    knot_wire_write_u16(end, a->q->type);
    knot_wire_write_u16(end + 2, a->q->class);
    a->at = header_bytes(a->q);
}

static bool try(struct attempt *a)
{
    size_t additional_n = 0;
    put_question(a);
    if (!put_answers(a) || (a->authority && !put_authority(a)) ||
        (a->additional && !put_additional(a, &additional_n)))
        return false;
    knot_wire_set_ancount(a->wire, (uint16_t)a->answer_n);
    knot_wire_set_nscount(a->wire, a->authority ? (uint16_t)a->r->authority.n : 0);
    knot_wire_set_arcount(a->wire, (uint16_t)additional_n);
    return true;
}

/* -- what there is room for -------------------------------------------------------------------- */

static size_t plain_size(const struct dns_query *q, const struct dns_record *record)
{
    const knot_dname_t *owner = record->rr.owner;
    size_t name = owner == NULL ? q->name.n : dname_length(owner);
    return name + RECORD_FIXED + record->rr.rrs.rdata->len;
}

/* Without compression. */
static size_t attempt_size(const struct attempt *a)
{
    size_t size = header_bytes(a->q);
    for (size_t i = 0; i < a->answer_n; i++)
        size += plain_size(a->q, &a->r->answer.all[a->order[i]]);
    for (size_t i = 0; a->authority && i < a->r->authority.n; i++)
        size += plain_size(a->q, &a->r->authority.all[i]);
    for (size_t i = 0; a->additional && i < a->r->additional.n; i++) {
        size_t of = a->r->additional.all[i].of;
        if (of == DNS_OF_QUESTION || (of == DNS_OF_AUTHORITY ? a->authority : is_answered(a, of)))
            size += plain_size(a->q, &a->r->additional.all[i]);
    }
    return size;
}

static bool fits(struct attempt *a, const struct dns_room *room, size_t answer_n)
{
    a->answer_n = answer_n;
    if (room->uncompressed && attempt_size(a) > room->bytes)
        return false;
    return try(a);
}

/* The most answers from the front that fit, at least one if there are any: false if not even that.
 */
static bool fit_answers(struct attempt *a, const struct dns_room *room, size_t most)
{
    size_t fit = 0, too_many = most;
    while (too_many - fit > 1) {
        size_t mid = fit + (too_many - fit) / 2;
        if (fits(a, room, mid))
            fit = mid;
        else
            too_many = mid;
    }
    if (fit > 0)
        return fits(a, room, fit);
    if (fits(a, room, most < 1 ? 0 : 1))
        return true;
    a->additional = false;
    return fits(a, room, most < 1 ? 0 : 1);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* -- order ------------------------------------------------------------------------------------- */

static uint64_t draw(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t *make_order(const struct dns_reply *r, uint64_t *seed)
{
    size_t n = r->answer.n;
    size_t *order = arena_zalloc(r->arena, n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; r->shuffles && i > 1; i--) {
        size_t with = draw(seed) % i, kept = order[i - 1];
        order[i - 1] = order[with];
        order[with] = kept;
    }
    return order;
}

/* -- the whole --------------------------------------------------------------------------------- */

/* Writes as much as there is room for, at most MOST answers; true if nothing is left out. */
static bool fit(struct attempt *a, const struct dns_room *room, size_t most)
{
    bool fitted = fits(a, room, most);
    if (fitted && most == a->r->answer.n)
        return true;
    if (!fitted) {
        a->authority = false;
        fitted = fits(a, room, most) || fit_answers(a, room, most);
    }
    if (!fitted) {
        a->additional = false;
        fitted = fits(a, room, 0);
        assert(fitted); /* header and question always do */
    }
    return false;
}

static void set_bits(const struct attempt *a, const struct dns_style *style, bool whole)
{
    knot_wire_set_rcode(a->wire, a->r->rcode & 0xf);
    knot_wire_set_aa(a->wire);
    if (style->recurses)
        knot_wire_set_ra(a->wire);
    if (!whole && (style->truncates || (a->answer_n == 0 && a->r->answer.n > 0)))
        knot_wire_set_tc(a->wire);
}

void dns_render(const struct dns_query *q, const struct dns_reply *r, const struct dns_room *room,
                const struct dns_style *style, uint64_t *seed, struct buf *out, bool *ret_whole)
{
    size_t most = least(r->answer.n, room->answers_max), from = out->n;
    if (r->answers_max > 0)
        most = least(most, r->answers_max);
    struct attempt a = { .q = q,
                         .r = r,
                         .order = make_order(r, seed),
                         .authority = true,
                         .additional = true,
                         .compresses = style->compresses,
                         .wire = buf_extend(out, room->bytes),
                         .bytes = room->bytes,
                         .targets = arena_zalloc(r->arena, r->answer.n + 1, sizeof *a.targets) };
    assert(a.wire != NULL); /* OUT has room for a packet */
    *ret_whole = fit(&a, room, most);
    set_bits(&a, style, *ret_whole);
    out->n = from + a.at;
}

static void put_opt(const struct dns_query *q, struct buf *out, uint8_t extended_rcode)
{
    uint8_t opt[OPT_BYTES] = { 0 };
    knot_wire_write_u16(opt + 1, KNOT_RRTYPE_OPT);
    knot_wire_write_u16(opt + 3, (uint16_t)q->edns_bytes);
    opt[5] = extended_rcode;
    opt[7] = q->wants_dnssec ? 0x80 : 0;
    knot_wire_write_u16(opt + 9, q->subnet_n > 0 ? (uint16_t)(OPTION_HEAD + q->subnet_n) : 0);
    buf_put(out, opt, sizeof opt);
    if (q->subnet_n == 0)
        return;
    uint8_t head[OPTION_HEAD];
    knot_wire_write_u16(head, KNOT_EDNS_OPTION_CLIENT_SUBNET);
    knot_wire_write_u16(head + 2, (uint16_t)q->subnet_n);
    buf_put(out, head, sizeof head);
    size_t at = out->n;
    buf_put(out, q->subnet, q->subnet_n);
    out->p[at + SUBNET_SCOPE] = 0; /* its scope: the answer is the same for everybody */
}

void dns_finish(const struct dns_query *q, struct buf *out, size_t length)
{
    uint8_t *wire = out->p + out->n - length;
    knot_wire_set_id(wire, q->id);
    knot_wire_set_opcode(wire, q->opcode);
    if (q->recursion_desired)
        knot_wire_set_rd(wire);
    if (q->checking_disabled)
        knot_wire_set_cd(wire);
    if (knot_wire_get_qdcount(wire) == 1)
        memcpy(wire + KNOT_WIRE_HEADER_SIZE, q->spelled, q->name.n);
    if (!q->has_edns)
        return;
    knot_wire_add_arcount(wire, 1);
    put_opt(q, out, q->rcode >> 4);
}

void dns_finish_subnet(const struct dns_query *q, struct buf *out)
{
    if (q->subnet_n > SUBNET_SCOPE)
        out->p[out->n - q->subnet_n + SUBNET_SCOPE] = q->subnet[SUBNET_SOURCE];
}

void dns_render_empty(const struct dns_query *q, uint8_t rcode, bool tc,
                      const struct dns_style *style, struct buf *out)
{
    size_t from = out->n;
    if (q->name.n > 0) {
        struct attempt a = { .q = q, .bytes = header_bytes(q) };
        a.wire = buf_extend(out, a.bytes);
        assert(a.wire != NULL);
        put_question(&a);
    } else {
        static const uint8_t header[KNOT_WIRE_HEADER_SIZE];
        buf_put(out, header, sizeof header);
        knot_wire_set_qr(out->p + from);
    }
    uint8_t *wire = out->p + from;
    knot_wire_set_rcode(wire, rcode & 0xf);
    if (tc)
        knot_wire_set_tc(wire);
    if (style->recurses)
        knot_wire_set_ra(wire);
    dns_finish(q, out, out->n - from);
}
