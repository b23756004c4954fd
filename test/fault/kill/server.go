package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/consul/api"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

type server struct {
	cmd        *exec.Cmd
	port       string
	consulPort string
	exited     chan struct{}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// start runs the command and returns when it says that it serves.
func start(command []string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	consulPort, err := freePort()
	if err != nil {
		return nil, err
	}
	ports := strings.NewReplacer("{port}", port, "{consul}", consulPort)
	args := make([]string, len(command))
	for i, word := range command {
		args[i] = ports.Replace(word)
	}
	s := &server{cmd: exec.Command(args[0], args[1:]...), port: port, consulPort: consulPort, exited: make(chan struct{})}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "ready to serve client requests") {
				ready <- true
			}
		}
		s.cmd.Wait()
		close(s.exited)
	}()
	select {
	case <-ready:
		return s, nil
	case <-s.exited:
		return nil, fmt.Errorf("the server ended before it was ready")
	case <-time.After(30 * time.Second):
		s.kill()
		return nil, fmt.Errorf("the server was not ready within 30 s")
	}
}

func (s *server) kill() {
	s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.exited
}

// consul is a client with a connection for each writer.
func (s *server) consul() (*api.Client, error) {
	config := api.DefaultConfig()
	config.Address = "127.0.0.1:" + s.consulPort
	config.Transport.MaxIdleConnsPerHost = 64
	config.HttpClient = &http.Client{Transport: config.Transport, Timeout: 10 * time.Second}
	return api.NewClient(config)
}

func (s *server) dial() (*clientv3.Client, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:   []string{"127.0.0.1:" + s.port},
		DialTimeout: 5 * time.Second,
		Logger:      zap.NewNop(),
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err = client.Get(ctx, "health")
	return client, err
}
