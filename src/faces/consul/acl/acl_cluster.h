/* faces/consul/acl/acl_cluster.h -- asking a Kubernetes cluster whose token somebody brings. */
#ifndef FACES_CONSUL_ACL_ACL_CLUSTER_H
#define FACES_CONSUL_ACL_ACL_CLUSTER_H

#include "access/kubernetes.h"
#include "faces/consul/call/call.h"

/* OK: ACCOUNT, in the call's arena. ERR_UNAUTHENTICATED: it is nobody's; others: the cluster could
 * not be asked; with FAILURE. */
typedef void (*acl_cluster_fn)(struct consul_call *c, const struct kubernetes_account *account,
                               enum err e, const char *failure);

/* CONFIG is a method's of type kubernetes, and stays as long as the call, as BEARER does. THEN
 * comes later, or from within. */
void acl_cluster_ask(struct consul_call *c, struct bytes config, struct bytes bearer,
                     acl_cluster_fn then);

#endif
