/* faces/consul/call/call.h -- one request: begun, let through the gate, waiting for one thing,
 * answered.
 *
 * A call lies in its request's arena and is gone as soon as it is answered: a handler that answers
 * returns. It waits for one thing at a time; if the client goes away, that is given up. */
#ifndef FACES_CONSUL_CALL_CALL_H
#define FACES_CONSUL_CALL_CALL_H

#include "access/rule.h"
#include "base/why.h"
#include "faces/consul/call/errors.h"
#include "faces/consul/call/params.h"
#include "faces/consul/call/route.h"
#include "hub/gate.h"
#include "hub/hub.h"
#include "hub/wait.h"
#include "net/http.h"

struct consul_face;
struct consul_long;
struct consul_query;
struct filter_plan;

enum { CONSUL_MORE_MAX = 4 };

typedef void (*consul_read_fn)(struct consul_call *c, const struct view *view);
typedef void (*consul_written_fn)(struct consul_call *c, const struct command_result *result);
typedef void (*consul_renewed_fn)(struct consul_call *c, enum lease_answer answer);
/* True: it has answered. */
typedef bool (*consul_refused_fn)(struct consul_call *c, enum err err,
                                  const struct command_result *result);

struct consul_call {
    struct list link; /* face->calls */
    struct consul_face *face;
    struct http_request *request;
    const struct consul_route *route;
    struct bytes rest; /* of the path, behind the route's, decoded */
    struct consul_params params;
    const struct granted *granted;
    struct access_question *questions; /* all that was granted: gate.c */
    size_t question_n;
    struct access_reader reader; /* of this turn */
    bool is_answered;
    bool is_kept; /* its answer was made before */
    void *state;  /* the handler's own */

    void (*on_give_up)(struct consul_call *c); /* it waits for something; NULL: it does not */
    struct hub_read read;
    consul_read_fn on_read;
    struct hub_write *write;
    consul_written_fn on_written;
    consul_refused_fn on_refused; /* of a command that was applied and refused; NULL: as errors.h */
    void (*on_changed)(struct consul_call *c); /* edit.c */
    struct hub_lease lease;
    consul_renewed_fn on_renewed;
    const struct consul_query *query; /* query.c */
    struct wait wait;
    struct timer timer;
    bool hangs, is_last_look, is_blocked;
    struct consul_long *lengthy;    /* long_query.c; NULL: it never was */
    const struct filter_plan *plan; /* selectors.c; NULL: no filter */
    bool plan_failed;
    struct why plan_why;

    /* for the answer's head */
    uint64_t index; /* X-Consul-Index */
    struct http_header more[CONSUL_MORE_MAX];
    size_t more_n;
    struct consul_stream *stream; /* answer.c */
    bool is_live;                 /* live.h; then the next two */
    void (*on_drained)(struct consul_call *c);
    void (*on_end)(struct consul_call *c);
};

struct arena *consul_arena(struct consul_call *c);
/* It waits for something; ON_GIVE_UP ends that if the client goes away first. One thing at a time.
 */
void consul_wait(struct consul_call *c, void (*on_give_up)(struct consul_call *c));
/* What it waits for is here; called before what it waits for next. */
void consul_waits_no_more(struct consul_call *c);
/* The client went away. */
void consul_give_up(struct consul_call *c);

/* TEXT in double quotes, as Go's %q, in the request's arena. */
const char *consul_quoted(struct consul_call *c, struct bytes text);
/* TEXT with a NUL behind it, in the request's arena. */
const char *consul_text(struct consul_call *c, struct bytes text);

#endif
