/* From what a handler is going to do to questions, and from a refusal to Consul's words. */
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"

enum { QUESTIONS_AT_ONCE = 4 };

static const char *verb_name(enum access_verb verb)
{
    return verb == ACCESS_READ ? "read" : verb == ACCESS_LIST ? "list" : "write";
}

/* "Permission denied: token with AccessorID '...' lacks permission 'key:write' on \"a\"" */
static const char *lacks(struct consul_call *c, const char *accessor, bool is_anonymous,
                         const struct access_question *q)
{
    static const char implicit[] = ". The anonymous token is used implicitly when a request does "
                                   "not specify a token.";
    struct arena *arena = consul_arena(c);
    const char *who = is_anonymous ? "anonymous token"
                                   : arena_printf(arena, "token with AccessorID '%s'", accessor);
    const char *on = q->name.n == 0 ? "" : arena_printf(arena, " on %s", consul_quoted(c, q->name));
    return arena_printf(arena, "Permission denied: %s lacks permission '%s:%s'%s%s", who,
                        access_kind_info(q->kind)->name, verb_name(q->verb), on,
                        is_anonymous ? implicit : "");
}

static void refuse(struct consul_call *c, const struct access_denial *d, enum err e)
{
    switch (d->fault) {
    case ACCESS_FINE:
        consul_fail(c, e);
        break;
    case ACCESS_LACKS_RIGHT:
        consul_refuse_text(c, 403, "%s", lacks(c, d->accessor, d->is_anonymous, &d->question));
        break;
    case ACCESS_UNKNOWN_TOKEN:
        consul_refuse(c, CONSUL_ACL_NOT_FOUND);
        break;
    case ACCESS_NOT_BOOTSTRAPPED:
        consul_refuse_text(c, 403,
                           "ACL system must be bootstrapped before making any requests that "
                           "require authorization: ACL not found");
        break;
    }
}

/* All that the handler has asked for so far, in one. */
static bool ask(struct consul_call *c, struct bytes token)
{
    struct access_denial denial;
    struct caller caller = { .face = FACE_CONSUL,
                             .peer = http_peer(c->request),
                             .client_name = http_client_name(c->request),
                             .token = token };
    enum err e = access_ask(c->face->hub, &caller, c->questions, c->question_n, consul_arena(c),
                            &c->granted, &denial);
    if (e != OK)
        refuse(c, &denial, e);
    return e == OK;
}

struct bytes consul_token(const struct consul_call *c)
{
    const char *usual = c->face->options.default_token;
    struct bytes set = access_own_token(c->face->hub, ACL_OWN_DEFAULT);
    if (c->params.token.n > 0)
        return c->params.token;
    return set.n > 0 || usual == NULL ? set : bytes_str(usual);
}

static void note(struct consul_call *c, const struct access_question *question)
{
    if (c->question_n % QUESTIONS_AT_ONCE == 0) {
        struct access_question *more =
            arena_zalloc(consul_arena(c), c->question_n + QUESTIONS_AT_ONCE, sizeof *more);
        if (c->question_n > 0)
            memcpy(more, c->questions, c->question_n * sizeof *more);
        c->questions = more;
    }
    c->questions[c->question_n++] = *question;
}

static bool grant(struct consul_call *c, const struct access_question *question)
{
    note(c, question);
    return ask(c, consul_token(c));
}

bool consul_grant(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                  struct bytes name)
{
    const struct access_question one = { .verb = verb, .kind = kind, .name = name };
    return grant(c, &one);
}

bool consul_grant_under(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                        struct bytes prefix)
{
    const struct access_question all = {
        .verb = verb, .kind = kind, .extent = ACCESS_UNDER, .name = prefix
    };
    return grant(c, &all);
}

bool consul_grant_open(struct consul_call *c)
{
    return ask(c, consul_token(c));
}

const char *consul_try(struct consul_call *c, const struct access_question *question)
{
    struct access_reader r = access_reader(c->face->hub, c->granted);
    struct uuid accessor = { { 0 } }, anonymous = acl_builtin_id(ACL_ANONYMOUS);
    char text[UUID_TEXT + 1];
    if (access_may_all(&r, question)) {
        note(c, question);
        return NULL;
    }
    IGNORE(granted_accessor(c->granted, &accessor)); /* in open mode nothing is refused */
    uuid_print(&accessor, text);
    return lacks(c, text, uuid_eq(&accessor, &anonymous), question);
}

bool consul_grant_nobody(struct consul_call *c)
{
    return ask(c, (struct bytes){ 0 });
}

bool consul_may(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                struct bytes name)
{
    bool had_hidden = c->reader.has_hidden;
    if (!access_reader_holds(c->face->hub, &c->reader)) {
        c->reader = access_reader(c->face->hub, c->granted);
        c->reader.has_hidden = had_hidden;
    }
    return access_may(&c->reader, verb, kind, name);
}

bool consul_could(struct consul_call *c, enum access_verb verb, enum access_kind kind,
                  struct bytes name)
{
    struct access_reader r = access_reader(c->face->hub, c->granted);
    return access_may(&r, verb, kind, name);
}

void consul_refuse_denied(struct consul_call *c, enum err e)
{
    struct access_denial denial;
    IGNORE(access_ask_again(c->face->hub, c->granted, &denial)); /* what E says already */
    refuse(c, &denial, e);
}
