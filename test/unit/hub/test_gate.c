/* Tokens in a store, and who may do what with them. */
#include "hub/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_replica.h"
#include "hub/acl_write.h"
#include "hub/core.h"
#include "hub/gate_core.h"

static const struct gate_options closed = { .is_on = true };
static const struct gate_options open_by_default = { .is_on = true, .is_open = true };

struct stand {
    struct fake fake;
    struct access_denial denial;
    const struct granted *granted;
};

/* -- rows -------------------------------------------------------------------------------------- */

static struct uuid id_of(uint8_t n)
{
    return (struct uuid){ .b = { 1, n } };
}

static void do_edits(struct stand *s, struct acl_edits *e)
{
    assert_true(fake_apply(&s->fake, acl_edits_txn(e)));
    fake_send(&s->fake);
}

static struct acl_edits edits(struct stand *s)
{
    struct acl_edits e;
    acl_edits_init(&e, 4, &s->fake.arena);
    return e;
}

static void put_policy(struct stand *s, uint8_t id, const char *name, const char *rules)
{
    struct acl_edits e = edits(s);
    struct acl_policy policy = { .id = id_of(id),
                                 .name = bytes_str(name),
                                 .rules = bytes_str(rules) };
    struct acl_policy before;
    struct acl_stamp stamp;
    enum err found = acl_policy_get(s->fake.hub->view, &policy.id, &s->fake.arena, &before, &stamp);
    acl_put_policy(&e, &policy, found == OK ? &before : NULL, found == OK ? &stamp : NULL);
    do_edits(s, &e);
}

/* A token whose secret is SECRET, with the policy (or role) of this number; 0: none. */
static struct acl_token token_of(struct stand *s, uint8_t id, const char *secret, uint8_t policy,
                                 uint8_t role)
{
    struct acl_token t = { .accessor = id_of(id), .secret = bytes_str(secret) };
    struct uuid *links = arena_zalloc(&s->fake.arena, 2, sizeof *links);
    links[0] = id_of(policy);
    links[1] = id_of(role);
    t.grants.policies = (struct acl_ids){ links, policy != 0 };
    t.grants.roles = (struct acl_ids){ links + 1, role != 0 };
    return t;
}

static void put_token(struct stand *s, uint8_t id, const char *secret, uint8_t policy, uint8_t role)
{
    struct acl_edits e = edits(s);
    struct acl_token t = token_of(s, id, secret, policy, role);
    acl_put_token(&e, &t, NULL, NULL, 0);
    do_edits(s, &e);
}

static void remove_token(struct stand *s, uint8_t id)
{
    struct acl_edits e = edits(s);
    struct acl_token t;
    struct acl_stamp stamp;
    struct uuid accessor = id_of(id);
    fake_run(&s->fake);
    assert_int_equal(acl_token_get(s->fake.hub->view, &accessor, &s->fake.arena, &t, &stamp), OK);
    acl_remove_token(&e, &t, &stamp);
    do_edits(s, &e);
}

static struct access_question key_question(enum access_verb verb, const char *key)
{
    return (struct access_question){ .verb = verb, .kind = ACCESS_KEY, .name = bytes_str(key) };
}

static enum err ask_as(struct stand *s, enum face face, const char *secret,
                       struct access_question question)
{
    struct caller caller = { .face = face, .peer = "127.0.0.1:1", .token = bytes_str(secret) };
    return access_ask(s->fake.hub, &caller, &question, 1, &s->fake.arena, &s->granted, &s->denial);
}

static enum err may(struct stand *s, const char *secret, enum access_verb verb, const char *key)
{
    return ask_as(s, FACE_CONSUL, secret, key_question(verb, key));
}

/* -- claims ------------------------------------------------------------------------------------ */

