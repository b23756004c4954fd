/* catalog/prepared_render.h -- templates of prepared queries. */
#ifndef CATALOG_PREPARED_RENDER_H
#define CATALOG_PREPARED_RENDER_H

#include "catalog/prepared.h"

/* A template with NAME put in; another query as it is. ERR_INVALID with a sentence. */
MUST_CHECK enum err prepared_render(const struct prepared *p, struct bytes name,
                                    struct arena *arena, struct prepared *ret, struct why *why);

#endif
