/* store/space.h -- the spaces of the kernel: whose rows a key belongs to. */
#ifndef STORE_SPACE_H
#define STORE_SPACE_H

enum space {
    SPACE_ETCD,      /* what etcd clients put */
    SPACE_CATALOG,   /* services, instances, nodes, checks */
    SPACE_CONSUL_KV, /* Consul's key-value pairs */
    SPACE_CONFIG,    /* the configuration centre */
    SPACE_TREE,      /* ZooKeeper's nodes */
    SPACE_SYSTEM,    /* namespaces, users, policies, alarms: its own revision counter */
    SPACES
};

#endif
