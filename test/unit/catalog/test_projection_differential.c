/* What appears in etcd, and what keys register there, against the rules said from scratch: after
 * each entry all of it is worked out anew from the rows and compared.
 *
 * MUSTER_SEED runs one seed alone, MUSTER_OPS sets how many entries are run in all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <strings.h>

#include "catalog/read.h"
#include "catalog/registration.h"
#include "store/side.h"
#include "test/lib/dice.h"
#include "test/unit/catalog/registry.h"

enum { ENTRIES = 4000, ENTRIES_A_SEED = 400, TEXT_BYTES = 1 << 20, LEASES = 4, OWNERS = 3 };

struct play {
    uint64_t seed;
    struct dice dice;
    struct stand *s;
    struct projection_rules rules;
    size_t entry;
    struct arena arena; /* of one entry */
};

static void say(struct play *p, const char *what)
{
    fail_msg("MUSTER_SEED=%" PRIu64 " entry %zu: %s", p->seed, p->entry, what);
}

/* -- chance ----------------------------------------------------------------------------------- */

static const char *pick(struct play *p, const char *const *from, size_t n)
{
    return from[dice_below(&p->dice, n)];
}

static const char *some_service(struct play *p)
{
    static const char *const names[] = { "user", "shop", "a/b" };
    return pick(p, names, 3);
}

static const char *some_address(struct play *p)
{
    static const char *const addresses[] = { "10.0.0.1", "10.0.0.2", "Host", "::1" };
    return pick(p, addresses, 4);
}

static const char *some_node(struct play *p)
{
    static const char *const nodes[] = { "n1", "n2" };
    return pick(p, nodes, 2);
}

static const char *some_part(struct play *p)
{
    static const char *const parts[] = { "p1", "p2", "p3" };
    return pick(p, parts, OWNERS);
}

static enum op_verb some_verb(struct play *p)
{
    return dice_percent(&p->dice, 30) ? OP_DELETE : OP_SET;
}

static int64_t some_lease(struct play *p, enum face face)
{
    int64_t id = (face == FACE_ETCD ? 10 : 20) + (int64_t)dice_below(&p->dice, LEASES);
    struct lease lease;
    return lease_get(p->s->view, face, id, &lease) == OK && dice_percent(&p->dice, 60) ? id : 0;
}

static struct change_op some_change(struct play *p)
{
    struct stand *s = p->s;
    uint16_t port = (uint16_t)dice_below(&p->dice, 3);
    struct change_op op;
    switch (dice_below(&p->dice, 6)) {
    case 0:
        return registry_with(registry_node(s, some_node(p), some_address(p)), some_verb(p), 0);
    case 1:
        op = registry_agent(s, some_node(p), some_part(p), some_service(p), port);
        op.publication.of_member = true;
        return registry_with(op, some_verb(p), 0);
    case 2:
        op = registry_check(s, some_node(p), dice_percent(&p->dice, 50) ? some_part(p) : "", "c",
                            dice_percent(&p->dice, 50) ? STATUS_UP : STATUS_DOWN);
        op.check.of_member = true;
        return registry_with(op, some_verb(p), 0);
    case 3:
        return registry_with(
            registry_overlay(s, some_service(p), some_address(p), port, dice_percent(&p->dice, 50)),
            some_verb(p), 0);
    default:
        break;
    }
    op = registry_leased(s, FACE_NACOS, some_part(p), some_service(p), some_address(p), port,
                         some_lease(p, FACE_NACOS));
    return registry_with(op, some_verb(p), 0);
}

static const char *some_key(struct play *p)
{
    static const char *const prefixes[] = { "services/", "/services/" };
    static const char *const ids[] = { "w1", "10.0.0.1:1", "10.0.0.2:2", "[::1]:1", "host:1#x" };
    static const char *const words[] = { "user", "shop", "public~user" };
    if (dice_percent(&p->dice, 5))
        return "other";
    return arena_printf(&p->arena, "%s%s/%s", pick(p, prefixes, 2), pick(p, words, 3),
                        pick(p, ids, 5));
}

static const char *some_value(struct play *p)
{
    static const char *const values[] = { "10.0.0.1:1",
                                          "10.0.0.2:2",
                                          "host:1",
                                          "{\"Op\":0,\"Addr\":\"[::1]:1\"}",
                                          "{\"Addr\":\"10.0.0.1:1\",\"Metadata\":{\"a\":\"b\"}}",
                                          "nonsense" };
    return pick(p, values, 6);
}

static struct op some_etcd_op(struct play *p)
{
    const char *key = some_key(p);
    if (dice_percent(&p->dice, 65)) {
        struct op op = stand_op_put(key, some_value(p));
        op.put.lease = some_lease(p, FACE_ETCD);
        return op;
    }
    bool is_range = dice_percent(&p->dice, 40);
    return stand_op_remove(key, is_range ? arena_printf(&p->arena, "%s~", key) : NULL);
}

