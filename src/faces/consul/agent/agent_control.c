/* What an operator does to the agent. There is no gossip: members are those of the cluster. */
#include "base/mem.h"
#include "base/text.h"
#include "faces/consul/agent/agent.h"
#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"

static bool may(struct consul_call *c, enum access_kind kind)
{
    struct bytes name = kind == ACCESS_AGENT ? bytes_str(c->face->self.node_name) : bytes_str("");
    return consul_grant(c, ACCESS_WRITE, kind, name);
}

/* -- reloading -------------------------------------------------------------------------------- */

static void reload_answered(struct mail *mail)
{
    struct consul_reload *r = CONTAINER_OF(mail, struct consul_reload, mail);
    struct consul_call *c = r->call;
    if (c != NULL)
        consul_waits_no_more(c);
    if (c != NULL && r->err == OK)
        consul_answer_empty(c);
    else if (c != NULL)
        consul_refuse_text(c, 500, "%s", r->why.text);
    mem_free(r);
}

void consul_reload_done(struct consul_reload *r, enum err e, const char *why)
{
    r->err = e;
    if (e != OK)
        IGNORE(why_set(&r->why, e, "%s", why));
    mailbox_send(r->reply_to, &r->mail);
}

/* It is done all the same. */
static void forget_reload(struct consul_call *c)
{
    struct consul_reload *r = c->state;
    r->call = NULL;
}

void consul_agent_reload(struct consul_call *c)
{
    if (!may(c, ACCESS_AGENT))
        return;
    struct consul_reload *r = mem_zalloc(1, sizeof *r);
    r->mail.deliver = reload_answered;
    r->reply_to = c->face->box;
    r->call = c;
    c->state = r;
    consul_wait(c, forget_reload);
    c->face->options.reload(c->face->options.ctx, r);
}

/* -- members ---------------------------------------------------------------------------------- */

void consul_agent_leave(struct consul_call *c)
{
    if (!may(c, ACCESS_AGENT))
        return;
    c->face->options.leave(c->face->options.ctx);
    consul_answer_empty(c);
}

/* The address of this member, with or without a port: it is in already. */
static bool is_own_address(struct consul_call *c)
{
    struct bytes own = bytes_str(c->face->self.address), rest = c->rest;
    bool bracketed = bytes_starts(rest, bytes_str("["));
    if (bracketed)
        rest = bytes_skip(rest, 1);
    if (!bytes_starts(rest, own))
        return false;
    rest = bytes_skip(rest, own.n);
    if (bracketed && bytes_starts(rest, bytes_str("]")))
        rest = bytes_skip(rest, 1);
    return rest.n == 0 || rest.p[0] == ':';
}

void consul_agent_join(struct consul_call *c)
{
    if (!may(c, ACCESS_AGENT))
        return;
    if (is_own_address(c))
        consul_answer_empty(c);
    else
        consul_refuse_text(c, 500,
                           "members of a cluster are configured here, they do not join by gossip");
}

/* Only members that have failed can be made to leave, and none has: who lives stays, as in Consul.
 */
void consul_agent_force_leave(struct consul_call *c)
{
    if (!may(c, ACCESS_OPERATOR))
        return;
    if (c->rest.n == 0)
        consul_refuse_text(c, 400, "Missing node name");
    else if (text_eq_nocase(c->rest, bytes_str(c->face->self.node_name)))
        consul_answer_empty(c);
    else
        consul_refuse_text(c, 500, "agent: No node found with name '%s'", consul_text(c, c->rest));
}
