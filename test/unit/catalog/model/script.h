/* script.h -- what the model and the store are both told to do: small numbers in place of names. */
#ifndef TEST_CATALOG_MODEL_SCRIPT_H
#define TEST_CATALOG_MODEL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* how many there are of each */
       NAMESPACES = 2,
       NODES = 3,
       SERVICES = 4,
       PARTS = 3,   /* ids on a node */
       FOREIGN = 4, /* owners without a node */
       CHECKS = 2,
       PLACES = 2, /* with overlays */
       OBJECTS = 2,
       LEASES = 4,
       VALUES = 3, /* contents that a row may have */
       OPS_MAX = 6
};

enum thing { T_NODE, T_PUBLICATION, T_CHECK, T_OVERLAY, T_SERVICE, T_OBJECT, T_REPORT, THINGS };
enum verb { V_GET, V_SET, V_CAS, V_DELETE, V_DELETE_CAS, VERBS };
enum stage { S_LIVE, S_SUSPECT, S_DOWN, S_REMOVED };

struct m_op {
    enum thing thing;
    enum verb verb;
    uint64_t index;
    unsigned ns, node, service, part, check, place, object;
    unsigned foreign; /* of a publication: 0 = an agent's, else the owner without a node, plus 1 */
    bool of_instance; /* of a check: of PART, else the node's */
    bool of_member;   /* the node needs no row */
    bool unnamed;     /* of a publication that goes or is read: the service is left out */
    bool shout;       /* names that are compared without case are written in capitals */
    unsigned lease;   /* 0 = none */
    unsigned value; /* 0 .. VALUES - 1; of a check and a report a status, of a publication a port */
    unsigned output; /* of a check and a report; 0 .. VALUES - 1 */
    unsigned notes;  /* of a check: what it is; 0 .. VALUES - 1 */
};

enum m_command { C_CHANGE, C_GRANT, C_REVOKE, C_MOVE };

struct command_script {
    enum m_command what;
    struct m_op ops[OPS_MAX];
    size_t op_n;
    unsigned lease; /* 1 .. LEASES */
    enum stage from, to;
};

/* The face of an owner without a node, and of a lease: 0 or 1. */
static inline unsigned face_of_foreign(unsigned foreign)
{
    return foreign % 2;
}

static inline unsigned face_of_lease(unsigned lease)
{
    return lease % 2;
}

#endif
