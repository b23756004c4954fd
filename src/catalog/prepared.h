/* catalog/prepared.h -- Consul's prepared queries: what they say, which instances they keep. For
 * all faces that answer them. */
#ifndef CATALOG_PREPARED_H
#define CATALOG_PREPARED_H

#include "base/why.h"
#include "catalog/label.h"
#include "catalog/status.h"
#include "wire/json_bind.h"
#include "wire/json_writer.h"

enum {
    PREPARED_NAME_MAX = 512, /* bytes */
};
struct prepared { /* lent; names as in Consul */
    struct bytes id, name, session, token;
    struct prepared_template {
        struct bytes type, regexp;
        bool remove_empty_tags;
    } template;
    struct prepared_service {
        struct bytes service, sameness_group, near, peer;
        struct prepared_failover {
            int64_t nearest;
            struct json_texts datacenters;
            struct json_structs targets; /* of prepared_target */
        } failover;
        bool only_passing, connect;
        struct json_texts ignored_checks, tags;
        struct json_pairs node_meta, service_meta;
    } service;
    struct prepared_dns {
        struct bytes ttl;
    } dns;
    int64_t create, modify;
};

struct prepared_target {
    struct bytes peer, datacenter;
};

/* Of a query as clients send it. */
extern const struct json_shape prepared_shape;

bool prepared_is_template(const struct prepared *p);
/* As Consul shows it; TOKEN in the place of its own. */
void prepared_write(const struct prepared *p, struct bytes token, struct json_writer *j);
/* How long DNS may keep what it gives; false: it does not say. */
bool prepared_ttl(const struct prepared *p, uint32_t *ret_s);

/* -- which instances it keeps -------------------------------------------------------------------
 */

struct prepared_check {
    struct bytes id;
    enum status status;
};

struct prepared_candidate { /* an instance, whatever a face knows of it */
    const struct bytes *tags;
    size_t tag_n;
    const struct labels *service_meta, *node_meta; /* NULL: none */
    const struct prepared_check *checks;           /* its own and its node's */
    size_t check_n;
};

bool prepared_keeps(const struct prepared *p, const struct prepared_candidate *c);

#endif