static void token_may_what_its_policy_says_and_no_more(void **state)
{
    struct stand *s = *state;
    put_policy(s, 1, "app", "key_prefix \"app/\" { policy = \"write\" }");
    put_token(s, 2, "sesame", 1, 0);
    assert_int_equal(may(s, "sesame", ACCESS_WRITE, "app/a"), OK);
    assert_true(
        bytes_is(granted_origin(s->granted)->principal, "01020000-0000-0000-0000-000000000000"));
    assert_int_equal(may(s, "sesame", ACCESS_WRITE, "other"), ERR_DENIED);
    assert_int_equal(s->denial.fault, ACCESS_LACKS_RIGHT);
    assert_int_equal(s->denial.question.verb, ACCESS_WRITE);
    assert_true(bytes_is(s->denial.question.name, "other"));
    assert_string_equal(s->denial.accessor, "01020000-0000-0000-0000-000000000000");
    assert_false(s->denial.is_anonymous);
}

static void token_that_is_not_there_is_unknown_once_there_is_a_first_one(void **state)
{
    struct stand *s = *state;
    assert_int_equal(may(s, "x", ACCESS_READ, "a"), ERR_UNAUTHENTICATED);
    assert_int_equal(s->denial.fault, ACCESS_NOT_BOOTSTRAPPED);
    struct acl_edits e = edits(s);
    struct acl_token t = token_of(s, 1, "first", 0, 0);
    acl_put_token(&e, &t, NULL, NULL, 0);
    acl_bootstrap(&e, &t);
    do_edits(s, &e);
    assert_int_equal(may(s, "x", ACCESS_READ, "a"), ERR_UNAUTHENTICATED);
    assert_int_equal(s->denial.fault, ACCESS_UNKNOWN_TOKEN);
    e = edits(s);
    t = token_of(s, 2, "second", 0, 0);
    acl_put_token(&e, &t, NULL, NULL, 0);
    acl_bootstrap(&e, &t);
    assert_false(fake_apply(&s->fake, acl_edits_txn(&e))); /* there is a first one */
}

static void who_brings_no_token_is_anonymous(void **state)
{
    struct stand *s = *state;
    assert_int_equal(may(s, "", ACCESS_READ, "a"), ERR_DENIED);
    assert_true(s->denial.is_anonymous);
    put_policy(s, 1, "reads", "key_prefix \"\" { policy = \"read\" }");
    struct acl_edits e = edits(s);
    struct acl_token t = token_of(s, 1, ACL_ANONYMOUS_SECRET, 1, 0);
    t.accessor = acl_builtin_id(ACL_ANONYMOUS);
    acl_put_token(&e, &t, NULL, NULL, 0);
    do_edits(s, &e);
    assert_int_equal(may(s, "", ACCESS_READ, "a"), OK);
    assert_int_equal(may(s, ACL_ANONYMOUS_SECRET, ACCESS_READ, "a"), OK);
}

static void what_is_open_by_default_leaves_the_rules_themselves_closed(void **state)
{
    struct stand *s = *state;
    struct access_question acl = { .verb = ACCESS_READ, .kind = ACCESS_ACL };
    assert_int_equal(may(s, "", ACCESS_WRITE, "a"), OK);
    assert_int_equal(ask_as(s, FACE_CONSUL, "", acl), ERR_DENIED);
}

static void token_made_elsewhere_is_known_as_soon_as_it_was_acknowledged(void **state)
{
    struct stand *s = *state;
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), ERR_UNAUTHENTICATED);
    put_policy(s, 1, "reads", "key_prefix \"\" { policy = \"read\" }");
    put_token(s, 2, "sesame", 1, 0); /* published; the hub has not run */
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), OK);
}

static void changed_policy_holds_at_once(void **state)
{
    struct stand *s = *state;
    put_policy(s, 1, "app", "key_prefix \"\" { policy = \"write\" }");
    put_token(s, 2, "sesame", 1, 0);
    assert_int_equal(may(s, "sesame", ACCESS_WRITE, "a"), OK);
    fake_run(&s->fake);
    put_policy(s, 1, "app", "key_prefix \"\" { policy = \"read\" }");
    assert_int_equal(may(s, "sesame", ACCESS_WRITE, "a"), ERR_DENIED);
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), OK);
}

