// Command transport sends a server what no gRPC library would send, frame by frame, and holds it
// to the answers of etcd. Where grpc-go versions differ, each of their answers will do.
//
//	transport [-endpoint HOST:PORT]
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"net/http"
	"strings"

	"interop/check"
	"interop/target"
)

const rangePath = "/etcdserverpb.KV/Range"

func main() {
	endpoint := target.Endpoint()
	c := check.New("transport")
	// row sends one request and, after it, a good one on the same connection.
	row := func(name, path string, body []byte, changes map[string]string, wanted ...string) {
		c.Run(name, func(t *check.T) {
			s := dial(t, endpoint)
			oneOf(t, s.call(path, body, changes), wanted...)
			good := s.call(rangePath, message(0, rangeRequest("transport/none")), nil)
			t.Eq("good request after it", good.String(), "0")
		})
	}
	good := message(0, rangeRequest("transport/none"))
	none := map[string]string(nil)

	row("good_request", rangePath, good, none, "0")
	row("unknown_method", "/etcdserverpb.KV/Nope", good, none, "12 unknown method Nope for service etcdserverpb.KV")
	row("unknown_service", "/etcdserverpb.Nope/Range", good, none, "12 unknown service etcdserverpb.Nope")
	row("path_without_second_slash", "/foo", good, none,
		`8 malformed method name: "/foo"`, `12 malformed method name: "/foo"`)
	row("undecodable_message", rangePath, message(0, []byte{0x0a, 0x05, 'a'}), none,
		"13 grpc: error unmarshalling request: *")
	row("undecodable_message_on_a_stream", "/etcdserverpb.Watch/Watch", message(0, []byte{0x0a, 0x05, 'a'}), none,
		"13 grpc: failed to unmarshal the received message: *")
	row("compressed_flag_without_encoding", rangePath, message(1, rangeRequest("a")), none,
		"13 grpc: compressed flag set with identity or empty encoding")
	row("compressed_flag_with_identity", rangePath, message(1, rangeRequest("a")), map[string]string{"grpc-encoding": "identity"},
		"13 grpc: compressed flag set with identity or empty encoding")
	row("unknown_encoding", rangePath, message(1, rangeRequest("a")), map[string]string{"grpc-encoding": "snappy"},
		`12 grpc: Decompressor is not installed for grpc-encoding "snappy"`)
	row("message_over_2_MiB", rangePath, message(0, make([]byte, 2097172)), none,
		"8 grpc: received message larger than max (2097172 vs. 2097152)")
	row("content_type_of_a_web_page", rangePath, good, map[string]string{"content-type": "text/html"},
		"RST PROTOCOL_ERROR", "HTTP 415", `3 invalid gRPC request content-type "text/html"`)
	row("no_content_type", rangePath, good, map[string]string{"content-type": "-"},
		"RST PROTOCOL_ERROR", "HTTP 415", `3 invalid gRPC request content-type ""`)
	for name, timeout := range map[string]string{"letters": "abc", "no_unit": "100", "nine_digits": "123456789S"} {
		row("timeout_"+name, rangePath, good, map[string]string{"grpc-timeout": timeout},
			"RST PROTOCOL_ERROR", "13 malformed grpc-timeout: *")
	}
	row("empty_body", rangePath, nil, none, "2 EOF", "13 cardinality violation: expected exactly 1 request message but received 0")
	row("second_message_is_ignored", rangePath, append(append([]byte{}, good...), good...), none, "0")
	row("deadline_already_passed", rangePath, good, map[string]string{"grpc-timeout": "1n"},
		"4 context deadline exceeded", "2 context deadline exceeded", "RST CANCEL")
	row("unknown_fields_are_skipped", rangePath,
		message(0, append(rangeRequest("a"), 0xfa, 0x3f, 0x03, 'x', 'y', 'z', 0xf0, 0x3f, 0x07)), none, "0")

	row("client_version_that_is_no_text", rangePath, good, map[string]string{"client-api-version": "\xff\xfe"},
		"3 etcdserver: invalid client api version")
	row("page_with_prior_knowledge", "/health", nil, map[string]string{":method": "GET", "content-type": "-"},
		`3 invalid gRPC request content-type ""`, "RST PROTOCOL_ERROR", "HTTP 415", "HTTP 200")

	contentType(c, endpoint)
	split(c, endpoint)
	encodings(c, endpoint)
	plainHTTP(c, endpoint)
	c.Exit()
}

