// Kills a server with SIGKILL at random moments under load and checks what it has kept.
//
//	kill -rounds 20 -seed 7 -- SERVER ARGS...
//
// The server is started anew each round on the same data directory; the words {port} in its arguments
// become a free port, {consul} another. After each round: every acknowledged write is there, no half of a transaction, the
// history from the round's first revision has no gap and no repeat, leases are alive with no more than
// their time; with -consul registrations are whole in every view, and locks are held as it was acknowledged.
// Prints a line a check and ends with "N passed, N failed".
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"sync"
	"time"
)

type tally struct {
	mutex          sync.Mutex
	passed, failed int
}

func (t *tally) check(ok bool, format string, args ...any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if ok {
		t.passed++
		return
	}
	t.failed++
	fmt.Printf("not ok "+format+"\n", args...)
}

func main() {
	rounds := flag.Int("rounds", 20, "how often the server is killed")
	seed := flag.Int64("seed", time.Now().UnixNano(), "of the moments of the kills")
	writers := flag.Int("writers", 64, "writes in flight")
	crowd := flag.Bool("crowd", false, "hold it against very many connections and watchers instead")
	consul := flag.Bool("consul", false, "write as Consul's clients do: pairs, registrations, locks")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: kill [-rounds N] [-seed N] -- SERVER ARGS...")
		os.Exit(2)
	}
	if *crowd {
		var t tally
		if err := runCrowd(flag.Args(), &t); err != nil {
			t.check(false, "%v", err)
		}
		t.finish()
	}
	fmt.Printf("# seed %d, %d rounds\n", *seed, *rounds)
	random := rand.New(rand.NewSource(*seed))
	var w work = &pairs{book: newBook(*writers)}
	if *consul {
		w = newRegistry()
	}
	var t tally
	inDoubt := 0
	for round := 0; round < *rounds; round++ {
		n, err := runRound(round, w, random, flag.Args(), &t)
		inDoubt += n
		if err != nil {
			t.check(false, "round %d: %v", round, err)
			break
		}
	}
	fmt.Printf("# %d writes acknowledged, %d in doubt when the server was killed\n", w.acked(), inDoubt)
	t.finish()
}

// finish prints the closing line and ends the program.
func (t *tally) finish() {
	fmt.Printf("%d passed, %d failed\n", t.passed, t.failed)
	if t.failed > 0 || t.passed == 0 {
		os.Exit(1)
	}
	os.Exit(0)
}

// work is what a server does between two kills.
type work interface {
	// verify holds what a server that was started again has against what was acknowledged.
	verify(round int, s *server, t *tally) error
	// begin starts the load.
	begin(s *server, t *tally) error
	// stop waits until the load has ended and returns how many writes are in doubt.
	stop() int
	acked() int64
}

// runRound starts the server, checks what earlier rounds left, loads it and kills it.
func runRound(round int, w work, random *rand.Rand, command []string, t *tally) (int, error) {
	server, err := start(command)
	if err != nil {
		return 0, err
	}
	defer server.kill()
	if err := w.verify(round, server, t); err != nil {
		return 0, err
	}
	before := w.acked()
	if err := w.begin(server, t); err != nil {
		return 0, err
	}
	wait := time.Duration(150+random.Intn(600)) * time.Millisecond
	<-time.After(wait) // the load runs on its own: this is the moment of the kill, not a wait for something
	server.kill()
	doubt := w.stop()
	t.check(w.acked() > before, "round %d: writes are acknowledged before the kill", round)
	return doubt, nil
}
