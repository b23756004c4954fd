/* Two passes over the records. The first finds the leases and gives each an id that is new here;
 * one of a token, which ends at a time of its own, gets what is left of that, and if nothing is,
 * what hangs on it is left out. The second checks each item and puts it into the command, with what
 * depends on where it is restored: which node is Muster's own. */
#include "faces/consul/snapshot/load.h"

#include <stdlib.h>

#include "access/acl_row.h"
#include "base/text.h"
#include "faces/consul/rows/rows.h"
#include "faces/consul/snapshot/load_rows.h"
#include "faces/consul/snapshot/scan.h"

enum { GRACE_MS = 60 * 1000 /* a token is over by the clock before its lease ends */ };

struct new_lease {
    int64_t old;
    struct lease_grant grant; /* with its new id */
    bool is_over;
};

struct loading {
    const struct snapshot_load *load;
    struct new_lease *leases; /* by old id */
    size_t lease_n;
    struct arena arena; /* of the leases */
    struct arena scratch;
    struct buf *out;
    struct why *why;
    uint64_t at; /* which record */
};

static enum err malformed(struct loading *l, enum err e, const char *what)
{
    return why_set(l->why, e == ERR_VERSION ? e : ERR_MALFORMED,
                   "failed reading snapshot: record %llu of state.bin: %s",
                   (unsigned long long)l->at, what);
}

/* -- records ---------------------------------------------------------------------------------- */

struct record {
    bool is_member; /* the node of who saved it */
    struct restore_item item;
};

static enum err read_record(struct loading *l, struct bytes content, struct record *ret)
{
    *ret = (struct record){ .is_member = content.n > 0 && content.p[0] == SNAPSHOT_MEMBER };
    enum err e = restore_item_read(bytes_skip(content, ret->is_member), &l->scratch, &ret->item);
    if (e == OK && ret->is_member &&
        (ret->item.kind != RESTORE_CHANGE || ret->item.change.kind != CHANGE_NODE))
        e = ERR_MALFORMED;
    if (e != OK)
        return malformed(l, e,
                         e == ERR_VERSION ? "a newer Muster saved it" : "it is none of Muster's");
    return OK;
}

static enum err each_record(struct loading *l, struct bytes records,
                            enum err (*each)(struct loading *l, struct record *record))
{
    struct bytes content;
    struct record record;
    enum err e;
    l->at = 0;
    while ((e = archive_next(&records, &content)) == OK) {
        l->at++;
        e = read_record(l, content, &record);
        if (e == OK)
            e = each(l, &record);
        arena_clear(&l->scratch);
        if (e != OK)
            return e;
    }
    return e == ERR_NOT_FOUND ? OK : malformed(l, e, "it is cut off");
}

/* -- leases ----------------------------------------------------------------------------------- */

static int cmp_leases(const void *a, const void *b)
{
    const struct new_lease *x = a, *y = b;
    return x->old < y->old ? -1 : x->old > y->old;
}

static enum err count_lease(struct loading *l, struct record *record)
{
    l->lease_n += record->item.kind == RESTORE_LEASE;
    return OK;
}

static enum err take_lease(struct loading *l, struct record *record)
{
    if (record->item.kind != RESTORE_LEASE)
        return OK;
    struct new_lease *lease = &l->leases[l->lease_n++];
    *lease = (struct new_lease){ .old = record->item.lease.id, .grant = record->item.lease };
    do
        lease->grant.id = (int64_t)(l->load->random(l->load->ctx) >> 1);
    while (lease->grant.id == 0);
    return OK;
}

static struct new_lease *find_lease(struct loading *l, int64_t old)
{
    const struct new_lease wanted = { .old = old };
    return l->lease_n == 0 ? NULL
                           : bsearch(&wanted, l->leases, l->lease_n, sizeof *l->leases, cmp_leases);
}

/* Of a token that ends: how long it has. */
static enum err set_end(struct loading *l, struct record *record)
{
    struct acl_token token;
    const struct restore_item *item = &record->item;
    if (item->kind != RESTORE_SYSTEM || item->system.lease == 0 ||
        !snapshot_row_is_token(item->system.key))
        return OK;
    struct new_lease *lease = find_lease(l, item->system.lease);
    enum err e = acl_token_read(item->system.value, &l->scratch, &token);
    if (e != OK || lease == NULL || token.expires_ms == 0)
        return malformed(l, e, "a token that cannot be read");
    lease->is_over = token.expires_ms <= l->load->now_ms;
    lease->grant.ttl_ms = lease->grant.remove_ms =
        lease->is_over ? 1 : token.expires_ms - l->load->now_ms + GRACE_MS;
    return OK;
}

