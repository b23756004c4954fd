/* catalog/prepared_row.h -- rows of prepared queries, and finding them.
 *
 * A query is three objects of OBJECT_QUERY: "query" by its id with all it says, "name" by its name
 * or a template's prefix (so no two can have one), and "session" by the session it ends with. */
#ifndef CATALOG_PREPARED_ROW_H
#define CATALOG_PREPARED_ROW_H

#include "catalog/draft.h"
#include "catalog/object.h"
#include "catalog/prepared.h"

enum { PREPARED_FORMAT = 1 };
#define PREPARED_BY_ID "query"
#define PREPARED_BY_NAME "name"
#define PREPARED_BY_SESSION "session"

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
/* For the end of a session: what is bound to it goes. */
MUST_CHECK enum err prepared_plan_end(struct draft *d, struct bytes ns, const struct uuid *session);

#endif
