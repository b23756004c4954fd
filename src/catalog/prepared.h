/* catalog/prepared.h -- Consul's prepared queries: what they say, their rows, which instances they
 * keep. For all faces that answer them.
 *
 * A query is three objects of OBJECT_QUERY: "query" by its id with all it says, "name" by its name
 * or a template's prefix (so no two can have one), and "session" by the session it ends with. */
#ifndef CATALOG_PREPARED_H
#define CATALOG_PREPARED_H

#include "base/why.h"
#include "catalog/draft.h"
#include "catalog/object.h"
#include "catalog/label.h"
#include "catalog/status.h"
#include "wire/json_bind.h"
#include "wire/json_writer.h"

enum {
    PREPARED_FORMAT = 1,
    PREPARED_NAME_MAX = 512, /* bytes */
};
#define PREPARED_BY_ID "query"
#define PREPARED_BY_NAME "name"
#define PREPARED_BY_SESSION "session"

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
/* What it may say: ERR_INVALID with Consul's sentence. */
MUST_CHECK enum err prepared_check(const struct prepared *p, struct arena *arena, struct why *why);
/* As Consul shows it; TOKEN in the place of its own. */
void prepared_write(const struct prepared *p, struct bytes token, struct json_writer *j);
/* How long DNS may keep what it gives; false: it does not say. */
bool prepared_ttl(const struct prepared *p, uint32_t *ret_s);

/* -- rows ---------------------------------------------------------------------------------------
 */

/* In ARENA: the query's, that of its name, the name of that row, and that of its session. */
struct bytes prepared_row(const struct prepared *p, struct arena *arena);
struct bytes prepared_name_row(const struct prepared *p, struct arena *arena);
struct bytes prepared_name_key(struct bytes name, struct arena *arena);
struct bytes prepared_session_key(struct bytes session, struct bytes id, struct arena *arena);
/* ERR_DAMAGED, ERR_VERSION. */
MUST_CHECK enum err prepared_read(const struct object *object, struct arena *arena,
                                  struct prepared *ret);

/* One by its id. ERR_NOT_FOUND. */
MUST_CHECK enum err prepared_get(const struct view *view, struct bytes ns, struct bytes id,
                                 struct arena *arena, struct prepared *ret);
/* One by its id, its name, or the longest prefix of a template. ERR_NOT_FOUND. */
MUST_CHECK enum err prepared_find(const struct view *view, struct bytes ns, struct bytes id_or_name,
                                  struct arena *arena, struct prepared *ret);
/* A template with NAME put in; another query as it is. ERR_INVALID with a sentence. */
MUST_CHECK enum err prepared_render(const struct prepared *p, struct bytes name,
                                    struct arena *arena, struct prepared *ret, struct why *why);
/* For the end of a session: what is bound to it goes. */
MUST_CHECK enum err prepared_plan_end(struct draft *d, struct bytes ns, const struct uuid *session);

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
