package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

func registryChecks(s suite) {
	s.run("agent_self_has_name_and_version", s.agentSelf)
	s.run("register_discover_deregister", s.discover)
	s.run("blocking_query_wakes_within_a_second", s.wakes)
	s.run("blocking_query_is_held_until_its_time_is_up", s.isHeld)
	s.run("ttl_passes_and_fails", s.ttl)
	s.run("http_check_turns_passing", s.httpCheck)
	s.run("maintenance_takes_out_of_passing", s.maintenance)
	s.run("catalog_registers_an_external_node", s.external)
	s.run("filters_select_instances", s.filters)
	s.run("agent_lists_services_and_checks", s.lists)
	s.run("health_of_a_service_in_one_word", s.oneWord)
	s.run("bad_registration_is_refused", s.refused)
}

// register puts a service there and takes it away when the check is over.
func (s suite) register(t *check.T, r *api.AgentServiceRegistration) func() {
	t.Must("register "+r.ID, s.client.Agent().ServiceRegister(r))
	return func() { _ = s.client.Agent().ServiceDeregister(r.ID) }
}

// instances are those of a service.
func (s suite) instances(t *check.T, name, tag string, passing bool, q *api.QueryOptions) ([]*api.ServiceEntry, *api.QueryMeta) {
	entries, meta, err := s.client.Health().Service(name, tag, passing, q)
	t.Must("health of "+name, err)
	return entries, meta
}

func (s suite) agentSelf(t *check.T) {
	self, err := s.client.Agent().Self()
	t.Must("self", err)
	t.True(self["Config"]["Version"] == "1.21.4", "version is %v", self["Config"]["Version"])
	name, err := s.client.Agent().NodeName()
	t.Must("node name", err)
	t.Eq("name", self["Member"]["Name"], any(name))
	members, err := s.client.Agent().Members(false)
	t.Must("members", err)
	t.Eq("members", len(members), 1)
	leader, err := s.client.Status().Leader()
	t.Must("leader", err)
	t.True(leader != "", "there is no leader")
	dcs, err := s.client.Catalog().Datacenters()
	t.Must("datacenters", err)
	t.Eq("datacenters", dcs, []string{"dc1"})
}

func (s suite) discover(t *check.T) {
	defer s.register(t, &api.AgentServiceRegistration{
		ID: "d1", Name: "discover", Tags: []string{"v1", "Blue"}, Port: 8080, Address: "10.1.2.3",
		Meta: map[string]string{"zone": "a"}, Weights: &api.AgentWeights{Passing: 5, Warning: 2},
	})()
	entries, meta := s.instances(t, "discover", "blue", true, nil)
	t.Eq("instances", len(entries), 1)
	e := entries[0]
	t.Eq("address", fmt.Sprintf("%s:%d", e.Service.Address, e.Service.Port), "10.1.2.3:8080")
	t.Eq("tags", e.Service.Tags, []string{"v1", "Blue"})
	t.Eq("meta", e.Service.Meta, map[string]string{"zone": "a"})
	t.Eq("weights", e.Service.Weights, api.AgentWeights{Passing: 5, Warning: 2})
	t.Eq("tagged", e.Service.TaggedAddresses["lan_ipv4"], api.ServiceAddress{Address: "10.1.2.3", Port: 8080})
	t.Eq("first check", e.Checks[0].CheckID, "serfHealth")
	t.True(meta.LastIndex > 0 && meta.KnownLeader, "meta is %+v", meta)
	services, _, err := s.client.Catalog().Services(nil)
	t.Must("services", err)
	t.Eq("tags of the catalog", len(services["discover"]), 2)
	t.Must("deregister", s.client.Agent().ServiceDeregister("d1"))
	entries, _ = s.instances(t, "discover", "", false, nil)
	t.Eq("instances afterwards", len(entries), 0)
	t.Fails("deregister again", s.client.Agent().ServiceDeregister("d1"), "Unknown service ID")
}

