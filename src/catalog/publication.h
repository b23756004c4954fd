/* catalog/publication.h -- what one owner says of one instance.
 *
 * The row of a publication, and what the command that registers it carries: the same bytes, so that
 * a registration equal to what stands is seen by comparing them. */
#ifndef CATALOG_PUBLICATION_H
#define CATALOG_PUBLICATION_H

#include "catalog/label.h"
#include "catalog/status.h"
#include "store/command.h"

enum {
    PUBLICATION_FORMAT = 1,
    PUBLICATION_MAX = 256 * 1024, /* of the row */
    NAMED_PORTS_MAX = 256,
    TAGS_MAX = 512,
    TAG_MAX = 512,
    EXTRAS_MAX = 128 * 1024,
    WEIGHT_ONE = 100, /* weights are hundredths */
    WEIGHT_MAX = 1000000
};

struct named_port {
    struct bytes name;
    uint16_t port;
};

struct publication { /* text is lent */
    /* Both are set by apply and 0 in a command: how its lease stands (live without one), and the
     * revision at which its owner last said all this. */
    enum lease_stage stage;
    uint64_t spoke;
    enum status reported;
    bool enabled;
    bool ephemeral;  /* goes with its owner; a persistent one stays and is checked */
    struct bytes id; /* as its owner calls it; empty: the canonical one */
    struct bytes address;
    uint16_t port;            /* 0 = none */
    struct named_port *ports; /* strictly ascending by name */
    size_t port_n;
    uint32_t weight; /* hundredths, 0 to WEIGHT_MAX */
    struct labels metadata;
    struct bytes *tags; /* in its owner's order */
    size_t tag_n;
    struct bytes cluster, zone; /* may be empty */
    struct bytes node;          /* of an agent; empty if there is none */
    struct bytes extras;        /* what only the face of its owner knows; any bytes */
};

void publication_write(const struct publication *p, struct buf *out);
/* Lends from BYTES and the arena. ERR_VERSION, ERR_TRUNCATED; ERR_MALFORMED for what no owner may
 * say (a flag or status that does not exist, lists out of order, a weight above WEIGHT_MAX,
 * neither address nor node); ERR_TOO_BIG above a limit. */
MUST_CHECK enum err publication_read(struct bytes bytes, struct arena *arena,
                                     struct publication *ret);

/* The same row with another stage and revision, in the arena. */
struct bytes publication_stamp(struct bytes row, enum lease_stage stage, uint64_t spoke,
                               struct arena *arena);
/* True if two rows say the same, whatever is stamped on them. */
bool publication_rows_agree(struct bytes a, struct bytes b);

#endif
