package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"interop/check"
)

// session is one HTTP/2 connection spoken frame by frame, for requests no library would send.
type session struct {
	t      *check.T
	conn   net.Conn
	framer *http2.Framer
	next   uint32           // id of the next stream
	window map[uint32]int64 // how much may still be sent; 0 stands for the connection
}

// reply is what came back on one stream.
type reply struct {
	header  map[string]string // first HEADERS frame; of a trailers-only reply the only one
	trailer map[string]string // last HEADERS frame
	data    []byte
	reset   *http2.ErrCode
}

const initialWindow = 65535

func dial(t *check.T, endpoint string) *session {
	conn, err := net.DialTimeout("tcp", endpoint, 5*time.Second)
	t.Must("connect", err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	s := &session{t: t, conn: conn, framer: http2.NewFramer(conn, conn), next: 1, window: map[uint32]int64{0: initialWindow}}
	s.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_, err = io.WriteString(conn, http2.ClientPreface)
	t.Must("preface", err)
	t.Must("settings", s.framer.WriteSettings())
	return s
}

// headers opens a stream. A header set to "-" is left out.
func (s *session) headers(path string, endStream bool, changes map[string]string) uint32 {
	fields := [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "localhost"},
		{"content-type", "application/grpc"}, {"te", "trailers"}}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	write := func(name, value string) {
		if value != "-" {
			encoder.WriteField(hpack.HeaderField{Name: name, Value: value})
		}
	}
	for _, f := range fields {
		if value, changed := changes[f[0]]; changed {
			f[1] = value
		}
		write(f[0], f[1])
	}
	for name, value := range changes {
		if !strings.HasPrefix(name, ":") && name != "content-type" && name != "te" {
			write(name, value)
		}
	}
	id := s.next
	s.next += 2
	s.window[id] = initialWindow
	s.t.Must("headers", s.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: endStream}))
	return id
}

// data sends bytes within the peer's flow control; it stops early when the peer answers first.
func (s *session) data(id uint32, bytes []byte, endStream bool, r *reply) {
	for {
		n := min(int64(len(bytes)), 16384, s.window[id], s.window[0])
		if n > 0 || len(bytes) == 0 {
			last := n == int64(len(bytes))
			s.t.Must("data", s.framer.WriteData(id, endStream && last, bytes[:n]))
			s.window[id] -= n
			s.window[0] -= n
			bytes = bytes[n:]
			if last {
				return
			}
			continue
		}
		if s.read(id, r) {
			return
		}
	}
}

// read takes one frame; it reports whether stream id is finished.
func (s *session) read(id uint32, r *reply) bool {
	frame, err := s.framer.ReadFrame()
	s.t.Must("read a frame", err)
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if f.IsAck() {
			return false
		}
		if v, ok := f.Value(http2.SettingInitialWindowSize); ok {
			for stream := range s.window {
				if stream != 0 {
					s.window[stream] += int64(v) - initialWindow
				}
			}
		}
		s.t.Must("settings ack", s.framer.WriteSettingsAck())
	case *http2.PingFrame:
		if !f.IsAck() {
			s.t.Must("ping ack", s.framer.WritePing(true, f.Data))
		}
	case *http2.WindowUpdateFrame:
		s.window[f.StreamID] += int64(f.Increment)
	case *http2.GoAwayFrame:
		s.t.Fatalf("GOAWAY %v %q", f.ErrCode, f.DebugData())
	case *http2.RSTStreamFrame:
		if f.StreamID == id {
			r.reset = &f.ErrCode
			return true
		}
	case *http2.MetaHeadersFrame:
		if f.StreamID != id {
			return false
		}
		fields := map[string]string{}
		for _, field := range f.Fields {
			fields[field.Name] = field.Value
		}
		if r.header == nil {
			r.header = fields
		}
		r.trailer = fields
		return f.StreamEnded()
	case *http2.DataFrame:
		if f.StreamID == id {
			r.data = append(r.data, f.Data()...)
			return f.StreamEnded()
		}
	}
	return false
}

// call is one request: headers, the given body, end of stream; and all of its reply.
func (s *session) call(path string, body []byte, changes map[string]string) *reply {
	r := &reply{}
	id := s.headers(path, false, changes)
	s.data(id, body, true, r)
	s.finish(id, r)
	return r
}

func (s *session) finish(id uint32, r *reply) {
	for r.reset == nil && (r.trailer == nil || r.trailer["grpc-status"] == "") {
		if s.read(id, r) {
			return
		}
	}
}

// String writes a reply as tests compare it: "STATUS MESSAGE", "RST CODE" or "HTTP CODE".
func (r *reply) String() string {
	switch {
	case r.trailer["grpc-status"] != "":
		text, err := url.PathUnescape(r.trailer["grpc-message"])
		if err != nil {
			text = "not percent-encoded: " + r.trailer["grpc-message"]
		}
		return strings.TrimSpace(r.trailer["grpc-status"] + " " + text)
	case r.reset != nil && r.header == nil:
		return "RST " + r.reset.String()
	default:
		return "HTTP " + r.header[":status"]
	}
}

// message puts the five bytes of gRPC before a message.
func message(flag byte, body []byte) []byte {
	head := make([]byte, 5, 5+len(body))
	head[0] = flag
	binary.BigEndian.PutUint32(head[1:], uint32(len(body)))
	return append(head, body...)
}

// rangeRequest is a RangeRequest for one key, by hand.
func rangeRequest(key string) []byte {
	return append([]byte{0x0a, byte(len(key))}, key...)
}

// oneOf notes a failure unless the reply is one of several; a wanted text may end in '*'.
func oneOf(t *check.T, r *reply, wanted ...string) {
	for _, want := range wanted {
		start, open := strings.CutSuffix(want, "*")
		if r.String() == want || open && strings.HasPrefix(r.String(), start) {
			if len(wanted) > 1 {
				check.Remark("of several right answers it was: %s", r)
			}
			return
		}
	}
	t.Errorf(`reply is "%s", want "%s"`, r, strings.Join(wanted, `" or "`))
}
