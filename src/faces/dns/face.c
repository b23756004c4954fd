/* Queries are put aside when they come, and answered when the hub says that its view is good: one
 * reading for all of a turn. Packets stay where the socket received them; messages of a connection
 * are copied, since its buffer is not ours. */
#include "faces/dns/face.h"

#include <assert.h>

#include "base/mem.h"
#include "faces/dns/core.h"
#include "faces/dns/counts.h"
#include "faces/dns/recurse.h"
#include "faces/dns/respond.h"
#include "faces/dns/reverse.h"

#define ANSWERING_NS UINT64_C(2000000) /* in one turn, about */

enum { OUT_MAX = 128 * 1024 };

struct message {
    struct list link;
    struct framed *from;
    size_t n;
    uint8_t bytes[];
};

/* -- answering --------------------------------------------------------------------------------- */

static void answer_one(struct dns_face *face, const struct dns_asker *asker, struct bytes in,
                       const struct view *view)
{
    dns_respond(face, asker, in, view);
    arena_clear(&face->arena);
}

static void answer_runs(struct dns_face *face, const struct view *view, uint64_t until_ns)
{
    while (face->run_n > 0) {
        struct dns_run *run = &face->runs[face->run_n - 1];
        for (; run->at < run->n; run->at++) {
            const struct udp_packet *packet = &run->packets[run->at];
            struct dns_asker asker = { .udp = run->socket, .peer = packet->peer };
            if (clock_now_ns() >= until_ns)
                return;
            answer_one(face, &asker, packet->in, view);
        }
        face->run_n--;
        udp_resume(run->socket);
    }
}

static void answer_messages(struct dns_face *face, const struct view *view, uint64_t until_ns)
{
    while (!list_is_empty(&face->messages) && clock_now_ns() < until_ns) {
        struct message *m = LIST_FIRST(&face->messages, struct message, link);
        struct dns_asker asker = { .tcp = m->from };
        list_remove(&m->link);
        answer_one(face, &asker, bytes_of(m->bytes, m->n), view);
        mem_free(m);
    }
}

/* Those there is no time for wait for the next turn. */
static void answer_all(struct dns_face *face, const struct view *view)
{
    uint64_t until_ns = view == NULL ? UINT64_MAX : clock_now_ns() + ANSWERING_NS;
    answer_runs(face, view, until_ns);
    answer_messages(face, view, until_ns);
}

static void want_view(struct dns_face *face)
{
    const struct caller caller = { .face = FACE_DNS, .token = dns_face_token(face) };
    if (face->is_reading)
        return;
    arena_clear(&face->asking);
    if (access_ask(face->hub, &caller, NULL, 0, &face->asking, &face->read.granted, NULL) != OK) {
        answer_all(face, NULL);
        return;
    }
    face->is_reading = true;
    hub_read(face->hub, &face->read);
}

static void on_ready(struct hub_read *read, enum err err, const struct view *view)
{
    struct dns_face *face = CONTAINER_OF(read, struct dns_face, read);
    face->is_reading = false;
    if (err == OK)
        face->reader = access_reader(face->hub, read->granted);
    answer_all(face, err == OK ? view : NULL);
    if (face->run_n > 0 || !list_is_empty(&face->messages))
        want_view(face);
}

/* -- what comes -------------------------------------------------------------------------------- */

static void on_packets(void *context, struct udp_socket *s, const struct udp_packet *packets,
                       size_t n)
{
    struct dns_face *face = context;
    assert(face->run_n < DNS_RUNS_MAX);
    face->runs[face->run_n++] = (struct dns_run){ .socket = s, .packets = packets, .n = n };
    want_view(face);
}

static void on_message(void *context, struct framed *f, struct bytes in)
{
    struct dns_face *face = context;
    struct message *m = mem_alloc(sizeof *m + in.n);
    *m = (struct message){ .from = f, .n = in.n };
    if (in.n > 0)
        memcpy(m->bytes, in.p, in.n);
    list_append(&face->messages, &m->link);
    want_view(face);
}

static void on_gone(void *context, struct framed *f)
{
    struct dns_face *face = context;
    LIST_FOR_EACH(link, &face->messages)
    {
        struct message *m = CONTAINER_OF(link, struct message, link);
        if (m->from != f)
            continue;
        list_remove(link);
        mem_free(m);
    }
    dns_reverse_forget(face->reverse, f);
    dns_recurse_forget(face->recurse, f);
}

const struct udp_reader dns_udp_reader = { .packets = on_packets };
const struct framed_service dns_tcp_service = { .waiting_max = DNS_TCP_WAITING_MAX,
                                                .message = on_message,
                                                .gone = on_gone };

/* -- life -------------------------------------------------------------------------------------- */

static void on_changed(struct hub_listener *l, unsigned spaces, const struct view *view)
{
    struct dns_face *face = CONTAINER_OF(l, struct dns_face, listener);
    if ((spaces & BIT(SPACE_SYSTEM)) != 0) /* rules of access stand there */
        dns_cache_drop(face->cache);
    else if ((spaces & BIT(SPACE_CATALOG)) != 0)
        dns_cache_doubt(face->cache);
}

static struct dns_counts *make_counts(struct metrics *metrics)
{
    struct dns_counts *c = mem_zalloc(1, sizeof *c);
#define X(field, name, help) c->field = metric_counter(metrics, name, help);
    DNS_COUNT_LIST(X)
#undef X
    return c;
}

struct dns_face *dns_face_new(struct hub *hub, const struct dns_config *config,
                              struct metrics *metrics)
{
    struct dns_face *face = mem_zalloc(1, sizeof *face);
    face->hub = hub;
    face->loop = hub_loop(hub);
    face->config = config;
    face->cache = dns_cache_new(DNS_CACHE_BYTES);
    if (config->rate_limit > 0)
        face->limit = dns_limit_new(config->rate_limit);
    face->counts = make_counts(metrics);
    face->reverse = dns_reverse_new(face);
    face->recurse = dns_recurse_new(face);
    face->seed = entropy_u64();
    face->read.ready = on_ready;
    list_init(&face->messages);
    arena_init(&face->arena, 0);
    arena_init(&face->asking, 0);
    buf_init(&face->out, OUT_MAX);
    face->listener.changed = on_changed;
    hub_listen(hub, &face->listener);
    return face;
}

void dns_face_free(struct dns_face *face)
{
    if (face == NULL)
        return;
    assert(list_is_empty(&face->messages));
    hub_unlisten(face->hub, &face->listener);
    hub_read_cancel(face->hub, &face->read);
    dns_recurse_free(face->recurse);
    dns_reverse_free(face->reverse);
    dns_cache_free(face->cache);
    dns_limit_free(face->limit);
    mem_free(face->counts);
    arena_fini(&face->arena);
    arena_fini(&face->asking);
    buf_fini(&face->out);
    mem_free(face);
}
