// Kills a server with SIGKILL at random moments under load and checks what it has kept.
//
//	kill -rounds 20 -seed 7 -- SERVER ARGS...
//
// The server is started anew each round on the same data directory; the words {port} in its arguments
// become a free port. After each round: every acknowledged write is there, no half of a transaction, the
// history from the round's first revision has no gap and no repeat, leases are alive with no more than
// their time. Prints a line a check and ends with "N passed, N failed".
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"time"
)

type tally struct{ passed, failed int }

func (t *tally) check(ok bool, format string, args ...any) {
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
	fmt.Printf("# seed %d, %d rounds, %d writers\n", *seed, *rounds, *writers)
	random := rand.New(rand.NewSource(*seed))
	book := newBook(*writers)
	var t tally
	inDoubt := 0
	for round := 0; round < *rounds; round++ {
		n, err := runRound(round, book, random, flag.Args(), &t)
		inDoubt += n
		if err != nil {
			t.check(false, "round %d: %v", round, err)
			break
		}
	}
	fmt.Printf("# %d writes acknowledged, %d in doubt when the server was killed\n", book.acked(), inDoubt)
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

// runRound starts the server, checks what earlier rounds left, loads it and kills it.
func runRound(round int, book *book, random *rand.Rand, command []string, t *tally) (int, error) {
	server, err := start(command)
	if err != nil {
		return 0, err
	}
	defer server.kill()
	client, err := server.dial()
	if err != nil {
		return 0, err
	}
	defer client.Close()
	book.verify(round, client, t)
	lease := book.grant(client, t)
	first := book.load(client, lease)
	wait := time.Duration(150+random.Intn(600)) * time.Millisecond
	before := book.acked()
	<-time.After(wait) // the load runs on its own: this is the moment of the kill, not a wait for something
	server.kill()
	doubt := book.stop()
	t.check(book.acked() > before, "round %d: writes are acknowledged before the kill", round)
	book.nextFirst(first)
	return doubt, nil
}
