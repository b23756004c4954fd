/* faces/dns/render.h -- an answer's bytes: which records there is room for, in which order, with
 * names compressed; and what each query gets of its own in them. */
#ifndef FACES_DNS_RENDER_H
#define FACES_DNS_RENDER_H

#include "base/buf.h"
#include "faces/dns/query.h"
#include "faces/dns/reply.h"

enum dns_carrier { DNS_UDP, DNS_TCP };

struct dns_room { /* what an answer may take */
    size_t bytes; /* in all, its OPT record left out */
    size_t answers_max;
    bool uncompressed; /* BYTES are counted as if names were not compressed */
};

struct dns_style {
    unsigned udp_answer_limit; /* without EDNS; never more than 8 */
    bool compresses;
    bool truncates; /* says so when something was left out */
    bool recurses;
};

/* consul.md 17.4. */
struct dns_room dns_room_for(const struct dns_query *q, enum dns_carrier carrier,
                             const struct dns_style *style);

/* Appends R as an answer to Q's question: id 0, the name in lower case. Answers that shuffle come
 * in an order drawn from *SEED, which moves. First the authority section is left out, then answers
 * from the end, with what belongs to them; one answer stays, without its additional records if
 * need be. Not even that: none, and the answer says that it is cut. *RET_WHOLE: nothing was left
 * out. */
void dns_render(const struct dns_query *q, const struct dns_reply *r, const struct dns_room *room,
                const struct dns_style *style, uint64_t *seed, struct buf *out, bool *ret_whole);

/* Turns the LENGTH bytes of a rendered answer at the end of OUT into Q's own: its id, its bits, the
 * letters of its name, and an OPT record if it has one. */
void dns_finish(const struct dns_query *q, struct buf *out, size_t length);
/* After dns_finish: the answer is for the subnet that was asked for, not for everybody. */
void dns_finish_subnet(const struct dns_query *q, struct buf *out);

/* Appends an answer without records that Q's own bytes are enough for: RCODE, and cut if TC. */
void dns_render_empty(const struct dns_query *q, uint8_t rcode, bool tc,
                      const struct dns_style *style, struct buf *out);

#endif
