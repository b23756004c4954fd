// Command differential sends one random sequence of requests to two servers and holds every answer
// of the second to that of the first: codes, texts, revisions, keys, events, what is absent.
//
//	differential -a HOST:PORT -b HOST:PORT [-seed N] [-seeds N] [-ops N]
//
// Both must be fresh: their revisions have to be equal at every step. A is the real server. Each seed
// is a check of its own; a failed one names the request and what both said to it. What is left out
// of the comparison, because it cannot be equal, is in same.go.
package main

import (
	"flag"
	"fmt"
	"os"

	"interop/check"
)

func main() {
	a := flag.String("a", "", "host:port of the server that is right")
	b := flag.String("b", "", "host:port of the server under test")
	first := flag.Int64("seed", 1, "the first seed")
	seeds := flag.Int64("seeds", 10, "number of seeds")
	ops := flag.Int("ops", 1000, "requests of one seed")
	trace := flag.Bool("trace", false, "print every request")
	flag.Parse()
	if *a == "" || *b == "" {
		fmt.Fprintln(os.Stderr, "usage: differential -a HOST:PORT -b HOST:PORT [-seed N] [-seeds N] [-ops N] [-trace]")
		os.Exit(2)
	}
	servers := newPair(*a, *b)
	c := check.New("differential")
	for seed := *first; seed < *first+*seeds; seed++ {
		c.RunFor(seedLimit, fmt.Sprintf("seed_%d", seed), func(t *check.T) {
			r := newRun(t, servers, seed, *trace)
			r.clear()
			for r.done < *ops && !r.ended {
				r.step()
			}
			r.finish()
			if servers.parted {
				check.Remark("the servers have parted: later seeds say nothing")
			}
		})
		if servers.parted {
			break
		}
	}
	c.Exit()
}
