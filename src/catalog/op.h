/* catalog/op.h -- operations on nodes, publications, checks, overlays, services and objects, as
 * parts of a command.
 *
 * Rows travel in the form in which they are stored. Each is checked whole when it is read, so what
 * is planned is known to be well formed. */
#ifndef CATALOG_OP_H
#define CATALOG_OP_H

#include "base/rd.h"
#include "catalog/key.h"
#include "catalog/status.h"

enum op_verb {         /* stored in commands */
               OP_GET, /* and refuse if it is not there */
               OP_SET,
               OP_CAS,        /* if its row stands at INDEX; 0: if it is not there */
               OP_DELETE,     /* harmless if it is not there */
               OP_DELETE_CAS, /* if its row stands at INDEX */
               OP_ENSURE      /* set if it is not there; harmless if it is */
};

struct op_when {
    enum op_verb verb;
    uint64_t index; /* of OP_CAS, OP_DELETE_CAS; else 0 */
};

bool op_puts(enum op_verb verb);

struct node_op { /* lent, as is all below */
    struct op_when when;
    struct bytes name;
    struct bytes row; /* when it is put, else empty; so everywhere */
};

struct publication_op {
    struct op_when when;
    struct bytes group, name; /* both empty: wherever an owner with a name has it */
    struct owner owner;
    int64_t lease; /* of the owner's face; 0: none */
    /* Its node is one of Muster's own, which has no row. Others must be registered. */
    bool of_member;
    struct bytes
        member_address; /* of that node, for what has no address of its own; may be empty */
    struct bytes row;   /* nothing stamped on it */
};

struct check_op {
    struct op_when when;
    struct bytes node, instance; /* of a publication of the node; empty: the node's own */
    struct bytes id;
    bool of_member;
    struct bytes row; /* its service is filled in when it is planned */
};

/* How a check is that stands: all else of it stays as it is when this happens, whoever has defined
 * it anew meanwhile. */
struct report_op {
    struct bytes node, instance, id; /* as of check_op */
    enum status status;              /* UP, SUSPECT or DOWN */
    struct bytes output;
};

struct overlay_op {
    struct op_when when;
    struct bytes group, name;
    struct bytes address, cluster;
    uint16_t port;
    struct bytes row;
};

struct service_op {
    struct op_when when;
    struct bytes group, name;
    struct bytes row;
};

enum { OBJECT_ROW_MAX = 512 * 1024 };

struct object_op { /* a config entry and a prepared query are opaque here */
    struct op_when when;
    enum object_kind kind;
    struct bytes type, name; /* the type may be empty */
    struct bytes row;
};

/* Each _take fails R with ERR_MALFORMED, ERR_TOO_BIG, ERR_VERSION; what it gives lends. */
void node_op_put(const struct node_op *op, struct buf *out);
struct node_op node_op_take(struct rd *r, struct arena *arena);
void publication_op_put(const struct publication_op *op, struct buf *out);
struct publication_op publication_op_take(struct rd *r, struct arena *arena);
void check_op_put(const struct check_op *op, struct buf *out);
struct check_op check_op_take(struct rd *r);
void report_op_put(const struct report_op *op, struct buf *out);
struct report_op report_op_take(struct rd *r);
void overlay_op_put(const struct overlay_op *op, struct buf *out);
struct overlay_op overlay_op_take(struct rd *r, struct arena *arena);
void service_op_put(const struct service_op *op, struct buf *out);
struct service_op service_op_take(struct rd *r, struct arena *arena);
void object_op_put(const struct object_op *op, struct buf *out);
struct object_op object_op_take(struct rd *r, struct arena *arena);

#endif
