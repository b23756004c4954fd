package main

import (
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

func (s suite) policy(t *check.T, name, rules string) *api.ACLPolicy {
	p, _, err := s.client.ACL().PolicyCreate(&api.ACLPolicy{Name: name, Rules: rules}, nil)
	t.Must("create policy "+name, err)
	return p
}

func tokenChecks(s suite) {
	acl := s.client.ACL()
	s.run("policy_is_made_changed_listed_and_removed", func(t *check.T) {
		p := s.policy(t, "p1", `key_prefix "a/" { policy = "read" }`)
		p.Description = "changed"
		p, _, err := acl.PolicyUpdate(p, nil)
		t.Must("update", err)
		t.Eq("description", p.Description, "changed")
		named, _, err := acl.PolicyReadByName("p1", nil)
		t.Must("by name", err)
		t.Eq("id", named.ID, p.ID)
		all, meta, err := acl.PolicyList(nil)
		t.Must("list", err)
		t.True(len(all) == 3 && meta.LastIndex > 0, "%d policies at %d", len(all), meta.LastIndex)
		_, err = acl.PolicyDelete(p.ID, nil)
		t.Must("delete", err)
	})
	s.run("token_may_what_its_role_says", func(t *check.T) {
		s.policy(t, "p2", `key_prefix "app/" { policy = "write" }`)
		role, _, err := acl.RoleCreate(&api.ACLRole{Name: "r2", Policies: []*api.ACLRolePolicyLink{{Name: "p2"}},
			NodeIdentities: []*api.ACLNodeIdentity{{NodeName: "n1", Datacenter: "dc1"}}}, nil)
		t.Must("create role", err)
		token, _, err := acl.TokenCreate(&api.ACLToken{Roles: []*api.ACLTokenRoleLink{{ID: role.ID}}}, nil)
		t.Must("create token", err)
		mine := client(token.SecretID)
		_, err = mine.KV().Put(&api.KVPair{Key: "app/x", Value: []byte("1")}, nil)
		t.Must("put", err)
		_, err = mine.KV().Put(&api.KVPair{Key: "x", Value: []byte("1")}, nil)
		t.Fails("put elsewhere", err, `lacks permission 'key:write' on "x"`)
		_, err = s.anonymous.KV().Put(&api.KVPair{Key: "app/x"}, nil)
		t.Fails("put as nobody", err, "anonymous token lacks permission 'key:write'")
		_, err = client("22222222-2222-4222-8222-222222222222").KV().Put(&api.KVPair{Key: "app/x"}, nil)
		t.Fails("put as a stranger", err, "ACL not found")
		self, _, err := mine.ACL().TokenReadSelf(nil)
		t.Must("self", err)
		t.Eq("self", self.AccessorID, token.AccessorID)
		role.Policies = nil
		_, _, err = acl.RoleUpdate(role, nil)
		t.Must("take the policy away", err)
		_, err = mine.KV().Put(&api.KVPair{Key: "app/x", Value: []byte("2")}, nil)
		t.Fails("put without it", err, "lacks permission 'key:write'")
		tokens, _, err := acl.TokenListFiltered(api.ACLTokenFilterOptions{Role: role.ID}, nil)
		t.Must("list", err)
		t.Eq("tokens of the role", len(tokens), 1)
	})
	s.run("token_is_changed_cloned_expanded_and_removed", func(t *check.T) {
		token, _, err := acl.TokenCreate(&api.ACLToken{ExpirationTTL: time.Hour, TemplatedPolicies: []*api.ACLTemplatedPolicy{
			{TemplateName: "builtin/service", TemplateVariables: &api.ACLTemplatedPolicyVariables{Name: "web"}}}}, nil)
		t.Must("create", err)
		t.True(time.Until(*token.ExpirationTime) > 59*time.Minute, "it ends at %v", token.ExpirationTime)
		token.Description = "changed"
		changed, _, err := acl.TokenUpdate(token, nil)
		t.Must("update", err)
		t.Eq("secret", changed.SecretID, token.SecretID)
		clone, _, err := acl.TokenClone(token.AccessorID, "clone", nil)
		t.Must("clone", err)
		t.Eq("its template", clone.TemplatedPolicies[0].TemplateVariables.Name, "web")
		whole, _, err := acl.TokenReadExpanded(token.AccessorID, nil)
		t.Must("expanded", err)
		t.Eq("default", whole.AgentACLDefaultPolicy, "deny")
		_, err = acl.TokenDelete(token.AccessorID, nil)
		t.Must("delete", err)
		_, _, err = acl.TokenRead(token.AccessorID, nil)
		t.Fails("read", err, "ACL not found")
	})
	s.run("templated_policies_are_previewed", func(t *check.T) {
		all, _, err := acl.TemplatedPolicyList(nil)
		t.Must("list", err)
		t.Eq("templates", len(all), 7)
		p, _, err := acl.TemplatedPolicyPreview(&api.ACLTemplatedPolicy{TemplateName: "builtin/service",
			TemplateVariables: &api.ACLTemplatedPolicyVariables{Name: "web"}}, nil)
		t.Must("preview", err)
		t.True(len(p.Rules) > 0, "it has no rules")
	})
	s.run("default_token_speaks_for_who_brings_none", func(t *check.T) {
		s.policy(t, "p3", `key "open" { policy = "write" }`)
		token, _, err := acl.TokenCreate(&api.ACLToken{Policies: []*api.ACLTokenPolicyLink{{Name: "p3"}}}, nil)
		t.Must("create", err)
		_, err = s.client.Agent().UpdateDefaultACLToken(token.SecretID, nil)
		t.Must("set", err)
		_, err = s.anonymous.KV().Put(&api.KVPair{Key: "open", Value: []byte("1")}, nil)
		t.Must("put without a token", err)
		_, err = s.client.Agent().UpdateDefaultACLToken("", nil)
		t.Must("unset", err)
		_, err = s.anonymous.KV().Put(&api.KVPair{Key: "open", Value: []byte("2")}, nil)
		t.Fails("put without a token", err, "anonymous token lacks permission")
	})
}
