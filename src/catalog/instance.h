/* catalog/instance.h -- what is shown: publications, checks and overlays of a service, merged.
 *
 * An instance is an address: its newest living publication with the overlay of the address over
 * it. Its state follows from inputs that are stored apart, so that none forgets another: the
 * lease's stage, what the owner reports, the checks of instance and node, the overlay. */
#ifndef CATALOG_INSTANCE_H
#define CATALOG_INSTANCE_H

#include "catalog/key.h"
#include "catalog/overlay.h"
#include "catalog/publication.h"

struct node;
struct service;

struct state_inputs {
    enum lease_stage stage;
    enum status reported;
    bool enabled;                  /* by its owner */
    enum status checks;            /* the worst of them; STATUS_UP if there are none */
    const struct overlay *overlay; /* NULL if there is none */
};

struct effective {
    enum status status; /* OUT_OF_SERVICE if it is not enabled */
    bool enabled;
    bool healthy; /* UP or SUSPECT, were it enabled */
};

/* The worst of lease, checks and report counts. An overlay's status takes the place of a report
 * that says UP, SUSPECT or OUT_OF_SERVICE; an owner that says it is starting, down or does not
 * know is believed. */
struct effective effective_state(const struct state_inputs *in);
/* The worse of two: STATUS_UP of none. */
enum status status_worse(enum status a, enum status b);

struct published { /* a publication as it stands in its row */
    struct owner owner;
    struct publication said;
    struct bytes address;    /* to dial: its own, or its node's; empty if neither is known */
    const struct node *node; /* NULL if it has none, or none that is registered */
    enum status checks;      /* worst of its own and its node's */
    uint64_t create, modify; /* revisions of the row */
};

struct overlaid { /* an overlay and what it is laid over */
    struct bytes address, cluster;
    uint16_t port;
    struct overlay overlay;
};

struct service_rows { /* all of one service, in the order of their keys */
    const struct published *published;
    size_t published_n;
    const struct overlaid *overlays;
    size_t overlay_n;
};

struct instance { /* lends from what it was made of, and the arena */
    const struct published *from;
    struct labels metadata;
    uint32_t weight;
    struct effective is;
};

struct instances {
    struct instance *all;
    size_t n;
};

/* The instances of a service, in the order of the rows they come from. Of those who publish one
 * address (with its port and cluster; port 0 tells nothing, so each is its own) those whose lease
 * is not down come first, then the one that spoke last. */
struct instances instances_merge(const struct service_rows *rows, struct arena *arena);

/* What FACE lists: its own publications one by one (those with the same id on the same node and
 * address are one), then what other faces publish, each address and port once and only if it is
 * not there already. */
struct instances instances_listed(enum face face, const struct service_rows *rows,
                                  struct arena *arena);

/* True if so few of those that are enabled are healthy that all are to be given: their share is at
 * or below the threshold of SERVICE. Never without a definition (NULL), nor if there are none. */
bool instances_are_protected(const struct instances *instances, const struct service *service);

#endif