static void removed_token_is_unknown_at_once(void **state)
{
    struct stand *s = *state;
    put_policy(s, 1, "reads", "key_prefix \"\" { policy = \"read\" }");
    put_token(s, 2, "sesame", 1, 0);
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), OK);
    remove_token(s, 2);
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), ERR_UNAUTHENTICATED);
}

static void role_gives_what_its_policies_and_identities_give(void **state)
{
    struct stand *s = *state;
    struct uuid policy = id_of(1);
    struct acl_identity web = { .name = bytes_str("web") };
    struct acl_role role = { .id = id_of(3),
                             .name = bytes_str("ops"),
                             .grants = { .policies = { &policy, 1 }, .services = { &web, 1 } } };
    struct acl_edits e = edits(s);
    put_policy(s, 1, "reads", "key_prefix \"\" { policy = \"read\" }");
    acl_put_role(&e, &role, NULL, NULL);
    do_edits(s, &e);
    put_token(s, 2, "sesame", 0, 3);
    struct access_question service = { .verb = ACCESS_WRITE,
                                       .kind = ACCESS_SERVICE,
                                       .name = bytes_str("web") };
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), OK);
    assert_int_equal(ask_as(s, FACE_CONSUL, "sesame", service), OK);
    service.name = bytes_str("db");
    assert_int_equal(ask_as(s, FACE_CONSUL, "sesame", service), ERR_DENIED);
}

static void links_that_lead_nowhere_give_nothing(void **state)
{
    struct stand *s = *state;
    put_token(s, 2, "sesame", 9, 8);
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), ERR_DENIED);
}

static void token_that_is_over_is_unknown(void **state)
{
    struct stand *s = *state;
    struct acl_edits e = edits(s);
    struct acl_token t = token_of(s, 2, "sesame", 0, 0);
    t.expires_ms = 1; /* long ago */
    acl_put_token(&e, &t, NULL, NULL, 0);
    do_edits(s, &e);
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), ERR_UNAUTHENTICATED);
}

static void token_goes_with_its_lease_and_its_secret_is_free_again(void **state)
{
    struct stand *s = *state;
    struct acl_edits e = edits(s);
    struct acl_token t = token_of(s, 2, "sesame", 0, 0);
    struct lease_grant grant = { .id = 5, .ttl_ms = 5000, .remove_ms = 5000, .face = FACE_ETCD };
    struct lease_revoke revoke = { .id = 5, .face = FACE_ETCD };
    struct buf body;
    buf_init(&body, 4096);
    lease_grant_encode(&grant, &body);
    fake_command(&s->fake, COMMAND_LEASE_GRANT, &body);
    acl_put_token(&e, &t, NULL, NULL, 5);
    do_edits(s, &e);
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), ERR_DENIED);
    buf_init(&body, 4096);
    lease_revoke_encode(&revoke, &body);
    fake_command(&s->fake, COMMAND_LEASE_REVOKE, &body);
    fake_send(&s->fake);
    fake_run(&s->fake);
    struct acl_token gone;
    struct acl_stamp stamp;
    const struct view *view = s->fake.hub->view;
    assert_int_equal(acl_token_get(view, &t.accessor, &s->fake.arena, &gone, &stamp),
                     ERR_NOT_FOUND);
    assert_int_equal(acl_token_of_secret(view, t.secret, &s->fake.arena, &gone, &stamp),
                     ERR_NOT_FOUND);
    put_token(s, 3, "sesame", 0, 0);
}

