package main

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

func kvChecks(s suite) {
	kv := s.client.KV()
	s.run("pair_comes_back_as_it_was_put", func(t *check.T) {
		value := []byte{0, 1, 0xff, '"', 0}
		_, err := kv.Put(&api.KVPair{Key: "kv/a", Value: value, Flags: math.MaxUint64}, nil)
		t.Must("put", err)
		pair := s.get(t, "kv/a")
		t.True(bytes.Equal(pair.Value, value), "value is %v", pair.Value)
		t.Eq("flags", pair.Flags, uint64(math.MaxUint64))
		t.True(pair.CreateIndex > 0 && pair.ModifyIndex == pair.CreateIndex, "indexes are %+v", pair)
	})
	s.run("pair_that_is_not_there_is_nil_and_has_an_index", func(t *check.T) {
		pair, meta, err := kv.Get("kv/none", nil)
		t.Must("get", err)
		t.True(pair == nil, "pair is %v", pair)
		t.True(meta.LastIndex > 0 && meta.KnownLeader, "meta is %+v", meta)
	})
	s.run("cas_and_delete_cas", func(t *check.T) {
		pair := &api.KVPair{Key: "kv/cas", Value: []byte("1")}
		ok, _, err := kv.CAS(pair, nil)
		t.Must("create", err)
		t.True(ok, "cannot create")
		ok, _, err = kv.CAS(pair, nil)
		t.Must("create again", err)
		t.True(!ok, "created twice")
		pair = s.get(t, "kv/cas")
		pair.Value = []byte("2")
		ok, _, err = kv.CAS(pair, nil)
		t.Must("change", err)
		t.True(ok, "cannot change")
		ok, _, err = kv.DeleteCAS(pair, nil)
		t.Must("delete at an old index", err)
		t.True(!ok, "deleted at an old index")
		ok, _, err = kv.DeleteCAS(s.get(t, "kv/cas"), nil)
		t.Must("delete", err)
		t.True(ok, "cannot delete")
	})
	s.run("trees_and_keys", func(t *check.T) {
		for i := range 3 {
			s.put(t, fmt.Sprintf("kv/tree/%d/x", i), "v")
		}
		pairs, _, err := kv.List("kv/tree/", nil)
		t.Must("list", err)
		t.Eq("pairs", len(pairs), 3)
		keys, _, err := kv.Keys("kv/tree/", "/", nil)
		t.Must("keys", err)
		t.Eq("keys", keys, []string{"kv/tree/0/", "kv/tree/1/", "kv/tree/2/"})
		_, err = kv.DeleteTree("kv/tree/", nil)
		t.Must("delete", err)
		pairs, _, err = kv.List("kv/tree/", nil)
		t.Must("list", err)
		t.Eq("pairs left", len(pairs), 0)
	})
	s.run("value_above_the_limit_is_413", func(t *check.T) {
		_, err := kv.Put(&api.KVPair{Key: "kv/big", Value: make([]byte, 512*1024)}, nil)
		t.Must("put 512 KiB", err)
		_, err = kv.Put(&api.KVPair{Key: "kv/big", Value: make([]byte, 512*1024+1)}, nil)
		t.Fails("put a byte more", err, "Unexpected response code: 413")
		t.Eq("length", len(s.get(t, "kv/big").Value), 512*1024)
	})
	for _, c := range []struct {
		name, key string
		read      func(opts *api.QueryOptions) (uint64, error)
	}{
		{"query_waits_for_a_pair", "kv/wait/a", func(opts *api.QueryOptions) (uint64, error) {
			_, meta, err := kv.Get("kv/wait/a", opts)
			return meta.LastIndex, err
		}},
		{"query_waits_for_a_tree", "kv/wait/tree/a", func(opts *api.QueryOptions) (uint64, error) {
			_, meta, err := kv.List("kv/wait/tree/", opts)
			return meta.LastIndex, err
		}},
	} {
		s.run(c.name, func(t *check.T) {
			s.put(t, c.key, time.Now().String())
			index, err := c.read(nil)
			t.Must("first look", err)
			began, woken := time.Now(), make(chan uint64)
			go func() {
				next, err := c.read(&api.QueryOptions{WaitIndex: index, WaitTime: 20 * time.Second})
				if err != nil {
					next = 0
				}
				woken <- next
			}()
			s.put(t, "kv/other", time.Now().String())
			s.put(t, c.key, time.Now().String())
			next := <-woken
			t.True(next > index, "index is %d after %d", next, index)
			t.True(time.Since(began) < 5*time.Second, "it took %v", time.Since(began))
			again, err := c.read(&api.QueryOptions{WaitIndex: next, WaitTime: 50 * time.Millisecond})
			t.Must("a look in vain", err)
			t.Eq("index of a look in vain", again, next)
		})
	}
}