static void add_txn(struct play *p)
{
    struct op ops[2] = { some_etcd_op(p), some_etcd_op(p) };
    struct txn txn = { .then_ops = ops, .then_n = 1 };
    if (ops[0].kind == OP_PUT && ops[1].kind == OP_PUT && !bytes_eq(ops[0].put.key, ops[1].put.key))
        txn.then_n = 2;
    entries_txn(&p->s->entries, &txn);
}

static void add_lease_command(struct play *p)
{
    enum face face = dice_percent(&p->dice, 50) ? FACE_ETCD : FACE_NACOS;
    int64_t id = (face == FACE_ETCD ? 10 : 20) + (int64_t)dice_below(&p->dice, LEASES);
    struct lease_grant grant = { .id = id, .ttl_ms = 5000, .remove_ms = 5000, .face = face };
    struct lease lease;
    if (lease_get(p->s->view, face, id, &lease) != OK)
        entries_grant(&p->s->entries, &grant);
    else if (dice_percent(&p->dice, 30))
        entries_revoke(&p->s->entries, id, face);
    else
        entries_move(&p->s->entries, id, lease.stage,
                     (enum lease_stage)dice_below(&p->dice, LEASE_REMOVED));
}

static void add_rules(struct play *p)
{
    struct buf body;
    p->rules = projection_defaults();
    p->rules.n = dice_below(&p->dice, 3);
    if (dice_percent(&p->dice, 30))
        p->rules.all[0].out = false;
    buf_init(&body, 4096);
    projection_rules_write(&p->rules, &body);
    entries_command(&p->s->entries, COMMAND_PROJECTION, buf_bytes(&body));
    buf_fini(&body);
}

static void add_change(struct play *p)
{
    struct change_op ops[3];
    size_t n = dice_between(&p->dice, 1, 3);
    struct buf body;
    for (size_t i = 0; i < n; i++)
        ops[i] = some_change(p);
    buf_init(&body, 1 << 20);
    change_write(ops, n, &body);
    entries_command(&p->s->entries, COMMAND_CATALOG_CHANGE, buf_bytes(&body));
    buf_fini(&body);
}

static void add_entry(struct play *p)
{
    static const unsigned weights[] = { 45, 35, 18, 2 };
    switch (dice_weighted(&p->dice, weights, 4)) {
    case 0:
        add_change(p);
        break;
    case 1:
        add_txn(p);
        break;
    case 2:
        add_lease_command(p);
        break;
    default:
        add_rules(p);
    }
}

/* -- from scratch ----------------------------------------------------------------------------- */

static bool is_ours(struct play *p, struct bytes key)
{
    struct buf side;
    struct bytes row;
    buf_init(&side, 1024);
    appears_key(key, &side);
    enum err e = side_get(p->s->view, buf_bytes(&side), &row);
    buf_fini(&side);
    return e == OK;
}

/* True if KEY, written by hand with VALUE, is to register something. */
static bool registers(struct play *p, struct bytes key, struct bytes value, struct service_id *id)
{
    const struct projection_rule *rule;
    struct registration r;
    struct bytes rest;
    return projection_match(&p->rules, key, &rule, id, &rest) == OK && rule->in &&
           registration_read(rest, value, &p->arena, &r) == OK;
}

static bool has_publication(struct play *p, const struct service_id *id, struct bytes key)
{
    struct owner owner = { FACE_ETCD, bytes_str(""), key };
    struct published published;
    return published_in_draft(draft_new(p->s->view, &p->arena), id, &owner, &published) == OK;
}

/* Each key by hand registers what it says, and nothing else is registered by keys. */
static void check_keys(struct play *p, const struct range_result *all, size_t publications)
{
    size_t n = 0;
    for (size_t i = 0; i < all->kv_n; i++) {
        const struct kv *kv = &all->kvs[i];
        struct service_id id;
        if (is_ours(p, kv->key) || !registers(p, kv->key, bytes_of(kv->value.p, kv->value.n), &id))
            continue;
        n++;
        if (!has_publication(p, &id, kv->key))
            say(p, arena_printf(&p->arena, "%.*s registers nothing", (int)kv->key.n,
                                (const char *)kv->key.p));
    }
    if (n != publications)
        say(p, arena_printf(&p->arena, "%zu keys register %zu publications", n, publications));
}

static bool has_own_key(const struct service_rows *rows, const struct place *place,
                        const struct projection_rule *rule)
{
    for (size_t i = 0; i < rows->published_n; i++) {
        const struct published *q = &rows->published[i];
        struct bytes cluster = q->said.cluster.n > 0 ? q->said.cluster : bytes_str(CLUSTER_DEFAULT);
        bool here = q->said.port == place->port && bytes_eq(cluster, place->cluster) &&
                    q->address.n == place->address.n &&
                    strncasecmp((const char *)q->address.p, (const char *)place->address.p,
                                place->address.n) == 0;
        if (here && q->owner.face == FACE_ETCD && bytes_starts(q->owner.part, rule->prefix))
            return true;
    }
    return false;
}

