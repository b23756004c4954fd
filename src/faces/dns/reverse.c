/* A pass looks at the nodes, then at the publications, by key: what has been found by then is
 * answered, nodes before services. Questions that come meanwhile wait for the next pass, so each
 * pass sees all that stood when its questions were asked. */
#include "faces/dns/reverse.h"

#include <libknot/codes.h>

#include "base/mem.h"
#include "catalog/key.h"
#include "catalog/key_read.h"
#include "catalog/node.h"
#include "catalog/publication.h"
#include "faces/dns/recurse.h"
#include "store/range.h"

enum { ROWS_A_PIECE = 256, KEY_MAX = 64 * 1024 };

enum pass { PASS_NONE, PASS_NODES, PASS_SERVICES };

struct question {
    struct list link;
    struct dns_asker asker;
    struct dns_query q;
    struct ip ip;
    size_t n;
    uint8_t packet[];
};

struct dns_reverse {
    struct dns_face *face;
    struct list waiting, now; /* for the next pass; of this one */
    size_t question_n;
    struct hub_work work;
    enum pass pass;
    struct buf from, end;        /* of what is left to look at */
    struct arena arena;          /* of a piece */
    struct access_reader reader; /* of a piece: what may not be seen has no address */
};

/* -- answering --------------------------------------------------------------------------------- */

static void drop(struct dns_reverse *r, struct question *question)
{
    list_remove(&question->link);
    r->question_n--;
    mem_free(question);
}

static void answer(struct dns_reverse *r, struct question *question, const struct dname *target)
{
    struct dns_face *face = r->face;
    struct dns_source source = dns_face_source(face, NULL);
    struct dns_reply reply;
    struct bytes name = target == NULL ? (struct bytes){ 0 } : dname_bytes(target);
    dns_answer_reverse(&source, name, &r->arena, &reply);
    dns_face_reply(face, &question->q, dns_asker_carrier(&question->asker), &reply);
    dns_asker_send(face, &question->asker);
    drop(r, question);
}

static bool may_recurse(const struct dns_face *face)
{
    return face->config->recursor_n > 0;
}

static void answer_not_found(struct dns_reverse *r, struct question *question)
{
    struct dns_face *face = r->face;
    if (!may_recurse(face)) {
        answer(r, question, NULL);
        return;
    }
    if (!dns_recurse_ask(face->recurse, &question->asker, &question->q,
                         bytes_of(question->packet, question->n)))
        dns_asker_send(face, &question->asker);
    drop(r, question);
}

/* `FRONT.kind.datacenter.domain` */
static struct dname name_of(const struct dns_reverse *r, struct bytes front, const char *kind)
{
    const struct dns_zones *zones = &r->face->config->zones;
    struct dname d = { .n = 0 };
    dname_put_dotted(&d, front);
    dname_put_label(&d, bytes_str(kind));
    dname_put_label(&d, zones->datacenter);
    dname_put_name(&d, dname_bytes(&zones->domain));
    return d;
}

/* Whoever asked for IP gets the name. */
static void answer_all_of(struct dns_reverse *r, const struct ip *ip, struct bytes front,
                          const char *kind)
{
    struct dname target = name_of(r, front, kind);
    LIST_FOR_EACH(link, &r->now)
    {
        struct question *question = CONTAINER_OF(link, struct question, link);
        if (!target.bad && bytes_eq(ip_bytes(&question->ip), ip_bytes(ip)))
            answer(r, question, &target);
    }
}

/* -- a pass ------------------------------------------------------------------------------------ */

/* The whole value: lent, or in the arena; empty if it cannot be read. */
static struct bytes value_of(const struct view *view, const struct kv *kv, struct arena *arena)
{
    if (kv->value.p != NULL)
        return bytes_of(kv->value.p, kv->value.n);
    struct buf b = { .p = arena_alloc(arena, kv->value.n), .room = kv->value.n };
    b.max = b.room;
    return value_append(view, &kv->value, &b) == OK ? buf_bytes(&b) : (struct bytes){ 0 };
}

static void look_at_node(struct dns_reverse *r, struct bytes row)
{
    struct node node;
    if (node_read(row, &r->arena, &node) != OK)
        return;
    struct ip ip = ip_parse(node.address);
    if (ip.n > 0 && access_may(&r->reader, ACCESS_READ, ACCESS_NODE, node.name))
        answer_all_of(r, &ip, node.name, "node");
}

static void look_at_publication(struct dns_reverse *r, struct bytes key, struct bytes row)
{
    struct publication p;
    struct service_id id;
    struct buf name;
    if (publication_read(row, &r->arena, &p) != OK || publication_key_service(key, &id) != OK)
        return;
    struct ip ip = ip_parse(p.address);
    if (ip.n == 0)
        return;
    buf_init(&name, 2 * KEY_MAX);
    if (service_id_write(&id, &name) == OK &&
        access_may(&r->reader, ACCESS_READ, ACCESS_SERVICE, buf_bytes(&name)) &&
        (p.node.n == 0 || access_may(&r->reader, ACCESS_READ, ACCESS_NODE, p.node)))
        answer_all_of(r, &ip, buf_bytes(&name), "service");
    buf_fini(&name);
}

static void set_range(struct dns_reverse *r, enum pass pass)
{
    struct bytes ns = bytes_str(NAMESPACE_DEFAULT);
    r->pass = pass;
    buf_clear(&r->from, KEY_MAX);
    buf_clear(&r->end, KEY_MAX);
    if (pass == PASS_NODES)
        node_prefix(ns, &r->from);
    else
        publications_prefix(ns, &r->from);
    prefix_end(buf_bytes(&r->from), &r->end);
}