/* Two who planned on the same view. */
static void what_is_taken_meanwhile_is_not_taken_twice(void **state)
{
    struct stand *s = *state;
    struct acl_policy p = { .id = id_of(1), .name = bytes_str("Ops") };
    struct acl_edits e = edits(s);
    acl_put_policy(&e, &p, NULL, NULL);
    do_edits(s, &e);
    fake_run(&s->fake);
    struct acl_policy before;
    struct acl_stamp stamp;
    assert_int_equal(acl_policy_get(s->fake.hub->view, &p.id, &s->fake.arena, &before, &stamp), OK);
    p.id = id_of(2);
    p.name = bytes_str("ops"); /* letters' case does not tell names apart */
    e = edits(s);
    acl_put_policy(&e, &p, NULL, NULL);
    assert_false(fake_apply(&s->fake, acl_edits_txn(&e)));
    for (int i = 0; i < 2; i++) { /* the first wins, the second has to look again */
        struct acl_policy after = before;
        after.description = bytes_str("changed");
        e = edits(s);
        acl_put_policy(&e, &after, &before, &stamp);
        assert_int_equal(fake_apply(&s->fake, acl_edits_txn(&e)), i == 0);
    }
    put_token(s, 3, "sesame", 0, 0);
    struct acl_token t = token_of(s, 4, "sesame", 0, 0);
    e = edits(s);
    acl_put_token(&e, &t, NULL, NULL, 0);
    assert_false(fake_apply(&s->fake, acl_edits_txn(&e)));
}

/* Else each login would make all who are under way ask again. */
static void making_a_token_does_not_move_the_policy(void **state)
{
    struct stand *s = *state;
    put_token(s, 2, "sesame", 0, 0);
    uint64_t mark = gate_policy_mark(s->fake.hub->gate);
    put_token(s, 3, "open", 0, 0);
    put_policy(s, 4, "new", "");
    assert_int_equal(gate_policy_mark(s->fake.hub->gate), mark);
    remove_token(s, 3);
    assert_true(gate_policy_mark(s->fake.hub->gate) > mark);
}

/* With access on and nothing allowed: etcd has no users yet, and open mode may register too. */
static void etcds_callers_are_not_asked(void **state)
{
    struct stand *s = *state;
    struct access_question registers = { .verb = ACCESS_WRITE,
                                         .kind = ACCESS_SERVICE,
                                         .name = bytes_str("web") };
    assert_int_equal(ask_as(s, FACE_ETCD, "", key_question(ACCESS_WRITE, "a")), OK);
    assert_int_equal(granted_policy_mark(s->granted), 0);
    assert_int_equal(ask_as(s, FACE_ETCD, "", registers), OK);
    assert_int_equal(ask_as(s, FACE_CONSUL, "", registers), ERR_DENIED);
    assert_int_equal(ask_as(s, FACE_DNS, "", registers), ERR_DENIED);
}

static void list_shows_the_rows_that_may_be_read(void **state)
{
    struct stand *s = *state;
    put_policy(s, 1, "app", "key_prefix \"app/\" { policy = \"read\" }");
    put_token(s, 2, "sesame", 1, 0);
    struct caller caller = { .face = FACE_CONSUL, .token = bytes_str("sesame") };
    assert_int_equal(access_ask(s->fake.hub, &caller, NULL, 0, &s->fake.arena, &s->granted, NULL),
                     OK);
    struct access_reader r = access_reader(s->fake.hub, s->granted);
    assert_true(access_may(&r, ACCESS_READ, ACCESS_KEY, bytes_str("app/a")));
    assert_false(r.has_hidden);
    assert_false(access_may(&r, ACCESS_READ, ACCESS_KEY, bytes_str("b")));
    assert_true(r.has_hidden);
    remove_token(s, 2);
    r = access_reader(s->fake.hub, s->granted);
    assert_false(access_may(&r, ACCESS_READ, ACCESS_KEY, bytes_str("app/a")));
}

static void everything_is_seen_in_open_mode(void **state)
{
    struct stand *s = *state;
    struct uuid accessor;
    assert_int_equal(may(s, "no such", ACCESS_WRITE, "a"), OK);
    struct access_reader r = access_reader(s->fake.hub, s->granted);
    assert_true(access_may(&r, ACCESS_READ, ACCESS_KEY, bytes_str("b")));
    assert_false(granted_accessor(s->granted, &accessor));
}

/* -- when the policy moves --------------------------------------------------------------------- */

struct outcome {
    unsigned n;
    enum err err;
};

static void note(void *ctx, enum err err, const struct command_result *result)
{
    struct outcome *o = ctx;
    o->n++;
    o->err = err;
}

