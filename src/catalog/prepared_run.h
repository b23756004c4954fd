/* catalog/prepared_run.h -- executing a prepared query for faces that show instances as they are in
 * the catalog. */
#ifndef CATALOG_PREPARED_RUN_H
#define CATALOG_PREPARED_RUN_H

#include "catalog/instance.h"
#include "catalog/prepared.h"
#include "store/view.h"

struct prepared_result {        /* lent from the view and the arena */
    struct instance *instances; /* as FACE lists them; those that are not kept left out */
    size_t n;
    struct bytes service;
    struct bytes near;  /* the node whose neighbours go first, "_agent", "_ip"; may be empty */
    struct bytes token; /* the secret that it is asked with, whoever asks; may be empty */
    bool has_ttl;
    uint32_t ttl_s;
};

/* The query that ID_OR_NAME leads to. ERR_NOT_FOUND: none does. ERR_DAMAGED, ERR_VERSION. */
MUST_CHECK enum err prepared_run(const struct view *view, struct bytes ns, struct bytes id_or_name,
                                 enum face face, struct arena *arena, struct prepared_result *ret);

#endif
