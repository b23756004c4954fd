package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"interop/check"
	"interop/who"
)

// owner is a process of its own that keeps an instance registered, so that it can be killed. The backend that is
// registered outlives it: it goes on to answer whom a view sends there.
type owner struct {
	cmd   *exec.Cmd
	tell  io.Writer
	lines chan string
	ports [2]int // where the instance is, and where after a change
}

// startOwner returns when the instance is registered.
func startOwner(t *check.T, how, service string) *owner {
	self, err := os.Executable()
	t.Must("own path", err)
	o := &owner{cmd: exec.Command(self, "owner", how, service), lines: make(chan string, 4)}
	for i, host := range []string{firstHost, secondHost} {
		place, backend, err := who.ServeOn(host, strconv.Itoa(i+1))
		t.Must("backend", err)
		t.Cleanup(backend.Stop)
		_, port, _ := net.SplitHostPort(place)
		o.ports[i], _ = strconv.Atoi(port)
		o.cmd.Args = append(o.cmd.Args, place)
	}
	o.cmd.Stderr = os.Stderr
	o.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	o.tell, err = o.cmd.StdinPipe()
	t.Must("standard input of an owner", err)
	out, err := o.cmd.StdoutPipe()
	t.Must("standard output of an owner", err)
	t.Must("start an owner", start(o.cmd))
	t.Cleanup(o.kill)
	go func() {
		for words := bufio.NewScanner(out); words.Scan(); {
			o.lines <- words.Text()
		}
		close(o.lines)
	}()
	o.hear(t, "registered")
	return o
}

func (o *owner) hear(t *check.T, want string) {
	t.Eq("answer of the owner", check.Receive(t, 10*time.Second, "what the owner says", o.lines), want)
}

// change moves the instance to the second place, with other metadata.
func (o *owner) change(t *check.T) {
	fmt.Fprintln(o.tell, "change")
	o.hear(t, "registered")
}

func (o *owner) leave(t *check.T) {
	fmt.Fprintln(o.tell, "leave")
	o.hear(t, "left")
}

// kill ends it at once, as a crash would, and waits until it is gone.
func (o *owner) kill() {
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait()
}

// start starts a child from the main thread: children die with the thread that started them.
func start(cmd *exec.Cmd) error {
	done := make(chan error)
	starts <- func() { done <- cmd.Start() }
	return <-done
}

var starts = make(chan func())
