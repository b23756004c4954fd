package main

import (
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"interop/check"
)

func kvChecks(s suite) {
	const p = "clientv3/kv/"
	s.with("put_get_delete", func(t *check.T, c *clientv3.Client) {
		first := put(t, c, p+"a", "1")
		r, err := c.Put(t.Ctx, p+"a", "2", clientv3.WithPrevKV())
		t.Must("put", err)
		t.Eq("revision", r.Header.Revision, first+1)
		t.Eq("previous value", string(r.PrevKv.Value), "1")
		t.Eq("old value", value(t, c, p+"a", clientv3.WithRev(first)), "1")
		t.Eq("serializable value", value(t, c, p+"a", clientv3.WithSerializable()), "2")
		d, err := c.Delete(t.Ctx, p+"a", clientv3.WithPrevKV())
		t.Must("delete", err)
		t.Eq("deleted", d.Deleted, int64(1))
		t.Eq("value gone", value(t, c, p+"a"), "-")
	})
	s.with("ranges", func(t *check.T, c *clientv3.Client) {
		for i := range 7 {
			put(t, c, fmt.Sprintf("%sr/%d", p, i), fmt.Sprint(9-i))
		}
		list := func(what, want string, opts ...clientv3.OpOption) {
			r, err := c.Get(t.Ctx, p+"r/", append([]clientv3.OpOption{clientv3.WithPrefix()}, opts...)...)
			t.Must(what, err)
			var names []string
			for _, kv := range r.Kvs {
				names = append(names, strings.TrimPrefix(string(kv.Key), p+"r/"))
			}
			t.Eq(what, strings.Join(names, " "), want)
			t.Eq("count of "+what, r.Count, int64(7))
		}
		list("all", "0 1 2 3 4 5 6")
		list("by value", "6 5 4 3 2 1 0", clientv3.WithSort(clientv3.SortByValue, clientv3.SortAscend))
		list("limit", "0 1", clientv3.WithLimit(2))
		list("first key", "0", clientv3.WithFirstKey()...)
		list("last revision", "6", clientv3.WithLastRev()...)
		r, err := c.Get(t.Ctx, p+"r/5", clientv3.WithFromKey(), clientv3.WithLimit(2))
		t.Must("from a key", err)
		t.Eq("keys from a key", len(r.Kvs), 2)
		r, err = c.Get(t.Ctx, p+"r/2", clientv3.WithRange(p+"r/4"), clientv3.WithCountOnly())
		t.Must("count", err)
		t.Eq("count", r.Count, int64(2))
		d, err := c.Delete(t.Ctx, p+"r/", clientv3.WithPrefix())
		t.Must("delete", err)
		t.Eq("deleted", d.Deleted, int64(7))
	})
	s.with("txn", func(t *check.T, c *clientv3.Client) {
		c.Delete(t.Ctx, p+"txn")
		create := func(value string) *clientv3.TxnResponse {
			r, err := c.Txn(t.Ctx).If(clientv3.Compare(clientv3.CreateRevision(p+"txn"), "=", 0)).
				Then(clientv3.OpPut(p+"txn", value)).Else(clientv3.OpGet(p + "txn")).Commit()
			t.Must("txn", err)
			return r
		}
		first := create("1")
		t.Eq("first succeeded", first.Succeeded, true)
		t.Eq("revision of the put", first.Responses[0].GetResponsePut().Header.Revision, first.Header.Revision)
		second := create("2")
		t.Eq("second succeeded", second.Succeeded, false)
		t.Eq("value read by the second", string(second.Responses[0].GetResponseRange().Kvs[0].Value), "1")
		compares := []clientv3.Cmp{
			clientv3.Compare(clientv3.Value(p+"txn"), "=", "1"),
			clientv3.Compare(clientv3.Value(p+"txn"), "!=", "2"),
			clientv3.Compare(clientv3.Version(p+"txn"), "<", 2),
			clientv3.Compare(clientv3.ModRevision(p+"txn"), "=", first.Header.Revision),
			clientv3.Compare(clientv3.LeaseValue(p+"txn"), "=", clientv3.NoLease),
			clientv3.Compare(clientv3.Version(p+"txn"), ">", 0).WithPrefix(),
		}
		r, err := c.Txn(t.Ctx).If(compares...).Then(
			clientv3.OpTxn(nil, []clientv3.Op{clientv3.OpPut(p+"txn", "nested")}, nil),
			clientv3.OpGet(p+"txn")).Commit()
		t.Must("txn of six compares", err)
		t.Eq("succeeded", r.Succeeded, true)
		t.Eq("value seen inside", string(r.Responses[1].GetResponseRange().Kvs[0].Value), "nested")
	})
	s.with("maintenance_and_members", func(t *check.T, c *clientv3.Client) {
		status, err := c.Status(t.Ctx, s.endpoint)
		t.Must("status", err)
		t.True(strings.HasPrefix(status.Version, "3."), "version is %q", status.Version)
		members, err := c.MemberList(t.Ctx)
		t.Must("member list", err)
		t.Eq("members", len(members.Members), 1)
		t.Must("sync", c.Sync(t.Ctx))
		t.Eq("endpoints after sync", c.Endpoints(), []string{"http://" + s.endpoint})
		now := put(t, c, p+"compact", "1")
		_, err = c.Compact(t.Ctx, now, clientv3.WithCompactPhysical())
		t.Must("compact", err)
		next := put(t, c, p+"compact", "2")
		hash, err := c.HashKV(t.Ctx, s.endpoint, next)
		t.Must("hashkv", err)
		t.Eq("compact revision", hash.CompactRevision, now)
		alarms, err := c.AlarmList(t.Ctx)
		t.Must("alarm list", err)
		t.Eq("alarms", len(alarms.Alarms), 0)
		_, err = c.Defragment(t.Ctx, s.endpoint)
		t.Must("defragment", err)
	})
}

