package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"time"

	"github.com/hashicorp/consul/api"

	"interop/check"
)

// signed returns claims as an ES256 token of KEY.
func signed(t *check.T, key *ecdsa.PrivateKey, claims map[string]any) string {
	part := func(v any) string {
		text, err := json.Marshal(v)
		t.Must("marshal", err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(map[string]string{"alg": "ES256", "typ": "JWT"}) + "." + part(claims)
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	t.Must("sign", err)
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func publicPEM(t *check.T, key *ecdsa.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	t.Must("marshal key", err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func loginChecks(s suite) {
	acl := s.client.ACL()
	s.run("login_gives_what_binding_rules_say", func(t *check.T) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		t.Must("key", err)
		_, _, err = acl.AuthMethodCreate(&api.ACLAuthMethod{Name: "idp", Type: "jwt", MaxTokenTTL: time.Hour,
			Config: map[string]any{
				"JWTValidationPubKeys": []string{publicPEM(t, key)},
				"JWTSupportedAlgs":     []string{"ES256"},
				"BoundIssuer":          "idp",
				"ClaimMappings":        map[string]string{"sub": "user"},
				"ListClaimMappings":    map[string]string{"groups": "groups"},
			}}, nil)
		t.Must("create method", err)
		rule, _, err := acl.BindingRuleCreate(&api.ACLBindingRule{AuthMethod: "idp",
			BindType: api.BindingRuleBindTypeService, BindName: "${value.user}-web", Selector: "ops in list.groups"}, nil)
		t.Must("create rule", err)
		claims := map[string]any{"iss": "idp", "sub": "anna", "groups": []string{"ops"}, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
		login := func() (*api.ACLToken, error) {
			token, _, err := s.anonymous.ACL().Login(&api.ACLLoginParams{AuthMethod: "idp", BearerToken: signed(t, key, claims),
				Meta: map[string]string{"pod": "a"}}, nil)
			return token, err
		}
		token, err := login()
		t.Must("log in", err)
		t.Eq("service", token.ServiceIdentities[0].ServiceName, "anna-web")
		t.Eq("description", token.Description, `token created via login: {"pod":"a"}`)
		t.True(token.ExpirationTime != nil, "it does not end")
		_, err = s.anonymous.ACL().Logout(&api.WriteOptions{Token: token.SecretID})
		t.Must("log out", err)
		_, _, err = client(token.SecretID).ACL().TokenReadSelf(nil)
		t.Fails("self", err, "ACL not found")
		claims["groups"] = []string{"dev"}
		_, err = login()
		t.Fails("log in without a rule", err, "Permission denied")
		claims["iss"] = "other"
		_, err = login()
		t.Fails("log in by another issuer", err, "Permission denied")
		rule.Selector = ""
		_, _, err = acl.BindingRuleUpdate(rule, nil)
		t.Must("update rule", err)
		_, err = acl.AuthMethodDelete("idp", nil)
		t.Must("delete method", err)
		rules, _, err := acl.BindingRuleList("", nil)
		t.Must("list rules", err)
		t.Eq("rules", len(rules), 0)
	})
}
