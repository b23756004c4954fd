/* catalog/touched_place.h -- inside of plan_place.c and plan_project.c. */
#ifndef CATALOG_TOUCHED_PLACE_H
#define CATALOG_TOUCHED_PLACE_H

#include "catalog/projection.h"

struct touched_place { /* whose appearance is to be written */
    struct service_id id;
    struct place place; /* its address is folded */
    struct touched_place *next;
};

#endif