/* What apply does with a command that was checked at an older policy. */
static void refuse_to_check_again(struct stand *s)
{
    static struct command_result again = { .err = ERR_CHECK_AGAIN };
    struct proposal *p = fake_proposed(&s->fake);
    p->err = OK;
    p->result = &again;
    p->done(p);
    fake_run(&s->fake);
}

static void submit(struct stand *s, struct outcome *o)
{
    *o = (struct outcome){ 0 };
    put_policy(s, 1, "app", "key_prefix \"\" { policy = \"write\" }");
    put_token(s, 2, "sesame", 1, 0);
    assert_int_equal(may(s, "sesame", ACCESS_WRITE, "a"), OK);
    hub_submit(s->fake.hub, s->granted, COMMAND_TXN, bytes_str("body"), note, o);
    fake_run(&s->fake);
}

static void command_refused_for_an_older_policy_is_checked_and_proposed_again(void **state)
{
    struct stand *s = *state;
    struct outcome o;
    submit(s, &o);
    uint64_t mark = fake_proposed(&s->fake)->command.policy_mark;
    put_policy(s, 1, "app", "key \"a\" { policy = \"write\" }");
    refuse_to_check_again(s);
    struct proposal *p = fake_proposed(&s->fake);
    assert_int_equal(o.n, 0);
    assert_true(p->command.policy_mark > mark);
    assert_true(bytes_is(p->command.body, "body"));
    fake_refuse(&s->fake);
    fake_run(&s->fake);
    assert_int_equal(o.n, 1);
    assert_int_equal(o.err, ERR_STOPPING);
}

static void who_may_no_longer_is_denied_instead_of_proposed_again(void **state)
{
    struct stand *s = *state;
    struct outcome o;
    submit(s, &o);
    put_policy(s, 1, "app", "key \"a\" { policy = \"read\" }");
    refuse_to_check_again(s);
    assert_int_equal(o.n, 1);
    assert_int_equal(o.err, ERR_DENIED);
}

static void command_is_not_proposed_for_ever(void **state)
{
    struct stand *s = *state;
    struct outcome o;
    submit(s, &o);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(o.n, 0);
        refuse_to_check_again(s);
    }
    assert_int_equal(o.n, 1);
    assert_int_equal(o.err, ERR_AGAIN);
}

/* Who asked about the keys of a lease is told; with a policy that moved too, that is asked first.
 */
static void revoke_whose_keys_are_others_goes_back_to_who_asked(void **state)
{
    struct stand *s = *state;
    struct outcome o = { 0 };
    put_policy(s, 1, "app", "key_prefix \"\" { policy = \"write\" }");
    put_token(s, 2, "sesame", 1, 0);
    for (int moves = 0; moves < 2; moves++) {
        o = (struct outcome){ 0 };
        assert_int_equal(may(s, "sesame", ACCESS_WRITE, "a"), OK);
        hub_submit(s->fake.hub, s->granted, COMMAND_LEASE_REVOKE, bytes_str("body"), note, &o);
        fake_run(&s->fake);
        if (moves == 1) {
            put_policy(s, 1, "app", "key \"a\" { policy = \"write\" }");
            refuse_to_check_again(s);
            assert_int_equal(o.n, 0); /* under way again */
        }
        refuse_to_check_again(s);
        assert_int_equal(o.n, 1);
        assert_int_equal(o.err, ERR_CHECK_AGAIN);
    }
}

static void abandoned_command_is_not_proposed_again(void **state)
{
    struct stand *s = *state;
    struct outcome o = { 0 };
    put_policy(s, 1, "app", "key_prefix \"\" { policy = \"write\" }");
    put_token(s, 2, "sesame", 1, 0);
    assert_int_equal(may(s, "sesame", ACCESS_WRITE, "a"), OK);
    struct hub_write *w =
        hub_submit(s->fake.hub, s->granted, COMMAND_TXN, bytes_str("body"), note, &o);
    hub_write_abandon(w);
    refuse_to_check_again(s); /* frees it: a second proposal would be a leak */
    assert_int_equal(o.n, 0);
}

struct reading {
    struct hub_read read;
    struct outcome outcome;
};

