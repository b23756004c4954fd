/* What protoc-c says about our .proto files, as bytes. */
#include "faces/etcd/descriptor.h"

#include "proto/etcd/descriptors.h"

static const struct grpc_file kv_file = {
    .name = "proto/etcd/kv.proto",
    .descriptor = etcd_kv_descriptor,
    .descriptor_n = sizeof etcd_kv_descriptor,
};

static const struct grpc_file *const imports[] = { &kv_file, NULL };

const struct grpc_file etcd_rpc_file = {
    .name = "proto/etcd/rpc.proto",
    .descriptor = etcd_rpc_descriptor,
    .descriptor_n = sizeof etcd_rpc_descriptor,
    .imports = imports,
};
