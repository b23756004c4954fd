package main

import (
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

func sessionChecks(s suite) {
	sessions := s.client.Session()
	s.run("session_is_read_renewed_and_destroyed", func(t *check.T) {
		id := s.session(t, &api.SessionEntry{Name: "mine", TTL: "30s", LockDelay: 3 * time.Second, Behavior: "delete"})
		entry, _, err := sessions.Info(id, nil)
		t.Must("info", err)
		t.True(entry != nil, "it is not there")
		t.Eq("name", entry.Name, "mine")
		t.Eq("ttl", entry.TTL, "30s")
		t.Eq("lock-delay", entry.LockDelay, 3*time.Second)
		t.Eq("behavior", entry.Behavior, "delete")
		t.Eq("node checks", entry.NodeChecks, []string{"serfHealth"})
		again, _, err := sessions.Renew(id, nil)
		t.Must("renew", err)
		t.Eq("renewed", again.ID, id)
		all, _, err := sessions.List(nil)
		t.Must("list", err)
		of, _, err := sessions.Node(entry.Node, nil)
		t.Must("of the node", err)
		t.True(len(all) > 0 && len(of) == len(all), "%d in all, %d of the node", len(all), len(of))
		_, err = sessions.Destroy(id, nil)
		t.Must("destroy", err)
		entry, _, err = sessions.Info(id, nil)
		t.Must("info of nothing", err)
		t.True(entry == nil, "it is still there")
		again, _, err = sessions.Renew(id, nil)
		t.Must("renew nothing", err)
		t.True(again == nil, "what is not there is renewed")
	})
	s.run("session_without_checks", func(t *check.T) {
		id, _, err := sessions.CreateNoChecks(&api.SessionEntry{}, nil)
		t.Must("create", err)
		entry, _, err := sessions.Info(id, nil)
		t.Must("info", err)
		t.Eq("node checks", len(entry.NodeChecks), 0)
	})
	s.run("session_with_what_cannot_be_is_refused", func(t *check.T) {
		_, _, err := sessions.Create(&api.SessionEntry{TTL: "1s"}, nil)
		t.Fails("ttl", err, "Invalid Session TTL '1000000000', must be between [10s=24h0m0s]")
		_, _, err = sessions.Create(&api.SessionEntry{NodeChecks: []string{"none"}}, nil)
		t.Fails("check", err, "Missing check 'none' registration")
		_, _, err = sessions.Create(&api.SessionEntry{Node: "none"}, nil)
		t.Fails("node", err, "Missing node registration")
	})
	s.run("session_that_is_renewed_lives_and_then_ends_with_its_pairs", func(t *check.T) {
		id := s.session(t, &api.SessionEntry{TTL: "10s", Behavior: "delete"})
		ok, _, err := s.client.KV().Acquire(&api.KVPair{Key: "session/ephemeral", Session: id}, nil)
		t.Must("acquire", err)
		t.True(ok, "the lock is not given")
		began := time.Now()
		for time.Since(began) < 25*time.Second {
			pair, meta, err := s.client.KV().Get("session/ephemeral", nil)
			t.Must("get", err)
			if pair == nil {
				t.Errorf("gone after %v", time.Since(began))
			}
			_, _, err = s.client.KV().Get("session/ephemeral",
				&api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 4 * time.Second})
			t.Must("wait", err)
			_, _, err = sessions.Renew(id, nil)
			t.Must("renew", err)
		}
		last := time.Now()
		for {
			pair, meta, err := s.client.KV().Get("session/ephemeral", nil)
			t.Must("get", err)
			if pair == nil {
				break
			}
			_, _, err = s.client.KV().Get("session/ephemeral",
				&api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 30 * time.Second})
			t.Must("wait", err)
		}
		took := time.Since(last)
		t.True(took > 10*time.Second && took < 22*time.Second, "it ended after %v", took)
	})
}