func (s suite) wakes(t *check.T) {
	_, meta := s.instances(t, "wakes", "", true, nil)
	type answer struct {
		n  int
		at time.Time
	}
	answers := make(chan answer)
	go func() {
		entries, _, err := s.client.Health().Service("wakes", "", true, &api.QueryOptions{WaitIndex: meta.LastIndex})
		if err == nil {
			answers <- answer{len(entries), time.Now()}
		}
	}()
	select {
	case <-answers:
		t.Errorf("answered although nothing changed")
	case <-time.After(300 * time.Millisecond):
	}
	begin := time.Now()
	defer s.register(t, &api.AgentServiceRegistration{Name: "wakes", ID: "wakes"})()
	a := <-answers
	t.Eq("instances", a.n, 1)
	t.True(a.at.Sub(begin) < time.Second, "it took %v", a.at.Sub(begin))
}

func (s suite) isHeld(t *check.T) {
	defer s.register(t, &api.AgentServiceRegistration{Name: "held", ID: "held"})()
	_, meta := s.instances(t, "held", "", true, nil)
	begin := time.Now()
	_, again := s.instances(t, "held", "", true, &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: time.Second})
	took := time.Since(begin)
	t.True(took >= time.Second && took < 3*time.Second, "it took %v", took)
	t.Eq("index", again.LastIndex, meta.LastIndex)
}

func (s suite) ttl(t *check.T) {
	defer s.register(t, &api.AgentServiceRegistration{
		ID: "t1", Name: "ttl", Check: &api.AgentServiceCheck{TTL: "30s"},
	})()
	passing := func(want int, when string) {
		entries, _ := s.instances(t, "ttl", "", true, nil)
		t.Eq("instances "+when, len(entries), want)
	}
	passing(0, "at first")
	t.Must("pass", s.client.Agent().UpdateTTL("service:t1", "fine", api.HealthPassing))
	passing(1, "after a pass")
	checks, _, err := s.client.Health().Checks("ttl", nil)
	t.Must("checks", err)
	t.Eq("output", checks[0].Output, "fine")
	t.Must("fail", s.client.Agent().FailTTL("service:t1", "broken"))
	passing(0, "after a failure")
	t.Fails("another's", s.client.Agent().PassTTL("service:none", ""), "Unknown check ID")
}

func (s suite) httpCheck(t *check.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	t.Must("listen", err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "here") })}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	defer s.register(t, &api.AgentServiceRegistration{
		ID: "h1", Name: "http", Check: &api.AgentServiceCheck{HTTP: "http://" + listener.Addr().String(), Interval: "1s"},
	})()
	_, meta := s.instances(t, "http", "", false, nil)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		entries, next := s.instances(t, "http", "", true, &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 2 * time.Second})
		if len(entries) == 1 {
			return
		}
		meta = next
	}
	t.Errorf("it never passes")
}

func (s suite) maintenance(t *check.T) {
	defer s.register(t, &api.AgentServiceRegistration{ID: "m1", Name: "maint"})()
	t.Must("enable", s.client.Agent().EnableServiceMaintenance("m1", "disk"))
	entries, _ := s.instances(t, "maint", "", true, nil)
	t.Eq("passing", len(entries), 0)
	entries, _ = s.instances(t, "maint", "", false, nil)
	t.Eq("word", entries[0].Checks.AggregatedStatus(), api.HealthMaint)
	t.Must("disable", s.client.Agent().DisableServiceMaintenance("m1"))
	entries, _ = s.instances(t, "maint", "", true, nil)
	t.Eq("passing afterwards", len(entries), 1)
}

