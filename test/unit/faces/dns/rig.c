#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/key.h"
#include "catalog/node.h"

static struct buf key, row, query, answer;

static uint16_t weigh(const struct instance *i)
{
    return (uint16_t)(i->weight / WEIGHT_ONE);
}

struct dns_settings rig_settings(void)
{
    return (struct dns_settings){
        .domain = "consul",
        .alt_domain = "",
        .datacenter = "dc1",
        .node_name = "own",
        .node_address = "192.0.2.1",
        .service_ttl = "",
        .node_meta_txt = true,
        .udp_answer_limit = 3,
        .soa_refresh_ms = 3600000,
        .soa_retry_ms = 600000,
        .soa_expire_ms = 86400000,
        .recursors = "",
        .token = "",
        .weight = weigh,
        .recursor_timeout_ms = 2000,
    };
}

void rig_configure(struct rig *r)
{
    struct why why = { 0 };
    dns_config_fini(&r->config);
    assert_int_equal(dns_config_init(&r->config, &r->settings, &why), OK);
}

int rig_set_up(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    if (stand_set_up(&r->stand) != 0)
        return -1;
    r->settings = rig_settings();
    rig_configure(r);
    *state = r;
    return 0;
}

void rig_forget(void)
{
    buf_fini(&key);
    buf_fini(&row);
    buf_fini(&query);
    buf_fini(&answer);
}

int rig_tear_down(void **state)
{
    struct rig *r = *state;
    dns_config_fini(&r->config);
    arena_fini(&r->arena);
    stand_tear_down(&r->stand);
    rig_forget();
    free(r);
    return 0;
}

static void begin(struct buf *b)
{
    buf_fini(b);
    buf_init(b, 1 << 20);
}

/* Registers OP, which carries ROW; or puts ROW at KEY. */
static void put_row(struct rig *r, const struct change_op *op)
{
    struct stand *s = r->stand;
    if (r->change != NULL) {
        r->change(r->ctx, op);
        return;
    }
    entries_put(&s->entries, SPACE_CATALOG, buf_bytes(&key), buf_bytes(&row), 0);
    assert_int_equal(stand_apply(s)->err, OK);
}

struct publication rig_at(const char *address, uint16_t port)
{
    return (struct publication){
        .enabled = true, .weight = WEIGHT_ONE, .address = bytes_str(address), .port = port
    };
}

void rig_publish(struct rig *r, const char *service, const char *part, struct publication p)
{
    rig_publish_by(r, FACE_CONSUL, service, part, p);
}

void rig_publish_by(struct rig *r, enum face face, const char *service, const char *part,
                    struct publication p)
{
    struct owner owner = { .face = face,
                           .name = p.node.n > 0 ? p.node : bytes_str("o"),
                           .part = bytes_str(part) };
    struct service_id id;
    assert_int_equal(service_id_parse((struct bytes){ 0 }, bytes_str(service), &id), OK);
    p.id = owner.part;
    begin(&key);
    begin(&row);
    publication_key(&id, &owner, &key);
    publication_write(&p, &row);
    struct change_op op = { .kind = CHANGE_PUBLICATION,
                            .ns = id.ns,
                            .publication = { .when.verb = OP_SET,
                                             .group = id.group,
                                             .name = id.name,
                                             .owner = owner,
                                             .of_member = true,
                                             .row = buf_bytes(&row) } };
    put_row(r, &op);
}

void rig_node(struct rig *r, const char *name, const char *address, const char *meta)
{
    const char *equals = meta == NULL ? NULL : strchr(meta, '=');
    struct label label = { { 0 }, { 0 } };
    struct node n = { .name = bytes_str(name), .address = bytes_str(address) };
    if (equals != NULL) {
        label = (struct label){ bytes_of(meta, (size_t)(equals - meta)), bytes_str(equals + 1) };
        n.metadata = (struct labels){ &label, 1 };
    }
    rig_put_node(r, &n);
}

void rig_put_node(struct rig *r, const struct node *n)
{
    begin(&key);
    begin(&row);
    node_key(bytes_str(NAMESPACE_DEFAULT), n->name, &key);
    node_write(n, &row);
    struct change_op op = { .kind = CHANGE_NODE,
                            .ns = bytes_str(NAMESPACE_DEFAULT),
                            .node = {
                                .when.verb = OP_SET, .name = n->name, .row = buf_bytes(&row) } };
    put_row(r, &op);
}

void rig_check(struct rig *r, const char *node, const char *part, enum status status)
{
    struct check_id id = { bytes_str(NAMESPACE_DEFAULT), bytes_str(node), bytes_str(part),
                           bytes_str("check") };
    struct check c = { .status = status, .id = id.check };
    begin(&key);
    begin(&row);
    check_key(&id, &key);
    check_write(&c, &row);
    struct change_op op = { .kind = CHANGE_CHECK,
                            .ns = id.ns,
                            .check = { .when.verb = OP_SET,
                                       .node = id.node,
                                       .instance = id.instance,
                                       .id = id.check,
                                       .row = buf_bytes(&row) } };
    put_row(r, &op);
}

const char *rig_answer(struct rig *r, const struct dns_ask *ask, enum dns_carrier carrier)
{
    const struct stand *s = r->stand;
    struct dns_query q;
    struct dns_asked asked;
    struct dns_reply reply;
    struct dns_source source = {
        .config = &r->config, .view = s->view, .serial = 7, .reader = r->reader
    };
    struct dns_style *style = &r->config.style;
    begin(&query);
    begin(&answer);
    arena_clear(&r->arena);
    dns_ask_write(ask, &query);
    assert_int_equal(dns_query_read(buf_bytes(&query), &q), OK);
    assert_int_equal(q.rcode, 0);
    dns_name_parse(&r->config.zones, dname_bytes(&q.name), q.type == 33 /* SRV */, &r->arena,
                   &asked);
    assert_true(asked.kind != DNS_OUTSIDE && asked.kind != DNS_REVERSE);
    dns_answer(&source, &asked, q.type, &r->arena, &reply);
    struct dns_room room = dns_room_for(&q, carrier, style);
    bool whole;
    dns_render(&q, &reply, &room, style, &r->seed, &answer, &whole);
    assert_true(answer.n <= room.bytes);
    dns_finish(&q, &answer, answer.n);
    return dns_text(buf_bytes(&answer));
}

const char *rig_ask(struct rig *r, const char *name, uint16_t type)
{
    static char text[1 << 18];
    struct dns_ask ask = { .name = name, .type = type, .no_rd = true, .edns_bytes = 4096 };
    const char *all = rig_answer(r, &ask, DNS_UDP);
    const char *opt = strstr(all, "+ OPT 4096\n");
    assert_non_null(opt);
    size_t n = (size_t)(opt - all);
    assert_true(n < sizeof text);
    memcpy(text, all, n);
    text[n] = 0;
    return text;
}

struct bytes rig_packet(const struct rig *r)
{
    (void)r;
    return buf_bytes(&answer);
}

size_t rig_count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}
