package main

import (
	"github.com/hashicorp/consul/api"

	"interop/check"
)

func txnChecks(s suite) {
	s.run("transaction_of_pairs", func(t *check.T) {
		id := s.session(t, &api.SessionEntry{})
		ok, answer, _, err := s.client.KV().Txn(api.KVTxnOps{
			{Verb: api.KVLock, Key: "txn/lock", Value: []byte("v"), Session: id},
			{Verb: api.KVGet, Key: "txn/lock"},
			{Verb: api.KVCheckSession, Key: "txn/lock", Session: id},
			{Verb: api.KVCheckNotExists, Key: "txn/none"},
		}, nil)
		t.Must("txn", err)
		t.True(ok, "it is refused: %+v", answer)
		t.Eq("results", len(answer.Results), 3)
		t.Eq("value", string(answer.Results[1].Value), "v")
		t.Eq("session", answer.Results[2].Session, id)
		ok, answer, _, err = s.client.KV().Txn(api.KVTxnOps{
			{Verb: api.KVSet, Key: "txn/other"},
			{Verb: api.KVGet, Key: "txn/none"},
		}, nil)
		t.Must("txn", err)
		t.True(!ok && len(answer.Errors) == 1, "it is not refused: %+v", answer)
		t.Eq("index of what is refused", answer.Errors[0].OpIndex, 1)
		t.Eq("why", answer.Errors[0].What, `key "txn/none" doesn't exist`)
		pair, _, err := s.client.KV().Get("txn/other", nil)
		t.Must("get", err)
		t.True(pair == nil, "half of it was done")
	})
	s.run("transaction_of_reads", func(t *check.T) {
		s.put(t, "txn/read/a", "1")
		ok, answer, meta, err := s.client.Txn().Txn(api.TxnOps{
			{KV: &api.KVTxnOp{Verb: api.KVGetTree, Key: "txn/read/"}},
			{KV: &api.KVTxnOp{Verb: api.KVGetOrEmpty, Key: "txn/none"}},
		}, nil)
		t.Must("txn", err)
		t.True(ok && meta.KnownLeader, "it is refused: %+v %+v", answer, meta)
		t.Eq("results", len(answer.Results), 2)
		t.Eq("key", answer.Results[0].KV.Key, "txn/read/a")
	})
}