func (s suite) external(t *check.T) {
	c := s.client.Catalog()
	_, err := c.Register(&api.CatalogRegistration{
		Node: "ext", Address: "192.0.2.1", NodeMeta: map[string]string{"external-node": "true"},
		Service: &api.AgentService{ID: "e1", Service: "external", Port: 80},
		Checks: api.HealthChecks{{Name: "up", Status: api.HealthPassing, Definition: api.HealthCheckDefinition{
			HTTP: "http://192.0.2.1", IntervalDuration: 30 * time.Second}}},
	}, nil)
	t.Must("register", err)
	entries, _ := s.instances(t, "external", "", true, nil)
	t.Eq("instances", len(entries), 1)
	t.Eq("node", entries[0].Node.Address, "192.0.2.1")
	t.Eq("interval", entries[0].Checks[0].Definition.IntervalDuration, 30*time.Second)
	nodes, _, err := c.Nodes(&api.QueryOptions{NodeMeta: map[string]string{"external-node": "true"}})
	t.Must("nodes", err)
	t.Eq("external nodes", len(nodes), 1)
	node, _, err := c.Node("ext", nil)
	t.Must("node", err)
	t.Eq("its services", len(node.Services), 1)
	_, err = c.Deregister(&api.CatalogDeregistration{Node: "ext"}, nil)
	t.Must("deregister", err)
	node, _, err = c.Node("ext", nil)
	t.Must("node afterwards", err)
	t.True(node == nil, "the node is still there")
}

func (s suite) filters(t *check.T) {
	for i, version := range []string{"1", "2"} {
		defer s.register(t, &api.AgentServiceRegistration{
			ID: "f" + version, Name: "filtered", Port: 80 + i, Meta: map[string]string{"version": version},
		})()
	}
	entries, _ := s.instances(t, "filtered", "", false, &api.QueryOptions{Filter: `Service.Meta.version == "2"`})
	t.Eq("instances", len(entries), 1)
	t.Eq("port", entries[0].Service.Port, 81)
	_, _, err := s.client.Health().Service("filtered", "", false, &api.QueryOptions{Filter: "Bogus == 1"})
	t.Fails("bad selector", err, "Failed to create boolean expression evaluator")
}

func (s suite) lists(t *check.T) {
	defer s.register(t, &api.AgentServiceRegistration{
		ID: "l1", Name: "listed", Checks: api.AgentServiceChecks{{TTL: "1m"}, {TTL: "2m", CheckID: "second"}},
	})()
	services, err := s.client.Agent().Services()
	t.Must("services", err)
	t.Eq("name", services["l1"].Service, "listed")
	checks, err := s.client.Agent().Checks()
	t.Must("checks", err)
	t.True(checks["service:l1:1"] != nil && checks["second"] != nil, "checks are %v", checks)
	one, _, err := s.client.Agent().Service("l1", nil)
	t.Must("service", err)
	t.True(one.ContentHash != "", "it has no hash")
	state, _, err := s.client.Health().State(api.HealthCritical, nil)
	t.Must("state", err)
	t.True(len(state) >= 2, "critical checks are %v", state)
}

func (s suite) oneWord(t *check.T) {
	defer s.register(t, &api.AgentServiceRegistration{ID: "o1", Name: "word", Check: &api.AgentServiceCheck{TTL: "1m", Status: "warning"}})()
	word, info, err := s.client.Agent().AgentHealthServiceByID("o1")
	t.Must("health", err)
	t.Eq("word", word, "warning")
	t.Eq("service", info.Service.ID, "o1")
	word, infos, err := s.client.Agent().AgentHealthServiceByName("word")
	t.Must("health by name", err)
	t.Eq("word by name", word, "warning")
	t.Eq("services", len(infos), 1)
}

func (s suite) refused(t *check.T) {
	err := s.client.Agent().ServiceRegister(&api.AgentServiceRegistration{ID: "x"})
	t.Fails("without a name", err, "Unexpected response code: 400 (Missing service name)")
	err = s.client.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "x", Port: 70000})
	t.Fails("a port of 70000", err, "Unexpected response code: 400")
	err = s.client.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: "x", Check: &api.AgentServiceCheck{HTTP: "http://x"}})
	t.Fails("an interval of none", err, "Invalid check: Interval must be > 0")
}
