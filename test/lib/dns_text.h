/* test/lib/dns_text.h -- DNS packets for tests: queries as bytes, answers as lines. */
#ifndef TEST_LIB_DNS_TEXT_H
#define TEST_LIB_DNS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* What a packet says, lent until the next call. First "RCODE qr aa tc rd ra" (what is set), then a
 * line a record, without TTL 0 written: "? name TYPE", "= name ttl TYPE data" of the answer, "~
 * ..." of the authority, "+ ..." of the additional section, "+ OPT bytes [subnet]". A packet that
 * cannot be parsed is "malformed". */
const char *dns_text(struct bytes packet);

struct dns_ask {
    const char *name;
    uint16_t type; /* 0: A */
    uint16_t id;
    bool no_rd;
    uint16_t edns_bytes; /* 0: without EDNS */
    bool subnet;         /* 10.1.2.0/24, in an EDNS option */
};
/* Appends the query. */
void dns_ask_write(const struct dns_ask *ask, struct buf *out);

#endif
