/* faces/consul/rows/proxy_selectors.h -- what ?filter may name of a proxy. */
#ifndef FACES_CONSUL_ROWS_PROXY_SELECTORS_H
#define FACES_CONSUL_ROWS_PROXY_SELECTORS_H

#include "wire/filter.h"
#include "wire/json_reader.h"

/* Its rows are trees of JSON, as consul_proxy_text stores it; an empty object for none. */
extern const struct filter_schema consul_proxy_schema;
extern const struct json_node consul_no_proxy;

#endif
