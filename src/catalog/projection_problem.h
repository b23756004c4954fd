/* catalog/projection_problem.h -- instances that should appear in etcd and do not, and why. */
#ifndef CATALOG_PROJECTION_PROBLEM_H
#define CATALOG_PROJECTION_PROBLEM_H

#include "catalog/projection.h"

enum projection_lack {
    PROJECTION_NO_ADDRESS, /* its address or port is not known */
    PROJECTION_NO_KEY,     /* a name or address that would not come back out of a key */
    PROJECTION_TAKEN       /* somebody's own key stands there */
};

struct projection_problem {
    enum projection_lack lack;
    struct bytes prefix;           /* of the rule */
    const struct published *which; /* the publication that stands for the instance */
    struct bytes key;              /* PROJECTION_TAKEN */
};

struct projection_problems {
    struct projection_problem *all;
    size_t n;
};

/* Of the instances of a service that are to be used. All lies in the arena and lends from VIEW. */
MUST_CHECK enum err projection_problems_read(const struct view *view, const struct service_id *id,
                                             struct arena *arena, struct projection_problems *ret);

#endif