/* False when nothing of this pass is left to look at. */
static bool look_at_piece(struct dns_reverse *r, const struct view *view)
{
    struct range_query query = { .space = SPACE_CATALOG,
                                 .key = buf_bytes(&r->from),
                                 .end = buf_bytes(&r->end),
                                 .limit = ROWS_A_PIECE };
    struct range_result rows;
    if (range_read(view, &query, &r->arena, &rows) != OK)
        return false;
    for (size_t i = 0; i < rows.kv_n && !list_is_empty(&r->now); i++) {
        struct bytes row = value_of(view, &rows.kvs[i], &r->arena);
        if (r->pass == PASS_NODES)
            look_at_node(r, row);
        else
            look_at_publication(r, rows.kvs[i].key, row);
    }
    if (!rows.more || rows.kv_n == 0 || list_is_empty(&r->now))
        return false;
    buf_clear(&r->from, KEY_MAX);
    buf_put_bytes(&r->from, rows.kvs[rows.kv_n - 1].key);
    buf_put_u8(&r->from, 0);
    return true;
}

/* True if no question is left at all. */
static bool next_pass(struct dns_reverse *r)
{
    if (r->pass == PASS_NODES && !list_is_empty(&r->now)) {
        set_range(r, PASS_SERVICES);
        return false;
    }
    LIST_FOR_EACH(link, &r->now)
    answer_not_found(r, CONTAINER_OF(link, struct question, link));
    r->pass = PASS_NONE;
    if (list_is_empty(&r->waiting))
        return true;
    list_splice(&r->now, &r->waiting);
    set_range(r, PASS_NODES);
    return false;
}

static bool run(struct hub_work *work, const struct view *view)
{
    struct dns_reverse *r = CONTAINER_OF(work, struct dns_reverse, work);
    r->reader = dns_face_reader(r->face, &r->arena);
    bool done = !look_at_piece(r, view) && next_pass(r);
    arena_clear(&r->arena);
    return done;
}

/* -- asking ------------------------------------------------------------------------------------ */

static void keep(struct dns_reverse *r, const struct dns_asker *asker, const struct dns_query *q,
                 const struct ip *ip, struct bytes in)
{
    struct question *question = mem_alloc(sizeof *question + in.n);
    *question = (struct question){ .asker = *asker, .q = *q, .ip = *ip, .n = in.n };
    memcpy(question->packet, in.p, in.n);
    r->question_n++;
    list_append(&r->waiting, &question->link);
    if (r->pass != PASS_NONE)
        return;
    list_splice(&r->now, &r->waiting);
    set_range(r, PASS_NODES);
    hub_work_add(r->face->hub, &r->work);
}

static void answer_at_once(struct dns_reverse *r, const struct dns_asker *asker,
                           const struct dns_query *q, struct bytes target)
{
    struct dns_source source = dns_face_source(r->face, NULL);
    struct dns_reply reply;
    dns_answer_reverse(&source, target, &r->face->arena, &reply);
    dns_face_reply(r->face, q, dns_asker_carrier(asker), &reply);
}

bool dns_reverse_ask(struct dns_reverse *r, const struct dns_asker *asker,
                     const struct dns_query *q, const struct dns_asked *asked, struct bytes in)
{
    const struct dns_config *c = r->face->config;
    struct ip ip = { .n = asked->address_n };
    memcpy(ip.p, asked->address, sizeof ip.p);
    struct dname own = name_of(r, c->node_name, "node");
    struct access_reader reader = dns_face_reader(r->face, &r->face->arena);
    bool is_own = bytes_eq(ip_bytes(&ip), ip_bytes(&c->node_address)) && !own.bad &&
                  access_may(&reader, ACCESS_READ, ACCESS_NODE, c->node_name);
    if (ip.n == 0 && may_recurse(r->face))
        return dns_recurse_ask(r->face->recurse, asker, q, in);
    if (is_own || ip.n == 0) {
        answer_at_once(r, asker, q, is_own ? dname_bytes(&own) : (struct bytes){ 0 });
    } else if (r->question_n == DNS_REVERSE_MAX) {
        dns_face_rcode(r->face, q, KNOT_RCODE_SERVFAIL);
    } else {
        keep(r, asker, q, &ip, in);
        return true;
    }
    return false;
}

/* -- life -------------------------------------------------------------------------------------- */

struct dns_reverse *dns_reverse_new(struct dns_face *face)
{
    struct dns_reverse *r = mem_zalloc(1, sizeof *r);
    r->face = face;
    r->work.run = run;
    list_init(&r->waiting);
    list_init(&r->now);
    buf_init(&r->from, 2 * KEY_MAX);
    buf_init(&r->end, 2 * KEY_MAX);
    arena_init(&r->arena, 0);
    return r;
}

/* Those whose connection is F; all if F is NULL. */
static void drop_some(struct dns_reverse *r, struct list *questions, const struct framed *f)
{
    LIST_FOR_EACH(link, questions)
    {
        struct question *question = CONTAINER_OF(link, struct question, link);
        if (f == NULL || question->asker.tcp == f)
            drop(r, question);
    }
}

void dns_reverse_forget(struct dns_reverse *r, const struct framed *f)
{
    drop_some(r, &r->waiting, f);
    drop_some(r, &r->now, f);
}

void dns_reverse_free(struct dns_reverse *r)
{
    if (r == NULL)
        return;
    dns_reverse_forget(r, NULL);
    if (r->pass != PASS_NONE)
        hub_work_remove(r->face->hub, &r->work);
    buf_fini(&r->from);
    buf_fini(&r->end);
    arena_fini(&r->arena);
    mem_free(r);
}
