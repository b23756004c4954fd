// Package check runs named checks one after the other and prints a line for each:
// "ok NAME" or "not ok NAME: reason". Lines that start with '#' are remarks.
package check

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Limit is how long one check may take unless it asks for more with RunFor.
const Limit = 30 * time.Second

// Suite counts the checks of one program. Several may run at once.
type Suite struct {
	prefix string
	only   *regexp.Regexp
	mutex  sync.Mutex
	passed int
	failed int
}

// New starts a suite whose check names all begin with prefix. The environment variable
// CHECK_ONLY, a regular expression, picks single checks.
func New(prefix string) *Suite {
	return &Suite{prefix: prefix, only: regexp.MustCompile(os.Getenv("CHECK_ONLY"))}
}

// Run runs one check with the usual time limit.
func (s *Suite) Run(name string, f func(t *T)) { s.RunFor(Limit, name, f) }

// RunFor runs one check with a time limit of its own. A check that hangs ends the program.
func (s *Suite) RunFor(limit time.Duration, name string, f func(t *T)) {
	name = s.prefix + "/" + name
	if !s.only.MatchString(name) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	t := &T{Ctx: ctx}
	hang := time.AfterFunc(limit+10*time.Second, func() {
		fmt.Printf("not ok %s: hangs for more than %v\n", name, limit+10*time.Second)
		os.Exit(1)
	})
	defer hang.Stop()
	t.call(f)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(t.failures) == 0 {
		s.passed++
		fmt.Println("ok " + name)
		return
	}
	s.failed++
	fmt.Printf("not ok %s: %s\n", name, oneLine(strings.Join(t.failures, "; ")))
}

// Exit ends the program: 0 when every check passed and at least one ran.
func (s *Suite) Exit() {
	if s.failed > 0 || s.passed == 0 {
		os.Exit(1)
	}
	os.Exit(0)
}

// Remark prints a line that is no check.
func Remark(format string, args ...any) { fmt.Println("# " + oneLine(fmt.Sprintf(format, args...))) }

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 900 {
		s = s[:900] + "..."
	}
	return s
}

// T is handed to a check. A wrong value is noted and the check goes on; Must and Fatal end it.
type T struct {
	Ctx      context.Context
	failures []string
	cleanups []func()
}

type stop struct{}

func (t *T) call(f func(t *T)) {
	defer func() {
		if r := recover(); r != nil {
			if _, ours := r.(stop); !ours {
				t.Errorf("panic: %v", r)
			}
		}
		for i := len(t.cleanups) - 1; i >= 0; i-- {
			t.cleanups[i]()
		}
	}()
	f(t)
}

// Cleanup registers work for the end of the check, last one first.
func (t *T) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

// Errorf notes a failure.
func (t *T) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

// Fatalf notes a failure and ends the check.
func (t *T) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(stop{})
}

// Must ends the check if err is set; what says what was being done.
func (t *T) Must(what string, err error) {
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// True notes a failure unless cond holds.
func (t *T) True(cond bool, format string, args ...any) {
	if !cond {
		t.Errorf(format, args...)
	}
}

// Eq notes a failure unless got equals want.
func (t *T) Eq(what string, got, want any) {
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %v, want %v", what, show(got), show(want))
	}
}

func show(v any) any {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%.200q", v)
	case []byte:
		return fmt.Sprintf("%.200q", v)
	}
	return v
}

// Status notes a failure unless err is a gRPC status with this code and text.
func (t *T) Status(what string, err error, code codes.Code, text string) {
	got := status.Convert(err)
	if got.Code() != code || got.Message() != text {
		t.Errorf("%s: status is %d %.300q, want %d %q", what, got.Code(), got.Message(), code, text)
	}
}

// SameStatus is Status with the code and text of another error.
func (t *T) SameStatus(what string, err, want error) {
	w := status.Convert(want)
	t.Status(what, err, w.Code(), w.Message())
}

// Until calls f every few milliseconds until it returns nil, and tells how long that took.
// It ends the check with f's last error when limit passes.
func (t *T) Until(limit time.Duration, what string, f func() error) time.Duration {
	start := time.Now()
	for {
		err := f()
		took := time.Since(start)
		if err == nil {
			return took
		}
		if took > limit || t.Ctx.Err() != nil {
			t.Fatalf("%s: not within %v: %v", what, took.Round(time.Millisecond), err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Receive takes one value from a channel or ends the check after limit.
func Receive[V any](t *T, limit time.Duration, what string, ch <-chan V) V {
	select {
	case v, open := <-ch:
		if !open {
			t.Fatalf("%s: channel is closed", what)
		}
		return v
	case <-time.After(limit):
		t.Fatalf("%s: nothing within %v", what, limit)
	case <-t.Ctx.Done():
		t.Fatalf("%s: the check's time is over", what)
	}
	panic("not reached")
}

// Feature says whether the server under test has NAME: a line of its adapter's features.
func Feature(name string) bool {
	return slices.Contains(strings.Split(os.Getenv("SERVER_FEATURES"), "\n"), name)
}
