/* faces/consul/catalog/catalog.h -- the handlers of /v1/catalog, whose table is catalog.c. */
#ifndef FACES_CONSUL_CATALOG_CATALOG_H
#define FACES_CONSUL_CATALOG_CATALOG_H

struct consul_call;

/* catalog_read.c */
void consul_catalog_datacenters(struct consul_call *c);
void consul_catalog_nodes(struct consul_call *c);
void consul_catalog_services(struct consul_call *c);
void consul_catalog_service(struct consul_call *c);
void consul_catalog_connect(struct consul_call *c);
void consul_catalog_node(struct consul_call *c);
void consul_catalog_node_services(struct consul_call *c);
void consul_catalog_gateway_services(struct consul_call *c);
/* catalog_write.c */
void consul_catalog_register(struct consul_call *c);
void consul_catalog_deregister(struct consul_call *c);

#endif
