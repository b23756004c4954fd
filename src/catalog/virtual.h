/* catalog/virtual.h -- virtual addresses of the mesh: a service gets one of 240.0.0.0/4 once, and
 * keeps it; by hand it may be given others beside.
 *
 * An object without a type, named as the service in one word with fold_dup. Numbers are given in
 * order and never again, so an address never comes to mean another service. */
#ifndef CATALOG_VIRTUAL_H
#define CATALOG_VIRTUAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "catalog/draft.h"
#include "store/view.h"

enum {
    VIRTUAL_FORMAT = 1,
    VIRTUAL_TEXT_MAX = 16,         /* "255.255.255.254" and a NUL */
    VIRTUAL_LAST = 0x0ffffffe,     /* the number of 255.255.255.254 */
    VIRTUAL_BY_HAND_MAX = 1024,    /* of a service */
    VIRTUAL_BY_HAND_TEXT_MAX = 45, /* bytes of one: an IPv6 address fits */
};

struct virtual_address {
    uint32_t number; /* from 1; 0: they have run out */
    struct bytes *by_hand;
    size_t by_hand_n;
};

void virtual_write(const struct virtual_address *v, struct buf *out);
/* Lends from ROW. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err virtual_read(struct bytes row, struct arena *arena,
                                 struct virtual_address *ret);
/* "240.0.0.1" for 1; "" for 0. */
void virtual_print(uint32_t number, char out[VIRTUAL_TEXT_MAX]);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err virtual_get(const struct view *view, struct bytes ns, struct bytes service,
                                struct arena *arena, struct virtual_address *ret);
/* Gives SERVICE an address if it has none. */
MUST_CHECK enum err virtual_plan(struct draft *d, struct bytes ns, struct bytes service);
/* A ROW is put as it is, by a restore or by hand: what is given from now on is above its number. */
MUST_CHECK enum err virtual_plan_put(struct draft *d, struct bytes ns, struct bytes row);

#endif