// errorChecks hold the errors a server sends to the client library's own values.
func errorChecks(s suite) {
	const p = "clientv3/errors/"
	s.with("errors_are_those_of_rpctypes", func(t *check.T, c *clientv3.Client) {
		is := func(what string, err, want error) {
			t.True(errors.Is(err, want), "%s: error is %v, want %v", what, err, want)
		}
		now := put(t, c, p+"a", "1")
		_, err := c.Put(t.Ctx, "", "v")
		is("put of no key", err, rpctypes.ErrEmptyKey)
		_, err = c.Get(t.Ctx, p+"a", clientv3.WithRev(now+1000))
		is("get of the future", err, rpctypes.ErrFutureRev)
		_, err = c.Put(t.Ctx, p+"none", "", clientv3.WithIgnoreValue())
		is("ignore value of no key", err, rpctypes.ErrKeyNotFound)
		_, err = c.Put(t.Ctx, p+"a", "v", clientv3.WithIgnoreValue())
		is("ignore value with a value", err, rpctypes.ErrValueProvided)
		_, err = c.Put(t.Ctx, p+"a", "v", clientv3.WithLease(4242), clientv3.WithIgnoreLease())
		is("ignore lease with a lease", err, rpctypes.ErrLeaseProvided)
		_, err = c.Put(t.Ctx, p+"a", "v", clientv3.WithLease(4242))
		is("put with an unknown lease", err, rpctypes.ErrLeaseNotFound)
		_, err = c.Revoke(t.Ctx, 4242)
		is("revoke of an unknown lease", err, rpctypes.ErrLeaseNotFound)
		_, err = c.KeepAliveOnce(t.Ctx, 4242)
		is("keep-alive of an unknown lease", err, rpctypes.ErrLeaseNotFound)
		_, err = c.Grant(t.Ctx, 9000000001)
		is("grant of too long a lease", err, rpctypes.ErrLeaseTTLTooLarge)
		_, err = c.Txn(t.Ctx).Then(clientv3.OpPut(p+"a", "1"), clientv3.OpPut(p+"a", "2")).Commit()
		is("the same key twice", err, rpctypes.ErrDuplicateKey)
		many := make([]clientv3.Op, 129)
		for i := range many {
			many[i] = clientv3.OpPut(fmt.Sprint(p, i), "v")
		}
		_, err = c.Txn(t.Ctx).Then(many...).Commit()
		is("129 operations", err, rpctypes.ErrTooManyOps)
		_, err = c.Put(t.Ctx, p+"big", strings.Repeat("x", 1572864))
		is("a large put", err, rpctypes.ErrRequestTooLarge)
		_, err = c.Compact(t.Ctx, now)
		t.Must("compact", err)
		_, err = c.Compact(t.Ctx, now)
		is("compact again", err, rpctypes.ErrCompacted)
		_, err = c.Get(t.Ctx, p+"a", clientv3.WithRev(now-1))
		is("get of a compacted revision", err, rpctypes.ErrCompacted)
		if !check.Feature("auth") || !check.Feature("member_changes") {
			return
		}
		_, err = c.MemberRemove(t.Ctx, 4242)
		is("remove of no member", err, rpctypes.ErrMemberNotFound)
		_, err = c.MoveLeader(t.Ctx, 4242)
		is("move leader to nobody", err, rpctypes.ErrBadLeaderTransferee)
		_, err = c.Authenticate(t.Ctx, "u", "p")
		is("authenticate with auth off", err, rpctypes.ErrAuthNotEnabled)
		_, err = c.UserGet(t.Ctx, "nobody")
		is("get of no user", err, rpctypes.ErrUserNotFound)
		_, err = c.RoleGet(t.Ctx, "nothing")
		is("get of no role", err, rpctypes.ErrRoleNotFound)
		_, err = c.AuthEnable(t.Ctx)
		is("enable auth without root", err, rpctypes.ErrRootUserNotExist)
	})
}
