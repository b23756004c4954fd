/* faces/consul/rows/virtual_tag.h -- virtual addresses as instances show them: those that take
 * requests of a service in the mesh have its address under "consul-virtual". */
#ifndef FACES_CONSUL_ROWS_VIRTUAL_TAG_H
#define FACES_CONSUL_ROWS_VIRTUAL_TAG_H

#include "catalog/virtual.h"
#include "faces/consul/rows/rows.h"

/* Adds the address of the service that S stands for to the tagged ones, in its place; nothing if it
 * stands for none, or that has none. */
MUST_CHECK enum err consul_virtual_tag(const struct consul_rows *r, struct consul_service *s);

/* For DNS: the address of SERVICE as text, the first that was given by hand or its own. Empty:
 * none. */
MUST_CHECK enum err consul_virtual_find(const struct view *view, struct bytes service,
                                        struct arena *arena, struct bytes *ret);

#endif
