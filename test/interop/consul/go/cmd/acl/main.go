// Command acl drives a server that asks for tokens with the Go client of Consul: who may do what, logging in, the mesh's
// certificates. The server is CONSUL_HTTP_ADDR, and nobody has bootstrapped it.
package main

import (
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

const rootSecret = "11111111-1111-4111-8111-111111111111"

type suite struct {
	*check.Suite
	client, anonymous *api.Client
}

func (s suite) run(name string, f func(t *check.T)) { s.Run(60*time.Second, name, f) }

func client(token string) *api.Client {
	config := api.DefaultConfig()
	config.Token = token
	c, err := api.NewClient(config)
	if err != nil {
		panic(err)
	}
	return c
}

func main() {
	s := suite{check.New("go-acl"), client(rootSecret), client("")}
	s.run("first_token_is_made_once", func(t *check.T) {
		token, _, err := s.anonymous.ACL().BootstrapWithToken(rootSecret)
		t.Must("bootstrap", err)
		t.Eq("policy", token.Policies[0].Name, "global-management")
		_, _, err = s.anonymous.ACL().Bootstrap()
		t.Fails("bootstrap again", err, "ACL bootstrap no longer allowed")
	})
	tokenChecks(s)
	loginChecks(s)
	connectChecks(s)
	s.Exit()
}
