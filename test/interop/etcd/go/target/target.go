// Package target reaches the server under test: its address, connections and HTTP pages.
package target

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"interop/check"
)

// Endpoint is host:port, from the flag -endpoint or the environment variable ETCD_ENDPOINT.
// It parses the command line; what is left is in flag.Args.
func Endpoint() string {
	endpoint := flag.String("endpoint", os.Getenv("ETCD_ENDPOINT"), "host:port of the server")
	flag.Parse()
	if *endpoint == "" {
		fmt.Fprintln(os.Stderr, "give -endpoint or set ETCD_ENDPOINT")
		os.Exit(2)
	}
	return *endpoint
}

// Conn is a bare gRPC connection with no limit on the size of answers.
func Conn(endpoint string) *grpc.ClientConn {
	conn, err := grpc.NewClient("passthrough:///"+endpoint,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return conn
}

// Client is a clientv3 client that logs nothing.
func Client(endpoint string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Endpoints:   []string{endpoint},
		DialTimeout: 5 * time.Second,
		Logger:      zap.NewNop(),
	})
}

// NewClient is Client for a check: it is closed at the check's end.
func NewClient(t *check.T, endpoint string) *clientv3.Client {
	client, err := Client(endpoint)
	t.Must("new client", err)
	t.Cleanup(func() { client.Close() })
	return client
}

// Get fetches a page over HTTP/1.1 and returns its status and body.
func Get(url string) (int, string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// Metric reads the sum of all samples of one metric from a Prometheus text page.
func Metric(url, name string) (float64, error) {
	code, page, err := Get(url)
	if err != nil {
		return 0, err
	}
	if code != http.StatusOK {
		return 0, fmt.Errorf("%s answers %d", url, code)
	}
	sum, found := 0.0, false
	for _, line := range strings.Split(page, "\n") {
		rest, ours := strings.CutPrefix(line, name)
		if !ours || rest == "" || (rest[0] != ' ' && rest[0] != '{') {
			continue
		}
		fields := strings.Fields(rest[strings.LastIndexByte(rest, '}')+1:])
		if len(fields) == 0 {
			continue
		}
		v, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			return 0, err
		}
		sum, found = sum+v, true
	}
	if !found {
		return 0, fmt.Errorf("%s has no metric %s", url, name)
	}
	return sum, nil
}
