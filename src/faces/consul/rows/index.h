/* faces/consul/rows/index.h -- which index an answer has, and what moves it (query.h). */
#ifndef FACES_CONSUL_ROWS_INDEX_H
#define FACES_CONSUL_ROWS_INDEX_H

#include "catalog/key.h"
#include "catalog/last.h"
#include "faces/consul/call/query.h"
#include "faces/consul/rows/rows.h"

/* Of a table, as `index` of a query: the revision of its last change, and the call depends on it.
 */
enum err consul_index_of_table(struct consul_call *c, const struct view *view,
                               enum registry_table table, uint64_t *ret);
/* The same for who asks for one object of the table, or all of TYPE (NAME.p is NULL): what else
 * changes moves the index, but wakes nobody. */
enum err consul_index_of_object(struct consul_call *c, const struct view *view,
                                enum object_kind kind, struct bytes type, struct bytes name,
                                uint64_t *ret);
/* The same for who asks for one session. */
enum err consul_index_of_session(struct consul_call *c, const struct view *view,
                                 const struct uuid *session, uint64_t *ret);
/* Of a service whose instances are LIST: its own last change or that of a node that hosts it; of
 * one that has none, the last time that any service had lost all, or anything at all changed. */
enum err consul_index_of_service(struct consul_call *c, const struct view *view,
                                 const struct service_id *id,
                                 const struct consul_service_list *list, uint64_t *ret);

#endif
