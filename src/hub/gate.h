/* hub/gate.h -- nothing is read or proposed without having been checked.
 *
 * A handler takes its caller and what the request does to access_check or access_ask and gets a
 * `struct granted`, which only these make; hub_read, hub_submit and watch_open want it. They are
 * checked again, by the hub, where the policy has moved meanwhile.
 *
 * etcd's callers are in open mode until users exist: everyone is granted everything, and the origin
 * still says who came from where. The others are asked for a token once access is on. */
#ifndef HUB_GATE_H
#define HUB_GATE_H

#include "access/acl.h"
#include "access/policy_set.h"
#include "base/arena.h"
#include "base/uuid.h"
#include "store/command.h"
#include "store/space.h"

struct hub;

struct gate_options {
    bool is_on;             /* else everyone may do everything */
    bool is_open;           /* what no rule speaks of is allowed */
    bool keys_want_list;    /* listing keys wants `list` on the prefix, for faces */
    const char *datacenter; /* kept; policies may be for some only. NULL: "dc1" */
};

struct caller { /* who asks, as the face learned it; lends */
    enum face face;
    const char *peer;        /* "127.0.0.1:4711" */
    const char *client_name; /* certificate's common name or NULL */
    struct bytes token;      /* whatever credential the protocol carries; empty: none */
    struct bytes why;        /* reason given, or empty */
};

struct operation {
    enum access_verb verb;
    enum space space;
    struct bytes key, end; /* the range it touches */
};

struct granted; /* a caller who may do what was asked; lives in the arena it was made in */

/* ERR_DENIED, ERR_UNAUTHENTICATED. OPERATIONS are all that the request does, nested ones included.
 */
MUST_CHECK enum err access_check(struct hub *h, const struct caller *caller,
                                 const struct operation *operations, size_t n, struct arena *arena,
                                 const struct granted **ret);

/* -- by names of things ------------------------------------------------------------------------ */

enum access_fault {
    ACCESS_FINE,
    ACCESS_LACKS_RIGHT,   /* ERR_DENIED: QUESTION */
    ACCESS_UNKNOWN_TOKEN, /* ERR_UNAUTHENTICATED, as the next: never was, was removed, or is over */
    ACCESS_NOT_BOOTSTRAPPED, /* there is no token at all yet */
};

struct access_denial { /* what an answer says */
    enum access_fault fault;
    struct access_question question; /* the first that was refused; lends from the asker's */
    bool is_anonymous;
    char accessor[UUID_TEXT + 1]; /* the token's */
};

/* OK if CALLER may do all that QUESTIONS ask (none: he only has to be somebody). RET_DENIAL may be
 * NULL. */
MUST_CHECK enum err access_ask(struct hub *h, const struct caller *caller,
                               const struct access_question *questions, size_t n,
                               struct arena *arena, const struct granted **ret,
                               struct access_denial *ret_denial);
/* The same questions, asked of the present policy: for a reading that goes on for long. */
MUST_CHECK enum err access_ask_again(struct hub *h, const struct granted *g,
                                     struct access_denial *ret_denial);

/* What somebody may see of a list, row by row; lent until the end of the turn. */
struct access_reader {
    const struct policy_set *rules; /* NULL: everything, or nothing */
    bool sees_all;
    bool has_hidden; /* a row was refused */
    uint64_t turn;   /* that it was made in */
};
struct access_reader access_reader(struct hub *h, const struct granted *g);
/* False once its turn is over, and for one that is all zeros. */
bool access_reader_holds(const struct hub *h, const struct access_reader *r);
bool access_may(struct access_reader *r, enum access_verb verb, enum access_kind kind,
                struct bytes name);
/* The same for a whole question; nothing is noted as hidden. */
bool access_may_all(const struct access_reader *r, const struct access_question *question);

/* The secret that is used where none is brought, as it was set last; empty: none was. Lent until
 * the end of the turn. */
struct bytes access_own_token(struct hub *h, enum acl_own own);

/* Whose token it was; false in open mode. */
bool granted_accessor(const struct granted *g, struct uuid *ret);
const struct gate_options *access_options(const struct hub *h);

/* -- for the hub ------------------------------------------------------------------------------- */

/* The server's own chores. */
const struct granted *granted_self(void);
const struct origin *granted_origin(const struct granted *g);
/* store/policy.h */
uint64_t granted_policy_mark(const struct granted *g);
/* A copy in ROOM, aligned for anything, of granted_size bytes. */
size_t granted_size(const struct granted *g);
struct granted *granted_copy(const struct granted *g, void *room);
/* OK at once if the policy has not moved; else what asking again says. */
MUST_CHECK enum err access_ask_if_moved(struct hub *h, const struct granted *g);
/* The same; marks G with the present policy. */
MUST_CHECK enum err granted_confirm(struct hub *h, struct granted *g);

#endif
