/* model.h -- the registry as plainly as it can be said: arrays, and a copy of all for each command.
 *
 * It includes nothing of src/catalog. What it holds is printed as sorted lines of text, and so is
 * the store: they must be the same. */
#ifndef TEST_CATALOG_MODEL_MODEL_H
#define TEST_CATALOG_MODEL_MODEL_H

#include "base/buf.h"
#include "test/unit/catalog/model/script.h"

struct m_row {
    bool there;
    uint64_t create, mod;
    unsigned value;
    bool shout;
    unsigned lease; /* of a publication; so are the next two */
    enum stage stage;
    uint64_t spoke;
    unsigned notes, output; /* of a check; 0 of what is not there */
    unsigned of;            /* of an instance's check: the service it speaks of ... */
    bool of_shout;          /* ... and how that is written */
};

struct m_state { /* of a service */
    bool there, shout;
    uint64_t revision, last_removal, n;
};

struct m_from { /* what is published from a node under a name */
    bool there, shout;
    unsigned service;
};

enum m_table { M_NODES, M_SERVICES, M_CHECKS, M_CONFIG, M_EXTINCT, M_TABLES };

struct m_ns {
    struct m_row nodes[NODES];
    uint64_t node_states[NODES]; /* 0 = none */
    struct m_row agents[SERVICES][NODES][PARTS];
    struct m_row foreign[SERVICES][FOREIGN];
    struct m_from from[NODES][PARTS];
    struct m_row node_checks[NODES][CHECKS], checks[NODES][PARTS][CHECKS];
    struct m_row overlays[SERVICES][PLACES], definitions[SERVICES], objects[OBJECTS];
    struct m_state states[SERVICES];
    uint64_t tables[M_TABLES];
};

struct m_lease {
    bool there;
    enum stage stage;
};

struct model {
    uint64_t revision;
    struct m_ns ns[NAMESPACES];
    struct m_lease leases[LEASES + 1];
};

enum m_refusal { M_DONE, M_ABSENT, M_STALE, M_NO_NODE, M_NO_SERVICE, M_NO_LEASE, M_LEASE };

struct m_result {
    enum m_refusal refusal;
    size_t op_n;                               /* planned; the last one is refused if one is */
    uint64_t create[OPS_MAX], modify[OPS_MAX]; /* 0 if nothing stands */
};

void model_init(struct model *m);
struct m_result model_apply(struct model *m, const struct command_script *c);
/* The revision of the row that OP is about; 0 if there is none. */
uint64_t model_mod(const struct model *m, const struct m_op *op);
/* One line a row, in no order. */
void model_print(const struct model *m, struct buf *out);

#endif
