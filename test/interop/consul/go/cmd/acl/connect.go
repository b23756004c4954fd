package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

func decoded(t *check.T, text string) []byte {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Errorf("no PEM: %q", text)
		return nil
	}
	return block.Bytes
}

func connectChecks(s suite) {
	s.run("leaf_is_verified_by_the_root_and_has_its_own_key", func(t *check.T) {
		roots, _, err := s.client.Connect().CARoots(nil)
		t.Must("roots", err)
		leaf, _, err := s.client.Agent().ConnectCALeaf("web", nil)
		t.Must("leaf", err)
		t.Eq("uri", leaf.ServiceURI, "spiffe://"+roots.TrustDomain+"/ns/default/dc/dc1/svc/web")
		pool := x509.NewCertPool()
		t.True(pool.AppendCertsFromPEM([]byte(roots.Roots[0].RootCertPEM)), "the root is none")
		certificate, err := x509.ParseCertificate(decoded(t, leaf.CertPEM))
		t.Must("parse", err)
		for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth} {
			_, err = certificate.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{usage}})
			t.Must("verify", err)
		}
		t.Eq("uri of the certificate", certificate.URIs[0].String(), leaf.ServiceURI)
		key, err := x509.ParseECPrivateKey(decoded(t, leaf.PrivateKeyPEM))
		t.Must("parse key", err)
		t.True(key.PublicKey.Equal(certificate.PublicKey.(*ecdsa.PublicKey)), "the key is another's")
		next, _, err := s.client.Agent().ConnectCALeaf("web", nil)
		t.Must("leaf again", err)
		t.True(next.PrivateKeyPEM != leaf.PrivateKeyPEM, "the same key twice")
		decision, err := s.client.Agent().ConnectAuthorize(&api.AgentAuthorizeParams{Target: "db", ClientCertURI: leaf.ServiceURI})
		t.Must("authorize", err)
		t.True(!decision.Authorized, "it is let in where the default is to deny")
	})
	s.run("configuration_says_how_long_leaves_live", func(t *check.T) {
		config, _, err := s.client.Connect().CAGetConfig(nil)
		t.Must("get", err)
		config.Config["LeafCertTTL"] = "2h"
		_, err = s.client.Connect().CASetConfig(config, nil)
		t.Must("set", err)
		leaf, _, err := s.client.Agent().ConnectCALeaf("web", nil)
		t.Must("leaf", err)
		lives := time.Until(leaf.ValidBefore)
		t.True(lives > 119*time.Minute && lives <= 2*time.Hour, "it lives for %v", lives)
	})
}
