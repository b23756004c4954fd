/* A granted caller is one block of memory that can be copied: it is asked about again when the
 * policy moves between the check and the apply, with the same questions and the same token. */
#include "hub/gate.h"

#include <assert.h>

#include "hub/core.h"
#include "hub/gate_core.h"

struct granted {
    struct origin origin;
    uint64_t policy_mark; /* store/policy.h; 0: open mode */
    struct bytes token;
    const struct access_question *questions;
    size_t question_n;
    struct uuid accessor;
};

static const struct granted self = { .origin = { .face = FACE_KEEPER } };

/* -- one block --------------------------------------------------------------------------------- */

size_t granted_size(const struct granted *g)
{
    size_t n = sizeof *g + g->question_n * sizeof *g->questions + g->token.n +
               g->origin.principal.n + g->origin.address.n + g->origin.why.n;
    for (size_t i = 0; i < g->question_n; i++)
        n += g->questions[i].name.n + g->questions[i].end.n;
    return n;
}

static struct bytes place(uint8_t **at, struct bytes from)
{
    if (from.n == 0)
        return (struct bytes){ 0 };
    uint8_t *to = *at;
    memcpy(to, from.p, from.n);
    *at += from.n;
    return bytes_of(to, from.n);
}

struct granted *granted_copy(const struct granted *g, void *room)
{
    struct granted *to = room;
    struct access_question *questions = (struct access_question *)(void *)(to + 1);
    uint8_t *at = (uint8_t *)(questions + g->question_n);
    *to = *g;
    for (size_t i = 0; i < g->question_n; i++) {
        questions[i] = g->questions[i];
        questions[i].name = place(&at, g->questions[i].name);
        questions[i].end = place(&at, g->questions[i].end);
    }
    to->questions = questions;
    to->token = place(&at, g->token);
    to->origin.principal = place(&at, g->origin.principal);
    to->origin.address = place(&at, g->origin.address);
    to->origin.why = place(&at, g->origin.why);
    return to;
}

/* -- asking ------------------------------------------------------------------------------------ */

static bool is_asked(const struct gate *gate, enum face face)
{
    return gate_options(gate)->is_on && face != FACE_ETCD && face != FACE_KEEPER;
}

static enum err fail_unknown(struct gate *gate, struct access_denial *d)
{
    d->fault = gate_is_bootstrapped(gate) ? ACCESS_UNKNOWN_TOKEN : ACCESS_NOT_BOOTSTRAPPED;
    return ERR_UNAUTHENTICATED;
}

static enum err ask(struct gate *gate, struct bytes token, const struct access_question *questions,
                    size_t n, const struct known **ret, struct access_denial *d)
{
    struct access_refusal refusal;
    *d = (struct access_denial){ 0 };
    enum err e = gate_find(gate, token, ret);
    if (e == ERR_NOT_FOUND)
        return fail_unknown(gate, d);
    if (e != OK)
        return e;
    e = principal_check(&(*ret)->principal, questions, n, clock_wall_ms(), &refusal);
    if (e == ERR_UNAUTHENTICATED)
        return fail_unknown(gate, d);
    d->is_anonymous = (*ret)->is_anonymous;
    uuid_print(&(*ret)->accessor, d->accessor);
    if (e == ERR_DENIED) {
        assert(refusal.question < n);
        d->fault = ACCESS_LACKS_RIGHT;
        d->question = questions[refusal.question];
    }
    return e;
}

static struct granted open_granted(const struct caller *caller)
{
    return (struct granted){
        .origin = { .principal = bytes_str(caller->client_name == NULL ? "" : caller->client_name),
                    .face = caller->face,
                    .address = bytes_str(caller->peer == NULL ? "" : caller->peer),
                    .why = caller->why },
    };
}

static const struct granted *granted_in(struct arena *arena, const struct granted *g)
{
    return granted_copy(g, arena_alloc(arena, granted_size(g)));
}

enum err access_ask(struct hub *h, const struct caller *caller,
                    const struct access_question *questions, size_t n, struct arena *arena,
                    const struct granted **ret, struct access_denial *ret_denial)
{
    struct access_denial denial = { 0 };
    struct granted g = open_granted(caller);
    if (is_asked(h->gate, caller->face)) {
        const struct known *who = NULL;
        g.policy_mark = gate_policy_mark(h->gate);
        enum err e = ask(h->gate, caller->token, questions, n, &who, &denial);
        if (ret_denial != NULL)
            *ret_denial = denial;
        if (e != OK)
            return e;
        g.origin.principal = who->principal.name;
        g.accessor = who->accessor;
        g.token = caller->token;
        g.questions = questions;
        g.question_n = n;
    }
    *ret = granted_in(arena, &g);
    return OK;
}

enum err access_check(struct hub *h, const struct caller *caller,
                      const struct operation *operations, size_t n, struct arena *arena,
                      const struct granted **ret)
{
    return access_ask(h, caller, NULL, 0, arena, ret, NULL);
}

enum err access_ask_again(struct hub *h, const struct granted *g, struct access_denial *ret_denial)
{
    struct access_denial denial = { 0 };
    const struct known *who;
    enum err e = g->policy_mark == 0
                     ? OK
                     : ask(h->gate, g->token, g->questions, g->question_n, &who, &denial);
    if (ret_denial != NULL)
        *ret_denial = denial;
    return e;
}

enum err access_ask_if_moved(struct hub *h, const struct granted *g)
{
    bool stands = g->policy_mark == 0 || g->policy_mark == gate_policy_mark(h->gate);
    return stands ? OK : access_ask_again(h, g, NULL);
}

enum err granted_confirm(struct hub *h, struct granted *g)
{
    enum err e = access_ask_if_moved(h, g);
    if (e == OK && g->policy_mark != 0)
        g->policy_mark = gate_policy_mark(h->gate);
    return e;
}

/* -- lists ------------------------------------------------------------------------------------- */

struct access_reader access_reader(struct hub *h, const struct granted *g)
{
    const struct known *who;
    struct access_reader r = { .turn = gate_turn_number(h->gate) };
    if (g->policy_mark == 0)
        r.sees_all = true;
    else if (gate_find(h->gate, g->token, &who) == OK &&
             !principal_has_expired(&who->principal, clock_wall_ms()))
        r.rules = who->principal.rules;
    return r;
}

bool access_reader_holds(const struct hub *h, const struct access_reader *r)
{
    return r->turn == gate_turn_number(h->gate);
}

bool access_may_all(const struct access_reader *r, const struct access_question *question)
{
    return r->sees_all || (r->rules != NULL && policy_set_check(r->rules, question).is_allowed);
}

bool access_may(struct access_reader *r, enum access_verb verb, enum access_kind kind,
                struct bytes name)
{
    const struct access_question question = { .verb = verb, .kind = kind, .name = name };
    bool may = access_may_all(r, &question);
    r->has_hidden |= !may;
    return may;
}

struct bytes access_own_token(struct hub *h, enum acl_own own)
{
    return gate_options(h->gate)->is_on ? gate_own_token(h->gate, own) : (struct bytes){ 0 };
}

/* -- looking ----------------------------------------------------------------------------------- */

bool granted_accessor(const struct granted *g, struct uuid *ret)
{
    if (g->policy_mark == 0)
        return false;
    *ret = g->accessor;
    return true;
}

const struct gate_options *access_options(const struct hub *h)
{
    return gate_options(h->gate);
}

const struct granted *granted_self(void)
{
    return &self;
}

const struct origin *granted_origin(const struct granted *g)
{
    return &g->origin;
}

uint64_t granted_policy_mark(const struct granted *g)
{
    return g->policy_mark;
}