static void ready(struct hub_read *r, enum err err, const struct view *view)
{
    struct reading *g = CONTAINER_OF(r, struct reading, read);
    note(&g->outcome, err, NULL);
    assert_true((view != NULL) == (err == OK));
}

static void read_is_checked_on_the_policy_of_its_answer(void **state)
{
    struct stand *s = *state;
    struct reading g = { .read = { .ready = ready } };
    put_policy(s, 1, "app", "key_prefix \"\" { policy = \"read\" }");
    put_token(s, 2, "sesame", 1, 0);
    assert_int_equal(may(s, "sesame", ACCESS_READ, "a"), OK);
    fake_run(&s->fake);
    g.read.granted = s->granted;
    hub_read(s->fake.hub, &g.read);
    put_policy(s, 1, "app", "key \"b\" { policy = \"read\" }");
    fake_run(&s->fake);
    assert_int_equal(g.outcome.n, 1);
    assert_int_equal(g.outcome.err, ERR_DENIED);
}

/* -- limits ------------------------------------------------------------------------------------ */

static void more_tokens_than_are_remembered_are_all_known(void **state)
{
    struct stand *s = *state;
    char secrets[GATE_KNOWN_MAX + 1][8];
    for (unsigned i = 0; i <= GATE_KNOWN_MAX; i++) {
        struct acl_edits e = edits(s);
        snprintf(secrets[i], sizeof secrets[i], "s%u", i);
        struct acl_token t = token_of(s, 0, secrets[i], 0, 0);
        t.accessor.b[2] = (uint8_t)(i >> 8);
        t.accessor.b[3] = (uint8_t)i;
        acl_put_token(&e, &t, NULL, NULL, 0);
        do_edits(s, &e);
    }
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i <= GATE_KNOWN_MAX; i++)
            assert_int_equal(may(s, secrets[i], ACCESS_READ, "a"), ERR_DENIED);
    fake_run(&s->fake);
}

static int set_up(void **state, const struct gate_options *gate)
{
    static struct stand stand;
    stand = (struct stand){ 0 };
    fake_init_asking(&stand.fake, 0, 0, gate);
    *state = &stand;
    return 0;
}

static int set_up_closed(void **state)
{
    return set_up(state, &closed);
}

static int set_up_open_by_default(void **state)
{
    return set_up(state, &open_by_default);
}

static int set_up_off(void **state)
{
    return set_up(state, NULL);
}

static int tear_down(void **state)
{
    struct stand *s = *state;
    fake_fini(&s->fake);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_closed, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(token_may_what_its_policy_says_and_no_more),
        TEST(token_that_is_not_there_is_unknown_once_there_is_a_first_one),
        TEST(who_brings_no_token_is_anonymous),
        cmocka_unit_test_setup_teardown(what_is_open_by_default_leaves_the_rules_themselves_closed,
                                        set_up_open_by_default, tear_down),
        TEST(token_made_elsewhere_is_known_as_soon_as_it_was_acknowledged),
        TEST(changed_policy_holds_at_once),
        TEST(removed_token_is_unknown_at_once),
        TEST(role_gives_what_its_policies_and_identities_give),
        TEST(links_that_lead_nowhere_give_nothing),
        TEST(token_that_is_over_is_unknown),
        TEST(token_goes_with_its_lease_and_its_secret_is_free_again),
        TEST(what_is_taken_meanwhile_is_not_taken_twice),
        TEST(making_a_token_does_not_move_the_policy),
        TEST(etcds_callers_are_not_asked),
        TEST(list_shows_the_rows_that_may_be_read),
        cmocka_unit_test_setup_teardown(everything_is_seen_in_open_mode, set_up_off, tear_down),
        TEST(command_refused_for_an_older_policy_is_checked_and_proposed_again),
        TEST(who_may_no_longer_is_denied_instead_of_proposed_again),
        TEST(command_is_not_proposed_for_ever),
        TEST(revoke_whose_keys_are_others_goes_back_to_who_asked),
        TEST(abandoned_command_is_not_proposed_again),
        TEST(read_is_checked_on_the_policy_of_its_answer),
        TEST(more_tokens_than_are_remembered_are_all_known),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
