package main

import (
	"bytes"
	"math"
)

func pick[V any](r *run, from ...V) V { return from[r.rnd.Intn(len(from))] }

// one says yes once in n times.
func (r *run) one(n int) bool { return r.rnd.Intn(n) == 0 }

// key is mostly one of a few, so that requests meet; sometimes an odd one.
func (r *run) key() []byte {
	if r.one(12) {
		return []byte(pick(r, "", "\x00", "\x00\x00", "\xff", "\xff\xff", "a\x00", "a\xff", "\x80\xfe", "k/", "k0"))
	}
	return []byte(pick(r, "a", "b", "c", "d", "k/1", "k/2", "k/3", "k/4", "k/5", "k/10"))
}

// fullKey is a key that is not empty.
func (r *run) fullKey() []byte {
	for {
		if k := r.key(); len(k) > 0 {
			return k
		}
	}
}

// end is a range_end for a key: none, a prefix, open, equal, reversed, any.
func (r *run) end(key []byte) []byte {
	switch r.rnd.Intn(9) {
	case 0, 1, 2:
		return nil
	case 3:
		return []byte{0}
	case 4:
		return bytes.Clone(key)
	case 5:
		return []byte(pick(r, "\x00\x00", "\x00a", "\xff", "\xff\xff\xff"))
	case 6:
		return append(bytes.Clone(key), 0)
	case 7:
		if n := len(key); n > 0 && key[n-1] < 0xff {
			end := bytes.Clone(key)
			end[n-1]++
			return end
		}
		return []byte{0}
	}
	return r.key()
}

func (r *run) value() []byte {
	if r.one(4) {
		return []byte(pick(r, "", "\x00", "\xff\xfe", "same"))
	}
	v := make([]byte, r.rnd.Intn(8))
	for i := range v {
		v[i] = 'a' + byte(r.rnd.Intn(3))
	}
	return v
}

// at is a revision, near the interesting ones most of the time.
func (r *run) at() int64 {
	switch r.rnd.Intn(6) {
	case 0:
		return pick[int64](r, -1, -5, 1, math.MinInt64, math.MaxInt64)
	case 1:
		return r.revision + pick[int64](r, -1, 0, 1, 5)
	case 2:
		return r.compacted + pick[int64](r, -1, 0, 1)
	case 3:
		if r.revision > r.compacted {
			return r.compacted + r.rnd.Int63n(r.revision-r.compacted+1)
		}
	}
	return 0
}

// bound is a revision of a filter: mostly none.
func (r *run) bound() int64 {
	if !r.one(8) {
		return 0
	}
	return pick(r, -1, 1, r.revision-3, r.revision, r.revision+1, math.MaxInt64)
}

func (r *run) limit() int64 {
	if !r.one(3) {
		return 0
	}
	return pick[int64](r, 1, 2, 3, 5, 100, -1, math.MaxInt64, math.MinInt64)
}

// leaseID is one of few: requests name leases that are, were or never will be there.
func (r *run) leaseID() int64 {
	return pick[int64](r, 1, 2, 3, 4, -3, math.MaxInt64, math.MinInt64)
}

func (r *run) ttl() int64 {
	if r.one(6) {
		return pick[int64](r, 9_000_000_000, 9_000_000_001, math.MaxInt64)
	}
	return pick[int64](r, 600, 3600, 100_000)
}
