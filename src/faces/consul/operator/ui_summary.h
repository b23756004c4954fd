/* faces/consul/operator/ui_summary.h -- a service in a few numbers. */
#ifndef FACES_CONSUL_OPERATOR_UI_SUMMARY_H
#define FACES_CONSUL_OPERATOR_UI_SUMMARY_H

#include "faces/consul/call/call.h"
#include "faces/consul/config/gateways.h"
#include "faces/consul/rows/health_row.h"
#include "wire/json_writer.h"

struct ui_piece { /* something that counts for the service NAME */
    struct bytes name;
    const struct consul_health_row *row;
    bool is_proxy; /* of it; else one of its instances */
};

struct ui_pieces {
    struct ui_piece *all;
    size_t n;
};

/* What gateways have to do with it. */
struct ui_gateway {
    size_t service_n;                        /* how many it leads to, or stands for */
    const struct gateway_binding *addresses; /* by which an ingress leads to it */
    size_t address_n;
};

struct ui_counted {
    struct bytes folded; /* the service that it counts for */
    const struct consul_service *service;
    bool is_proxy;
};

struct ui_index { /* by name, instances first */
    struct ui_counted *all;
    size_t n;
};

/* Out of the call's lookup, into the scratch, once an answer: all instances on nodes that are
 * shown, and what stands in front of each if WITH_PROXIES. */
void ui_index_make(struct consul_call *c, bool with_proxies, struct ui_index *ret);
/* What counts for NAME, into the scratch. */
MUST_CHECK enum err ui_gather(struct consul_call *c, const struct view *view,
                              const struct ui_index *index, struct bytes name,
                              struct ui_pieces *ret);
/* How many of P, those of one service with its instances first, are instances. */
size_t ui_instances(const struct ui_pieces *p);
/* Members of the object that is open, up to ConnectNative. A service without instances is nowhere.
 */
void ui_put_summary(struct consul_call *c, struct json_writer *j, struct bytes name,
                    const struct ui_pieces *p, const struct ui_gateway *gateway);

#endif
