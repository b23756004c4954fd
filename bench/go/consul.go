// The loads of Consul's HTTP API. Plain connections, and answers that are read and not decoded: the client shares the
// processors with the server.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// write sends one write and wants it done.
func write(client *http.Client, path, body string) {
	request, err := http.NewRequest(http.MethodPut, "http://"+*endpoint+path, strings.NewReader(body))
	must(err)
	answer, err := client.Do(request)
	must(err)
	text, err := io.ReadAll(answer.Body)
	must(err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		must(fmt.Errorf("PUT %s: %d %s", path, answer.StatusCode, text))
	}
}

// registration is one instance with a node of its own and a check; CHANGE makes it differ from the last one.
func registration(n, services int, change string) string {
	service := "web"
	if services > 1 {
		service = fmt.Sprintf("web-%d", n%services)
	}
	return fmt.Sprintf(`{"Node":"host-%[1]d","Address":"10.0.%[2]d.%[3]d","Service":{"ID":"%[4]s-%[1]d","Service":"%[4]s","Port":8080,`+
		`"Tags":["v1"],"Meta":{"zone":"a","change":"%[5]s"}},"Check":{"CheckID":"up-%[1]d","Name":"up","ServiceID":"%[4]s-%[1]d",`+
		`"Status":"passing"}}`, n, n/250, n%250+1, service, change)
}

func register(instances, services int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	var next atomic.Int64
	var running sync.WaitGroup
	run := begin()
	for range 16 {
		running.Go(func() {
			for n := next.Add(1) - 1; n < int64(instances); n = next.Add(1) - 1 {
				write(client, "/v1/catalog/register", registration(int(n), services, "0"))
			}
		})
	}
	running.Wait()
	run.report(instances, nil)
}

// Waiters are blocking queries on one service, each on a connection of its own.
type waiters struct {
	all    []*waiter
	left   atomic.Int64
	served chan struct{}
}

type waiter struct {
	conn  net.Conn
	in    *bufio.Reader
	index uint64
}

func openWaiters(n int) *waiters {
	w := &waiters{all: make([]*waiter, n), served: make(chan struct{})}
	for i := range w.all {
		conn, err := net.Dial("tcp", *endpoint)
		must(err)
		w.all[i] = &waiter{conn: conn, in: bufio.NewReaderSize(conn, 16<<10)} // an answer in one reading
		w.all[i].ask()
		w.all[i].read()
	}
	return w
}

func (w *waiter) ask() {
	_, err := fmt.Fprintf(w.conn, "GET /v1/health/service/web?passing&index=%d&wait=600s HTTP/1.1\r\nHost: %s\r\n\r\n", w.index, *endpoint)
	must(err)
}

// read takes one answer and keeps its index.
func (w *waiter) read() {
	size, chunked := 0, false
	for n := 0; ; n++ {
		line := w.line()
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case n == 0 && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")):
			must(fmt.Errorf("a query that waited is answered %q", line))
		case len(line) == 0 && chunked:
			w.readChunks()
			return
		case len(line) == 0:
			w.skip(size)
			return
		case bytes.EqualFold(name, []byte("Content-Length")):
			size = int(number(value, 10))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("X-Consul-Index")):
			w.index = number(value, 10)
		}
	}
}

func (w *waiter) readChunks() {
	for {
		size := number(w.line(), 16)
		w.skip(int(size) + 2)
		if size == 0 {
			return
		}
	}
}

func (w *waiter) line() []byte {
	line, err := w.in.ReadSlice('\n')
	must(err)
	return bytes.TrimRight(line, "\r\n")
}

func (w *waiter) skip(n int) {
	_, err := w.in.Discard(n)
	must(err)
}

func number(text []byte, base int) uint64 {
	n, err := strconv.ParseUint(string(text), base, 64)
	must(err)
	return n
}

// ask sends all queries and returns when the server has nothing more to do for them.
func (w *waiters) ask() {
	w.left.Store(int64(len(w.all)))
	for _, one := range w.all {
		one.ask()
	}
	untilIdle()
}

// untilIdle waits until the server has used no more than a twentieth of a processor for a tenth of a second.
func untilIdle() {
	const step = 100 * time.Millisecond
	for range 100 {
		before := serverCPU()
		time.Sleep(step)
		if serverCPU()-before <= step/20 {
			return
		}
	}
	must(fmt.Errorf("the server does not come to rest"))
}

func (w *waiters) readAlways(one *waiter) {
	for {
		one.read()
		if w.left.Add(-1) == 0 {
			w.served <- struct{}{}
		}
	}
}

// wake registers one instance of what `register` made again, with other metadata, and takes the time until the last
// query has its answer.
func wake(n, rounds int) {
	client := &http.Client{}
	w := openWaiters(n)
	for _, one := range w.all {
		go w.readAlways(one)
	}
	var times []time.Duration
	var took, cpu time.Duration
	for round := range rounds {
		w.ask()
		begun := begin()
		write(client, "/v1/catalog/register", registration(3, 1, fmt.Sprint("round ", round)))
		select {
		case <-w.served:
		case <-time.After(30 * time.Second):
			must(fmt.Errorf("%d of %d queries were not answered", w.left.Load(), n))
		}
		times = append(times, time.Since(begun.began))
		took, cpu = took+times[round], cpu+serverCPU()-begun.cpu
	}
	print(rounds*n, took, cpu, times)
}
