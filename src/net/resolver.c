/* A table of names. Each is being looked up, known, or known not to be there until a time; what is
 * over is looked up again when it is asked for, and thrown away when the table is full. Known
 * addresses that are over stay good while they are looked up.
 *
 * getaddrinfo blocks, so it runs on libuv's pool. The request's memory is the name's own; a name
 * whose resolver is gone frees itself when its look-up ends. */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <uthash.h>
#include <uv.h>

#include "base/mem.h"
#include "base/siphash.h"

struct name {
    UT_hash_handle hh;
    struct resolver *resolver; /* NULL: gone */
    struct list asks;          /* resolver_asks that wait */
    struct list waiting;       /* in the resolver's WAITING, until its turn comes */
    bool is_under_way;
    uint64_t until_ms; /* what it says is good; 0: nothing yet */
    struct addresses found;
    uv_getaddrinfo_t req;
    char text[RESOLVER_NAME_MAX + 1];
};

struct resolver {
    struct loop *loop;
    struct resolver_times times;
    struct siphash_key key; /* of NAMES: clients choose them */
    struct name *names;
    struct list waiting;
    unsigned under_way;
};

/* -- answers ----------------------------------------------------------------------------------- */

static void tell(struct name *n)
{
    struct list asks;
    list_init(&asks);
    list_splice(&asks, &n->asks);
    struct addresses found = n->found;
    while (!list_is_empty(&asks)) {
        struct resolver_ask *ask = CONTAINER_OF(asks.next, struct resolver_ask, link);
        list_remove(&ask->link);
        ask->done(ask, &found); /* may ask again, and N may go */
    }
}

static void add_address(struct addresses *to, const struct sockaddr *from)
{
    union address *a = &to->all[to->n];
    if (from->sa_family == AF_INET)
        memcpy(&a->v4, from, sizeof(a->v4));
    else
        memcpy(&a->v6, from, sizeof(a->v6));
    to->n++;
}

static void learn(struct name *n, const struct addrinfo *list, const char *failure)
{
    const struct resolver_times *times = &n->resolver->times;
    n->found = (struct addresses){ .failure = failure };
    for (const struct addrinfo *a = list; a != NULL && n->found.n < RESOLVER_ADDRESSES;
         a = a->ai_next)
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
            add_address(&n->found, a->ai_addr);
    if (n->found.n == 0 && failure == NULL)
        n->found.failure = "the name has no address";
    n->until_ms =
        loop_now_ms(n->resolver->loop) + (n->found.n > 0 ? times->keep_ms : times->keep_nothing_ms);
}

static void start_next(struct resolver *r);

static void on_found(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    struct name *n = req->data;
    struct resolver *r = n->resolver;
    if (r == NULL) {
        uv_freeaddrinfo(list);
        mem_free(n);
        return;
    }
    n->is_under_way = false;
    r->under_way--;
    learn(n, list, status != 0 ? uv_strerror(status) : NULL);
    uv_freeaddrinfo(list);
    tell(n);
    start_next(r);
}

/* -- look-ups ---------------------------------------------------------------------------------- */

static void start(struct resolver *r, struct name *n)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    n->req.data = n;
    int e = uv_getaddrinfo(loop_uv(r->loop), &n->req, on_found, n->text, NULL, &hints);
    n->is_under_way = e == 0;
    if (e == 0)
        r->under_way++;
    else
        learn(n, NULL, uv_strerror(e));
}

static void start_next(struct resolver *r)
{
    while (r->under_way < RESOLVER_AT_ONCE && !list_is_empty(&r->waiting)) {
        struct name *n = CONTAINER_OF(r->waiting.next, struct name, waiting);
        list_remove(&n->waiting);
        start(r, n);
        if (!n->is_under_way)
            tell(n);
    }
}

static void drop_name(struct resolver *r, struct name *n)
{
    HASH_DEL(r->names, n);
    mem_free(n);
}