static enum err find_leases(struct loading *l, struct bytes records)
{
    enum err e = each_record(l, records, count_lease);
    l->leases = arena_zalloc(&l->arena, l->lease_n, sizeof *l->leases);
    l->lease_n = 0;
    if (e == OK)
        e = each_record(l, records, take_lease);
    if (e == OK && l->lease_n > 0)
        qsort(l->leases, l->lease_n, sizeof *l->leases, cmp_leases);
    return e == OK ? each_record(l, records, set_end) : e;
}

/* -- items ------------------------------------------------------------------------------------ */

static bool is_own(const struct loading *l, struct bytes node)
{
    return text_eq_nocase(node, bytes_str(l->load->self->node_name));
}

static enum err fit_session(struct loading *l, struct session_create *s)
{
    s->of_member = is_own(l, s->session.node);
    if (s->lease == 0)
        return OK;
    const struct new_lease *lease = find_lease(l, s->lease);
    if (lease == NULL)
        return malformed(l, ERR_MALFORMED, "a session without its lease");
    s->lease = lease->grant.id;
    return OK;
}

/* What depends on which nodes are Muster's own. */
static enum err fit_change(struct loading *l, struct restore_item *item)
{
    struct change_op *op = &item->change;
    const char *address = l->load->self->address;
    if (!bytes_is(op->ns, CONSUL_NS))
        return malformed(l, ERR_MALFORMED, "it is of another namespace");
    enum err e = snapshot_row_check(item, &l->scratch);
    if (e != OK)
        return malformed(l, e, "it cannot be read");
    if (op->kind == CHANGE_PUBLICATION) {
        op->publication.of_member = is_own(l, op->publication.owner.name);
        op->publication.member_address =
            bytes_str(op->publication.of_member && address != NULL ? address : "");
    }
    if (op->kind == CHANGE_CHECK)
        op->check.of_member = is_own(l, op->check.node);
    return op->kind == CHANGE_SESSION_CREATE ? fit_session(l, &op->session) : OK;
}

static enum err fit_system(struct loading *l, struct restore_item *item, bool *ret_left_out)
{
    bool is_known = false;
    for (size_t i = 0; i < snapshot_prefix_n; i++)
        is_known |= bytes_starts(item->system.key, bytes_str(snapshot_prefixes[i]));
    enum err e = is_known ? snapshot_row_check(item, &l->scratch) : ERR_MALFORMED;
    if (e != OK)
        return malformed(l, e, "it cannot be read");
    if (item->system.lease == 0)
        return OK;
    const struct new_lease *lease = find_lease(l, item->system.lease);
    if (lease == NULL)
        return malformed(l, ERR_MALFORMED, "a row without its lease");
    item->system.lease = lease->grant.id;
    *ret_left_out = lease->is_over;
    return OK;
}

static enum err add_record(struct loading *l, struct record *record)
{
    struct restore_item *item = &record->item;
    bool left_out = false;
    enum err e = OK;
    if (item->kind == RESTORE_LEASE) {
        const struct new_lease *lease = find_lease(l, item->lease.id);
        item->lease = lease->grant;
        left_out = lease->is_over;
    } else if (item->kind == RESTORE_CHANGE) {
        e = fit_change(l, item);
        left_out = record->is_member && is_own(l, item->change.node.name);
    } else if (item->kind == RESTORE_SYSTEM) {
        e = fit_system(l, item, &left_out);
    }
    if (e == OK && !left_out)
        restore_add(item, l->out);
    return e;
}

static enum err load_records(struct loading *l, struct bytes records)
{
    struct bytes prefixes[RESTORE_PREFIXES_MAX];
    for (size_t i = 0; i < snapshot_prefix_n; i++)
        prefixes[i] = bytes_str(snapshot_prefixes[i]);
    enum err e = find_leases(l, records);
    restore_begin(bytes_str(CONSUL_NS), prefixes, snapshot_prefix_n, l->out);
    if (e == OK)
        e = each_record(l, records, add_record);
    if (e == OK && buf_err(l->out) != OK)
        e = why_set(l->why, ERR_TOO_BIG, "the snapshot is larger than what can be restored");
    return e;
}

enum err snapshot_load(const struct snapshot_load *load, struct bytes packed, struct buf *out,
                       struct why *why)
{
    struct loading l = { .load = load, .out = out, .why = why };
    struct archive_content content;
    struct buf unpacked;
    enum err e = archive_read(packed, &unpacked, &content, why);
    arena_init(&l.arena, 0);
    arena_init(&l.scratch, 0);
    if (e == OK)
        e = load_records(&l, content.records);
    arena_fini(&l.arena);
    arena_fini(&l.scratch);
    buf_fini(&unpacked);
    return e;
}
