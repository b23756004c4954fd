package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"interop/check"
)

const readyLine = "ready to serve client requests"

// process is a child that dies with this program.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func start(output *os.File, command ...string) (*process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// kill ends the process at once, as a crash would, and waits until it is gone.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// registry is the server under test.
type registry struct {
	*process
	command  []string
	log      string
	endpoint string
}

// up starts the server and waits until its log says that it is ready.
func (r *registry) up(t *check.T) {
	log, err := os.OpenFile(r.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	t.Must("open log", err)
	defer log.Close()
	before := r.readyLines()
	r.process, err = start(log, r.command...)
	t.Must("start the server", err)
	took := t.Until(20*time.Second, "server is ready", func() error {
		if r.ended() {
			t.Fatalf("server ended, see %s", r.log)
		}
		if r.readyLines() == before {
			return errors.New("no ready line in " + r.log)
		}
		return nil
	})
	check.Remark("the registry was ready after %v", took.Round(time.Millisecond))
}

func (r *registry) readyLines() int {
	text, err := os.ReadFile(r.log)
	if err != nil {
		return 0
	}
	return bytes.Count(text, []byte(readyLine))
}

// startBackend starts one backend and waits until it is registered.
func (j *job) startBackend(t *check.T, name string) {
	self, err := os.Executable()
	t.Must("own path", err)
	output, err := os.CreateTemp("", "backend")
	t.Must("output of a backend", err)
	defer output.Close()
	defer os.Remove(output.Name())
	p, err := start(output, self, "backend", j.endpoint, name, keyOf(name))
	t.Must("start backend "+name, err)
	j.backends[name] = p
	t.Until(10*time.Second, "backend "+name+" registers", func() error {
		text, err := os.ReadFile(output.Name())
		if err == nil && string(text) != "registered\n" {
			err = fmt.Errorf("it says %q", text)
		}
		return err
	})
}

func keyOf(name string) string { return service + "/" + name }