func contentType(c *check.Suite, endpoint string) {
	c.Run("content_type_is_echoed", func(t *check.T) {
		s := dial(t, endpoint)
		for _, kind := range []string{"application/grpc", "application/grpc+proto"} {
			r := s.call(rangePath, message(0, rangeRequest("a")), map[string]string{"content-type": kind})
			t.Eq("reply", r.String(), "0")
			t.Eq("content-type", r.header["content-type"], kind)
			t.Eq(":status", r.header[":status"], "200")
		}
		r := s.call("/etcdserverpb.KV/Nope", nil, nil)
		t.Eq(":status of an error", r.header[":status"], "200")
		t.Eq("content-type of an error", r.header["content-type"], "application/grpc")
		t.Eq("data of an error", len(r.data), 0)
	})
}

// split sends good requests in unusual pieces.
func split(c *check.Suite, endpoint string) {
	good := message(0, rangeRequest("transport/none"))
	c.Run("message_in_many_small_frames", func(t *check.T) {
		s := dial(t, endpoint)
		r := &reply{}
		id := s.headers(rangePath, false, nil)
		for _, b := range good {
			s.data(id, []byte{b}, false, r)
		}
		s.data(id, nil, true, r)
		s.finish(id, r)
		t.Eq("reply", r.String(), "0")
		t.True(len(r.data) > 5 && int(binary.BigEndian.Uint32(r.data[1:])) == len(r.data)-5, "data is %x", r.data)
	})
	c.Run("two_requests_interleaved", func(t *check.T) {
		s := dial(t, endpoint)
		a, b := &reply{}, &reply{}
		first := s.headers(rangePath, false, nil)
		second := s.headers(rangePath, false, nil)
		s.data(first, good[:7], false, a)
		s.data(second, good, true, b)
		s.finish(second, b)
		t.Eq("second's reply", b.String(), "0")
		s.data(first, good[7:], true, a)
		s.finish(first, a)
		t.Eq("first's reply", a.String(), "0")
	})
	c.Run("metadata_of_8_KiB", func(t *check.T) {
		s := dial(t, endpoint)
		r := s.call(rangePath, good, map[string]string{"x-long": strings.Repeat("m", 8000)})
		t.Eq("reply", r.String(), "0")
	})
}

func encodings(c *check.Suite, endpoint string) {
	c.Run("identity_encoding", func(t *check.T) {
		r := dial(t, endpoint).call(rangePath, message(0, rangeRequest("a")),
			map[string]string{"grpc-encoding": "identity", "grpc-accept-encoding": "identity,deflate,gzip"})
		t.Eq("reply", r.String(), "0")
	})
	c.Run("gzip_is_served_or_refused_in_order", func(t *check.T) {
		var body bytes.Buffer
		w := gzip.NewWriter(&body)
		w.Write(rangeRequest("a"))
		w.Close()
		r := dial(t, endpoint).call(rangePath, message(1, body.Bytes()), map[string]string{"grpc-encoding": "gzip"})
		oneOf(t, r, "0", `12 grpc: Decompressor is not installed for grpc-encoding "gzip"`)
	})
}

// plainHTTP is what HTTP/1.1 gets on the same port.
func plainHTTP(c *check.Suite, endpoint string) {
	c.Run("grpc_path_over_http_1_is_not_found", func(t *check.T) {
		answer, err := http.Post("http://"+endpoint+rangePath, "application/grpc", bytes.NewReader(message(0, rangeRequest("a"))))
		t.Must("post", err)
		defer answer.Body.Close()
		t.Eq("status", answer.StatusCode, http.StatusNotFound)
	})
	c.Run("upgrade_to_h2c_is_ignored", func(t *check.T) {
		request, err := http.NewRequest("GET", "http://"+endpoint+"/version", nil)
		t.Must("request", err)
		request.Header.Set("Connection", "Upgrade, HTTP2-Settings")
		request.Header.Set("Upgrade", "h2c")
		request.Header.Set("HTTP2-Settings", "AAMAAABkAAQAAP__")
		answer, err := http.DefaultClient.Do(request)
		t.Must("get", err)
		defer answer.Body.Close()
		t.Eq("status", answer.StatusCode, http.StatusOK)
		t.Eq("protocol", answer.Proto, "HTTP/1.1")
	})
}
