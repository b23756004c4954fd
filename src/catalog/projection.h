/* catalog/projection.h -- which keys of etcd register instances, and under which keys instances of
 * other protocols appear there.
 *
 * A rule is a prefix, behind which stand a service and an id: `services/{service}/{id}`. The
 * service is one word, `name` or `group--name`, with `namespace~` before it in other namespaces
 * than the default one. Rules are a row of SYSTEM; without one the two of projection_defaults hold.
 */
#ifndef CATALOG_PROJECTION_H
#define CATALOG_PROJECTION_H

#include "catalog/draft.h"
#include "catalog/instance.h"

#define PROJECTION_KEY "projection" /* in SPACE_SYSTEM */

/* Sets the rules; the body is projection_rules_write's. */
#define COMMAND_PROJECTION ((enum command_kind)(COMMAND_KIND_UPPER + 1))

enum { PROJECTION_FORMAT = 1, PROJECTION_RULES_MAX = 8, PROJECTION_PREFIX_MAX = 256 };

enum projection_form {                     /* of what appears; stored */
                       PROJECTION_NAMING,  /* {"Op":0,"Addr":"addr:port","Metadata":{}} */
                       PROJECTION_ADDRESS, /* addr:port */
                       PROJECTION_FORMS
};

struct projection_rule {
    struct bytes prefix; /* not empty */
    bool in;             /* keys that are put register */
    bool out;            /* instances appear */
    enum projection_form form;
};

struct projection_rules {
    struct projection_rule all[PROJECTION_RULES_MAX];
    size_t n; /* 0: off */
};

struct projection_rules projection_defaults(void);
void projection_rules_write(const struct projection_rules *rules, struct buf *out);
/* Lends from BYTES. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED, ERR_TOO_BIG; one prefix may not
 * begin another. */
MUST_CHECK enum err projection_rules_read(struct bytes bytes, struct projection_rules *ret);
/* Those that hold, lent from the draft. */
MUST_CHECK enum err projection_rules_get(const struct draft *d, struct projection_rules *ret);

struct place { /* of an instance that can be dialled; lent */
    struct bytes address;
    uint16_t port;        /* never 0 */
    struct bytes cluster; /* may be empty: the default one */
};

/* A key that stands under a rule: which, the service it names and the id. ERR_NOT_FOUND if it
 * stands under none or names no service. */
MUST_CHECK enum err projection_match(const struct projection_rules *rules, struct bytes key,
                                     const struct projection_rule **ret_rule,
                                     struct service_id *ret_service, struct bytes *ret_id);
/* The place that an id names, as projection_key writes it; false if it names none. */
bool projection_id_place(struct bytes id, struct place *ret);
/* Appends the key under which an instance at PLACE appears. ERR_INVALID, with a part written, for a
 * name or address that would not come back: it does not appear. */
MUST_CHECK enum err projection_key(const struct projection_rule *rule,
                                   const struct service_id *service, const struct place *place,
                                   struct buf *out);
void projection_value(enum projection_form form, const struct instance *instance,
                      const struct place *place, struct buf *out);

#endif
