package main

import "strings"

type refusal struct {
	name, method, path, body string
	status                   int
	text                     string // a regular expression
}

const register = "/v1/agent/service/register"

// refused by Consul, and here: with its status, in its words where it has any. Held against Consul 1.16.3, which takes
// a port of 70000, repeats the 10 MiB of metadata in a 400, and is still reading the filters after 20 s.
var refused = []refusal{
	{"registration_without_a_name", "PUT", register, `{"Port":80}`, 400, `^Missing service name$`},
	{"registration_with_a_name_of_another_type", "PUT", register, `{"Name":7}`, 400, `^Request decode failed: .*Name.*string`},
	{"registration_with_an_unknown_word", "PUT", register, `{"Name":"w","Prot":80}`, 400, `^Request decode failed: .*unknown field "Prot"`},
	{"registration_that_is_no_json", "PUT", register, `{"Name":"w",}`, 400, `^Request decode failed: `},
	{"registration_that_ends_early", "PUT", register, `{"Name":"w"`, 400, `^Request decode failed: unexpected EOF`},
	{"port_of_70000", "PUT", register, `{"Name":"w","Port":70000}`, 400, `70000`},
	{"metadata_of_513_bytes", "PUT", register, `{"Name":"w","Meta":{"k":"` + strings.Repeat("v", 513) + `"}}`, 400,
		`^Invalid Service Meta: Couldn't load metadata pair .*Value is too long \(limit: 512 characters\)`},
	{"metadata_of_10_mib", "PUT", register, `{"Name":"w","Meta":{"k":"` + strings.Repeat("v", 10<<20) + `"}}`, 413,
		`^Content Too Large: a request's body has at most [0-9]+ bytes$`},
	{"interval_of_minus_one_second", "PUT", register, `{"Name":"w","Check":{"HTTP":"http://127.0.0.1/","Interval":"-1s"}}`, 400,
		`^Invalid check: Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks$`},
	{"interval_that_is_none", "PUT", register, `{"Name":"w","Check":{"HTTP":"http://127.0.0.1/","Interval":"soon"}}`, 400,
		`^Request decode failed: time: invalid duration "?soon"?`},
	{"second_check_of_two_is_bad", "PUT", register, `{"Name":"w","Checks":[{"TTL":"10s"},{"TCP":"127.0.0.1:1"}]}`, 400,
		`^Invalid check: Interval must be > 0`},
	{"check_without_a_name", "PUT", "/v1/agent/check/register", `{"TTL":"10s"}`, 400, `^Missing check name$`},
	{"check_of_a_service_that_is_not_there", "PUT", "/v1/agent/check/register", `{"Name":"c","ServiceID":"none","TTL":"10s"}`, 404,
		`ServiceID "none" does not exist`},

	{"catalog_without_a_node", "PUT", "/v1/catalog/register", `{"Service":{"Service":"w"}}`, 500, `Must provide node`},
	{"catalog_without_an_address", "PUT", "/v1/catalog/register", `{"Node":"n1","Service":{"Service":"w"}}`, 500, `Must provide address`},
	{"catalog_service_without_a_name", "PUT", "/v1/catalog/register", `{"Node":"n1","Address":"10.0.0.1","Service":{"ID":"w","Port":1}}`, 500,
		`Must provide service name`},
	{"catalog_whose_check_has_no_service", "PUT", "/v1/catalog/register",
		`{"Node":"n1","Address":"10.0.0.1","Service":{"Service":"w"},"Check":{"Name":"c","ServiceID":"none"}}`, 500,
		`Missing service registration|Unknown service ID`},

	{"pair_of_513_kib", "PUT", "/v1/kv/large", strings.Repeat("v", 513<<10), 413,
		`^Request body\(525312 bytes\) too large, max size: 524288 bytes`},
	{"pair_with_flags_that_are_no_number", "PUT", "/v1/kv/a?flags=x", "1", 500, `parsing "x": invalid syntax`},
	{"pair_with_two_conditions", "PUT", "/v1/kv/a?cas=1&acquire=00000000-0000-0000-0000-000000000001", "1", 400, `^Conflicting flags: `},
	{"pair_of_a_session_that_is_not_there", "PUT", "/v1/kv/a?acquire=00000000-0000-0000-0000-000000000001", "1", 500, `invalid session`},
	{"pair_without_a_key", "PUT", "/v1/kv/", "1", 400, `^Missing key name`},
	{"transaction_whose_last_step_fails", "PUT", "/v1/txn",
		`[{"KV":{"Verb":"set","Key":"a","Value":"MQ=="}},{"KV":{"Verb":"cas","Key":"a","Value":"Mg==","Index":99999999}}]`, 409,
		`(?s)"OpIndex": ?1.*index is stale`},
	{"transaction_of_129_steps", "PUT", "/v1/txn",
		"[" + strings.Repeat(`{"KV":{"Verb":"set","Key":"a","Value":"MQ=="}},`, 128) + `{"KV":{"Verb":"set","Key":"a","Value":"MQ=="}}]`, 413,
		`too many operations \(129 > 128\)`},
	{"session_of_one_second", "PUT", "/v1/session/create", `{"TTL":"1s"}`, 500, `Invalid Session TTL '1000000000'`},
	{"query_without_a_service", "PUT", "/v1/query/00000000-0000-0000-0000-000000000001", `{"Name":"q"}`, 500,
		`Must provide a Service name to query|Cannot modify non-existent prepared query`},
	{"query_that_is_new_and_without_a_service", "POST", "/v1/query", `{"Name":"q"}`, 500, `Must provide a Service name to query`},
	{"configuration_of_an_unknown_kind", "PUT", "/v1/config", `{"Kind":"bogus","Name":"w"}`, 400, `invalid config entry kind: bogus`},
	{"policy_with_a_syntax_error", "PUT", "/v1/acl/policy", `{"Name":"p","Rules":"key \"a\" { policy = "}`, 500, `Failed to parse ACL rules: `},
	{"policy_with_a_bad_word", "PUT", "/v1/acl/policy", `{"Name":"p","Rules":"key \"a\" { policy = \"some\" }"}`, 500, `Invalid key policy`},
	{"token_of_a_policy_that_is_not_there", "PUT", "/v1/acl/token", `{"Policies":[{"Name":"none"}]}`, 500, `No such ACL policy with name "none"`},

	{"filter_nested_10000_deep", "GET", "/v1/health/service/w?filter=" + strings.Repeat("(", 10000) + "Service.Port==1" + strings.Repeat(")", 10000),
		"", 431, `^Request Header Fields Too Large`},
	{"filter_nested_5000_deep", "GET", "/v1/health/service/w?filter=" + strings.Repeat("(", 5000) + "Service.Port==1" + strings.Repeat(")", 5000),
		"", 500, `^Failed to create boolean expression evaluator: `},
	{"filter_of_an_unknown_selector", "GET", "/v1/health/service/w?filter=Bogus==1", "", 500, `^Failed to create boolean expression evaluator: `},
	{"wait_that_is_none", "GET", "/v1/health/service/w?index=1&wait=soon", "", 400, `^Invalid wait time`},
	{"index_that_is_none", "GET", "/v1/health/service/w?index=soon", "", 400, `^Invalid index`},
	{"stale_and_consistent", "GET", "/v1/health/service/w?stale&consistent", "", 400, `Cannot specify \?stale with \?consistent`},
}

type taking struct{ name, body, id, want, check string }

// taken by Consul although it looks odd, and so here.
var taken = []taking{
	{"names_in_another_case", `{"nAME":"w","PORT":80,"meta":{"K":"v"},"check":{"ttl":"10s"}}`, "w", "w 80 map[K:v]", "ttl"},
	{"names_with_underscores", `{"Name":"w","enable_tag_override":true,"tagged_addresses":{},"Check":{"HTTP":"http://127.0.0.1:1/","Interval":"1h","tls_skip_verify":true,"deregister_critical_service_after":"1h"}}`,
		"w", "w 0 map[]", "http"},
	{"last_of_two_equal_names", `{"Name":"w","Port":80,"Name":"x","Port":81}`, "x", "x 81 map[]", ""},
	{"text_behind_the_value", `{"Name":"w","Port":80} and more`, "w", "w 80 map[]", ""},
	{"check_of_both_http_and_tcp", `{"Name":"w","Check":{"HTTP":"http://127.0.0.1:1/","TCP":"127.0.0.1:1","Interval":"1h"}}`, "w", "w 0 map[]", "http"},
}
