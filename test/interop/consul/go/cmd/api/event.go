package main

import (
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

func eventChecks(s suite) {
	events := s.client.Event()
	s.run("event_is_fired_and_listed", func(t *check.T) {
		id, _, err := events.Fire(&api.UserEvent{Name: "deploy", Payload: []byte("v1")}, nil)
		t.Must("fire", err)
		all, meta, err := events.List("deploy", nil)
		t.Must("list", err)
		t.True(len(all) > 0, "it is not listed")
		last := all[len(all)-1]
		t.Eq("id", last.ID, id)
		t.Eq("payload", string(last.Payload), "v1")
		t.Eq("index", meta.LastIndex, events.IDToIndex(id))
	})
	s.run("query_waits_for_an_event", func(t *check.T) {
		_, _, err := events.Fire(&api.UserEvent{Name: "wait"}, nil)
		t.Must("fire", err)
		_, meta, err := events.List("wait", nil)
		t.Must("list", err)
		woken := make(chan uint64, 1)
		go func() {
			_, next, err := events.List("wait", &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 20 * time.Second})
			if err == nil {
				woken <- next.LastIndex
			}
		}()
		id, _, err := events.Fire(&api.UserEvent{Name: "wait"}, nil)
		t.Must("fire", err)
		select {
		case index := <-woken:
			t.Eq("index", index, events.IDToIndex(id))
		case <-time.After(10 * time.Second):
			t.Errorf("it is not woken")
		}
	})
}
