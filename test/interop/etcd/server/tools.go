//go:build tools

// Package tools names what is built from this module beside cmd/etcd.
package tools

import _ "go.etcd.io/etcd/etcdctl/v3"
