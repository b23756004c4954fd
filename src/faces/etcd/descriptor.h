/* faces/etcd/descriptor.h -- the services' descriptors, for reflection. */
#ifndef FACES_ETCD_DESCRIPTOR_H
#define FACES_ETCD_DESCRIPTOR_H

#include "net/grpc.h"

extern const struct grpc_file etcd_rpc_file;

#endif
