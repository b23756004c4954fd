/* catalog/identity.h -- what a service is called, and how the name is written in one word.
 *
 * A service is (namespace, group, name). Group and name are compared without the case of ASCII
 * letters and shown as they were first given; namespaces are compared byte by byte. Protocols that
 * know no groups write `group--name`, and `name` alone in the default group. */
#ifndef CATALOG_IDENTITY_H
#define CATALOG_IDENTITY_H

#include "base/arena.h"
#include "base/buf.h"

#define NAMESPACE_DEFAULT "public"
#define GROUP_DEFAULT "DEFAULT_GROUP"
#define CLUSTER_DEFAULT "DEFAULT"

enum {
    NAMESPACE_MAX = 128,
    GROUP_MAX = 128,
    SERVICE_NAME_MAX = 512,
    NODE_NAME_MAX = 512,
    CLUSTER_MAX = 128,
    ADDRESS_MAX = 256,     /* an IP address or a host name, without the port */
    INSTANCE_ID_MAX = 1024 /* and what tells an owner's publications apart */
};

struct service_id { /* lent */
    struct bytes ns, group, name;
};

/* What is empty gets its default; the name may not be. ERR_INVALID for a part that is no name (not
 * UTF-8, a control character, a group with `@@` in it or `@` at its end), ERR_TOO_BIG. */
MUST_CHECK enum err service_id_make(struct bytes ns, struct bytes group, struct bytes name,
                                    struct service_id *ret);
bool service_id_eq(const struct service_id *a, const struct service_id *b);

/* Appends `group--name`. A name of the default group that has `--` in it is written with its group,
 * since the first `--` is where the word is split. ERR_INVALID, and nothing written, for a group
 * that would be split elsewhere: it has `--` in it or ends with `-`. */
MUST_CHECK enum err service_id_write(const struct service_id *id, struct buf *out);
/* The inverse, in namespace NS. A word in which nothing stands before or after its first `--` is a
 * name of the default group as it is. Errors as of service_id_make. */
MUST_CHECK enum err service_id_parse(struct bytes ns, struct bytes word, struct service_id *ret);

/* The id of an instance whose owner gave it none, and by which faces show those of other faces:
 * `address#port#cluster#group@@name`. */
void instance_id_write(const struct service_id *id, struct bytes address, uint16_t port,
                       struct bytes cluster, struct buf *out);

/* True for 1 to MAX bytes of UTF-8 without control characters. */
bool is_name(struct bytes text, size_t max);

/* Appends TEXT with its ASCII letters in lower case. */
void fold_append(struct bytes text, struct buf *out);
/* The same, in ARENA. */
struct bytes fold_dup(struct bytes text, struct arena *arena);

#endif