/* What an instance is to look like under RULE: compared, and counted if it is there. */
static void check_instance(struct play *p, const struct service_id *id,
                           const struct service_rows *rows, const struct instance *i,
                           const struct projection_rule *rule, size_t *count)
{
    struct buf key, value, address;
    struct kv kv;
    struct bytes cluster = i->from->said.cluster;
    buf_init(&key, 4096);
    buf_init(&value, 1 << 16);
    buf_init(&address, 512);
    fold_append(i->from->address, &address);
    struct place place = { buf_bytes(&address), i->from->said.port,
                           cluster.n > 0 ? cluster : bytes_str(CLUSTER_DEFAULT) };
    bool is = i->from->address.n > 0 && place.port > 0 && i->is.enabled && i->is.healthy &&
              rule->out && projection_key(rule, id, &place, &key) == OK &&
              !has_own_key(rows, &place, rule);
    enum err e = is ? range_get(p->s->view, SPACE_ETCD, buf_bytes(&key), 0, &p->arena, &kv)
                    : ERR_KEY_NOT_FOUND;
    if (is && e != OK)
        say(p, arena_printf(&p->arena, "%.*s does not appear", (int)key.n, (const char *)key.p));
    if (is && is_ours(p, buf_bytes(&key))) { /* else somebody's own key stands there */
        projection_value(rule->form, i, &place, &value);
        if (!bytes_eq(buf_bytes(&value), bytes_of(kv.value.p, kv.value.n)) || kv.lease != 0)
            say(p, "another value appears");
        ++*count;
    }
    buf_fini(&key);
    buf_fini(&value);
    buf_fini(&address);
}

/* All instances appear as they are; *ret_keys publications are of keys. */
static size_t check_services(struct play *p, size_t *ret_keys)
{
    struct services services;
    size_t count = 0;
    *ret_keys = 0;
    assert_int_equal(services_read(p->s->view, bytes_str("public"), &p->arena, &services), OK);
    for (size_t i = 0; i < services.n; i++) {
        struct service_rows rows;
        const struct service_id *id = &services.all[i].id;
        assert_int_equal(service_rows_read(p->s->view, id, &p->arena, &rows), OK);
        if (rows.published_n != services.all[i].state.publication_n)
            say(p, "the number of publications is wrong");
        for (size_t j = 0; j < rows.published_n; j++)
            *ret_keys += rows.published[j].owner.face == FACE_ETCD;
        struct instances merged = instances_merge(&rows, &p->arena);
        for (size_t j = 0; j < merged.n; j++)
            for (size_t r = 0; r < p->rules.n; r++)
                check_instance(p, id, &rows, &merged.all[j], &p->rules.all[r], &count);
    }
    return count;
}

static void check_all(struct play *p)
{
    struct range_query query = { .space = SPACE_ETCD, .end = bytes_of("", 1) };
    struct range_result all;
    size_t keys, ours = 0, count = check_services(p, &keys);
    assert_int_equal(range_read(p->s->view, &query, &p->arena, &all), OK);
    check_keys(p, &all, keys);
    for (size_t i = 0; i < all.kv_n; i++)
        ours += is_ours(p, all.kvs[i].key);
    if (ours != count)
        say(p, arena_printf(&p->arena, "%zu keys appear for %zu", ours, count));
}

/* -- seeds ------------------------------------------------------------------------------------ */

static void play_seed(uint64_t seed, size_t entries)
{
    void *state;
    registry_set_up(&state);
    struct play p = { .seed = seed, .dice = dice_of(seed, 0), .s = state };
    p.rules = projection_defaults();
    arena_init(&p.arena, 0);
    for (p.entry = 1; p.entry <= entries; p.entry++) {
        add_entry(&p);
        if (dice_percent(&p.dice, 20))
            add_entry(&p);
        stand_apply(p.s);
        check_all(&p);
        arena_clear(&p.arena);
    }
    arena_fini(&p.arena);
    stand_tear_down(&state);
}

static void what_appears_follows_from_the_rows(void **state)
{
    uint64_t one = dice_env("MUSTER_SEED", 0), all = dice_env("MUSTER_OPS", ENTRIES);
    if (one != 0) {
        play_seed(one, ENTRIES_A_SEED);
        return;
    }
    for (uint64_t seed = 1; seed <= (all + ENTRIES_A_SEED - 1) / ENTRIES_A_SEED; seed++)
        play_seed(seed, ENTRIES_A_SEED);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_appears_follows_from_the_rows) };
    return cmocka_run_group_tests_name("projection differential", tests, NULL, NULL);
}