static bool is_idle(const struct name *n)
{
    return !n->is_under_way && !list_is_linked(&n->waiting);
}

/* Makes room when the table is full: what is over first, or else everything that is not in use. */
static bool has_room(struct resolver *r)
{
    if (HASH_COUNT(r->names) < RESOLVER_NAMES_MAX)
        return true;
    uint64_t now = loop_now_ms(r->loop);
    struct name *n, *next;
    for (int pass = 0; pass < 2 && HASH_COUNT(r->names) == RESOLVER_NAMES_MAX; pass++)
        HASH_ITER(hh, r->names, n, next)
    if (is_idle(n) && (n->until_ms <= now || pass == 1))
        drop_name(r, n);
    return HASH_COUNT(r->names) < RESOLVER_NAMES_MAX;
}

static struct name *name_of(struct resolver *r, struct bytes text)
{
    struct name *n;
    unsigned hash = (unsigned)siphash(&r->key, text);
    HASH_FIND_BYHASHVALUE(hh, r->names, text.p, text.n, hash, n);
    if (n != NULL)
        return n;
    if (!has_room(r))
        return NULL;
    n = mem_zalloc(1, sizeof(*n));
    n->resolver = r;
    list_init(&n->asks);
    memcpy(n->text, text.p, text.n);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, r->names, n->text, text.n, hash, n);
    return n;
}

static bool read_address(const char *text, struct addresses *ret)
{
    union address *a = &ret->all[0];
    if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1)
        a->v4.sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1)
        a->v6.sin6_family = AF_INET6;
    else
        return false;
    ret->n = 1;
    return true;
}

static bool has_failed(struct addresses *ret, const char *failure)
{
    *ret = (struct addresses){ .failure = failure };
    return true;
}

bool resolver_find(struct resolver *r, struct bytes name, struct resolver_ask *ask,
                   struct addresses *ret)
{
    char text[RESOLVER_NAME_MAX + 1] = "";
    if (name.n == 0 || name.n > RESOLVER_NAME_MAX || memchr(name.p, 0, name.n) != NULL)
        return has_failed(ret, "no host name");
    memcpy(text, name.p, name.n);
    *ret = (struct addresses){ 0 };
    if (read_address(text, ret))
        return true;
    struct name *n = name_of(r, name);
    if (n == NULL)
        return has_failed(ret, "too many names are being looked up");
    uint64_t now = loop_now_ms(r->loop);
    bool is_stale = n->found.n > 0 && now < n->until_ms + r->times.stale_ms;
    bool is_over = is_idle(n) && n->until_ms <= now;
    if (is_over && r->under_way < RESOLVER_AT_ONCE)
        start(r, n);
    else if (is_over)
        list_append(&r->waiting, &n->waiting);
    if (is_idle(n) || is_stale) {
        *ret = n->found;
        return true;
    }
    list_append(&n->asks, &ask->link);
    return false;
}

void resolver_cancel(struct resolver_ask *ask)
{
    list_remove(&ask->link);
}

/* -- life -------------------------------------------------------------------------------------- */

struct resolver *resolver_new(struct loop *loop, const struct resolver_times *times)
{
    static const struct resolver_times usual = { RESOLVER_KEEP_MS, RESOLVER_STALE_MS,
                                                 RESOLVER_KEEP_NOTHING_MS };
    struct resolver *r = mem_zalloc(1, sizeof(*r));
    r->times = times != NULL ? *times : usual;
    r->loop = loop;
    entropy_fill(&r->key, sizeof(r->key));
    list_init(&r->waiting);
    return r;
}

void resolver_free(struct resolver *r)
{
    if (r == NULL)
        return;
    struct name *n, *next;
    HASH_ITER(hh, r->names, n, next)
    {
        HASH_DEL(r->names, n);
        n->resolver = NULL;
        if (!n->is_under_way)
            mem_free(n);
        else
            uv_cancel((uv_req_t *)&n->req);
    }
    mem_free(r);
}
