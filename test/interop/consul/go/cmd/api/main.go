// Command api drives a server with the Go client of Consul; the server is CONSUL_HTTP_ADDR.
package main

import (
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

type suite struct {
	*check.Suite
	client *api.Client
}

func (s suite) run(name string, f func(t *check.T)) { s.Run(60*time.Second, name, f) }

func main() {
	client, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		panic(err)
	}
	s := suite{check.New("go-api"), client}
	kvChecks(s)
	sessionChecks(s)
	lockChecks(s)
	txnChecks(s)
	eventChecks(s)
	registryChecks(s)
	s.Exit()
}

// put writes a pair.
func (s suite) put(t *check.T, key, value string) {
	_, err := s.client.KV().Put(&api.KVPair{Key: key, Value: []byte(value)}, nil)
	t.Must("put "+key, err)
}

// get reads a pair that must be there.
func (s suite) get(t *check.T, key string) *api.KVPair {
	pair, _, err := s.client.KV().Get(key, nil)
	t.Must("get "+key, err)
	if pair == nil {
		t.Errorf("%s is not there", key)
		pair = &api.KVPair{}
	}
	return pair
}

// session makes one that lasts until it is destroyed.
func (s suite) session(t *check.T, entry *api.SessionEntry) string {
	id, _, err := s.client.Session().Create(entry, nil)
	t.Must("create session", err)
	return id
}
