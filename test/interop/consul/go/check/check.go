// Package check runs named checks one after the other and prints a line for each: "ok NAME" or
// "not ok NAME: reason".
package check

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Suite counts the checks of one program.
type Suite struct {
	prefix         string
	only           *regexp.Regexp
	passed, failed int
}

// New starts a suite whose check names all begin with prefix. The environment variable
// CHECK_ONLY, a regular expression, picks single checks.
func New(prefix string) *Suite {
	return &Suite{prefix: prefix, only: regexp.MustCompile(os.Getenv("CHECK_ONLY"))}
}

// Run runs one check. One that takes more than LIMIT ends the program.
func (s *Suite) Run(limit time.Duration, name string, f func(t *T)) {
	name = s.prefix + "/" + name
	if !s.only.MatchString(name) {
		return
	}
	hang := time.AfterFunc(limit, func() {
		fmt.Printf("not ok %s: hangs for more than %v\n", name, limit)
		os.Exit(1)
	})
	defer hang.Stop()
	t := &T{}
	t.call(f)
	if len(t.failures) == 0 {
		s.passed++
		fmt.Println("ok " + name)
		return
	}
	s.failed++
	fmt.Printf("not ok %s: %s\n", name, strings.Join(strings.Fields(strings.Join(t.failures, "; ")), " "))
}

// Exit ends the program: 0 when every check passed and at least one ran.
func (s *Suite) Exit() {
	if s.failed > 0 || s.passed == 0 {
		os.Exit(1)
	}
	os.Exit(0)
}

// T is handed to a check. A wrong value is noted and the check goes on; Must ends it.
type T struct{ failures []string }

type stop struct{}

func (t *T) call(f func(t *T)) {
	defer func() {
		if r := recover(); r != nil {
			if _, ours := r.(stop); !ours {
				t.Errorf("panic: %v", r)
			}
		}
	}()
	f(t)
}

// Errorf notes a failure.
func (t *T) Errorf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

// Must ends the check if err is set; what says what was being done.
func (t *T) Must(what string, err error) {
	if err != nil {
		t.Errorf("%s: %v", what, err)
		panic(stop{})
	}
}

// Fails ends the check unless err is set and says TEXT.
func (t *T) Fails(what string, err error, text string) {
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v, want %q", what, err, text)
		panic(stop{})
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
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
