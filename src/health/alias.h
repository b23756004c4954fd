/* health/alias.h -- how a check is that follows a service. Pure. */
#ifndef HEALTH_ALIAS_H
#define HEALTH_ALIAS_H

#include "base/buf.h"
#include "catalog/read.h"

struct alias_target {
    struct bytes node, service; /* as asked for; for the sentence */
    bool is_there;              /* the service is registered on the node */
    const struct checks *of_service, *of_node;
};

/* The worst of both; a service that is not there is down, one without checks up. Appends the
 * sentence to OUT. */
enum status alias_judge(const struct alias_target *t, struct buf *out);

#endif
