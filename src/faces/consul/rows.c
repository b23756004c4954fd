/* Rows, decoded, with what is made here beside them. */
#include "faces/consul/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/text.h"
#include "catalog/key.h"
#include "catalog/service.h"
#include "faces/consul/face.h"
#include "store/range.h"
#include "store/side.h"

enum {
    KEY_MAX = 64 * 1024,
    MEMBER_REVISION = 1, /* of what is made here: it was there before anything else */
    ID_PREFIX_LEAST = 2,
    SERVER_PORT = 8300,
};

/* A stored row is what `check` let in, so what its reader does not take is damage. */
static enum err as_damage(enum err e)
{
    return e == OK || e == ERR_VERSION ? e : ERR_DAMAGED;
}

static struct bytes ns(void)
{
    return bytes_str(CONSUL_NS);
}

static enum err read_prefix(const struct consul_rows *r, struct bytes prefix,
                            struct range_result *ret)
{
    struct buf end;
    buf_init(&end, KEY_MAX);
    prefix_end(prefix, &end);
    struct range_query query = { .space = SPACE_CATALOG, .key = prefix, .end = buf_bytes(&end) };
    enum err e = range_read(r->view, &query, r->arena, ret);
    buf_fini(&end);
    return e;
}

/* -- words ------------------------------------------------------------------------------------ */

const char *consul_status_word(enum status status)
{
    return status == STATUS_UP ? "passing" : status == STATUS_SUSPECT ? "warning" : "critical";
}

bool consul_status_parse(struct bytes word, enum status *ret)
{
    static const enum status all[] = { STATUS_UP, STATUS_SUSPECT, STATUS_DOWN };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (!bytes_is(word, consul_status_word(all[i])))
            continue;
        *ret = all[i];
        return true;
    }
    return false;
}

/* A service in one word; one that cannot be written so keeps its name alone. */
static struct bytes word_of(const struct consul_rows *r, struct bytes group, struct bytes name)
{
    struct service_id id = { .ns = ns(), .group = group, .name = name };
    struct buf word;
    if (name.n == 0 || text_eq_nocase(group, bytes_str(GROUP_DEFAULT)))
        return name;
    buf_init(&word, GROUP_MAX + SERVICE_NAME_MAX + 8);
    struct bytes ret =
        service_id_write(&id, &word) == OK ? arena_dup(r->arena, buf_bytes(&word)) : name;
    buf_fini(&word);
    return ret;
}

/* -- nodes ------------------------------------------------------------------------------------ */

static void add_tagged(struct consul_extras *x, const char *name, struct bytes address)
{
    x->tagged[x->tagged_n++] =
        (struct consul_tagged){ .name = bytes_str(name), .address = address };
}

static struct consul_node own_node(const struct consul_rows *r)
{
    const struct consul_self *self = r->self;
    struct bytes address = bytes_str(self->address);
    bool is_v6 = strchr(self->address, ':') != NULL;
    struct label *meta = arena_zalloc(r->arena, 2, sizeof *meta);
    meta[0] = (struct label){ bytes_str("consul-network-segment"), bytes_str("") };
    meta[1] = (struct label){ bytes_str("consul-version"), bytes_str(CONSUL_VERSION) };
    struct consul_node n = { .row = { .name = bytes_str(self->node_name),
                                      .id = bytes_str(self->node_id),
                                      .address = address,
                                      .metadata = { meta, 2 } },
                             .extras = consul_extras_none(),
                             .datacenter = bytes_str(self->datacenter),
                             .is_member = true,
                             .create = MEMBER_REVISION,
                             .modify = MEMBER_REVISION };
    n.extras.tagged = arena_zalloc(r->arena, 4, sizeof *n.extras.tagged);
    add_tagged(&n.extras, "lan", address);
    add_tagged(&n.extras, is_v6 ? "lan_ipv6" : "lan_ipv4", address);
    add_tagged(&n.extras, "wan", address);
    add_tagged(&n.extras, is_v6 ? "wan_ipv6" : "wan_ipv4", address);
    return n;
}

static bool is_own(const struct consul_rows *r, struct bytes name)
{
    return text_eq_nocase(name, bytes_str(r->self->node_name));
}

static enum err decode_node(const struct consul_rows *r, const struct kv *kv,
                            struct consul_node *ret)
{
    struct bytes row;
    *ret = (struct consul_node){ .datacenter = bytes_str(r->self->datacenter),
                                 .create = kv->create,
                                 .modify = kv->mod };
    enum err e = value_whole(r->view, &kv->value, r->arena, &row);
    if (e == OK)
        e = as_damage(node_read(row, r->arena, &ret->row));
    if (e == OK)
        e = as_damage(consul_extras_read(ret->row.extras, r->arena, &ret->extras));
    ret->is_member = e == OK && is_own(r, ret->row.name);
    return e;
}

static int compare_nodes(const void *a, const void *b)
{
    const struct consul_node *x = a, *y = b;
    return bytes_cmp(x->row.name, y->row.name);
}

enum err consul_nodes_read(const struct consul_rows *r, struct consul_node_list *ret)
{
    struct buf prefix;
    struct range_result rows;
    buf_init(&prefix, KEY_MAX);
    node_prefix(ns(), &prefix);
    enum err e = read_prefix(r, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    bool has_own = false;
    struct consul_node_list list = { .all =
                                         arena_zalloc(r->arena, rows.kv_n + 1, sizeof *list.all) };
    for (; list.n < rows.kv_n && e == OK; list.n++) {
        e = decode_node(r, &rows.kvs[list.n], &list.all[list.n]);
        has_own = has_own || list.all[list.n].is_member;
    }
    if (!has_own)
        list.all[list.n++] = own_node(r);
    qsort(list.all, list.n, sizeof *list.all, compare_nodes);
    *ret = list;
    return e;
}

enum err consul_node_read(const struct consul_rows *r, struct bytes name, struct consul_node *ret)
{
    struct buf key;
    struct kv kv;
    buf_init(&key, KEY_MAX);
    node_key(ns(), name, &key);
    enum err e = range_get(r->view, SPACE_CATALOG, buf_bytes(&key), 0, r->arena, &kv);
    buf_fini(&key);
    if (e == OK)
        return decode_node(r, &kv, ret);
    if (e == ERR_KEY_NOT_FOUND && is_own(r, name)) {
        *ret = own_node(r);
        return OK;
    }
    return e == ERR_KEY_NOT_FOUND ? ERR_NOT_FOUND : e;
}

static bool is_id_prefix(struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i], low = c | 0x20;
        if (c != '-' && (c < '0' || c > '9') && (low < 'a' || low > 'f'))
            return false;
    }
    return text.n >= ID_PREFIX_LEAST;
}

enum err consul_node_find(const struct consul_rows *r, struct bytes name_or_id,
                          struct consul_node *ret)
{
    struct consul_node_list nodes;
    enum err e = name_or_id.n == 0 ? ERR_NOT_FOUND : consul_node_read(r, name_or_id, ret);
    if (e != ERR_NOT_FOUND || !is_id_prefix(name_or_id))
        return e;
    e = consul_nodes_read(r, &nodes);
    if (e != OK)
        return e;
    for (size_t i = 0; i < nodes.n; i++) {
        struct bytes id = nodes.all[i].row.id;
        if (id.n < name_or_id.n || !text_eq_nocase(bytes_of(id.p, name_or_id.n), name_or_id))
            continue;
        *ret = nodes.all[i];
        return OK;
    }
    return ERR_NOT_FOUND;
}

/* -- checks ----------------------------------------------------------------------------------- */

static struct consul_check serf_health(const struct consul_node *node)
{
    return (struct consul_check){ .row = { .status = STATUS_UP,
                                           .id = bytes_str("serfHealth"),
                                           .name = bytes_str("Serf Health Status"),
                                           .output = bytes_str("Agent alive and reachable") },
                                  .node = node->row.name,
                                  .create = MEMBER_REVISION,
                                  .modify = MEMBER_REVISION };
}

static enum err decode_check(const struct consul_rows *r, const struct consul_node *node,
                             struct bytes instance, const struct kv *kv, struct consul_check *ret)
{
    struct bytes row;
    *ret = (struct consul_check){
        .node = node->row.name, .instance = instance, .create = kv->create, .modify = kv->mod
    };
    enum err e = value_whole(r->view, &kv->value, r->arena, &row);
    if (e == OK)
        e = as_damage(check_read(row, &ret->row));
    if (e == OK)
        e = as_damage(check_extras_read(ret->row.extras, r->arena, &ret->extras));
    if (e == OK)
        ret->service = word_of(r, ret->row.group, ret->row.service);
    return e;
}

/* Those of an instance, or of the node itself (INSTANCE empty). ROOM more are left in front. */
static enum err read_checks(const struct consul_rows *r, const struct consul_node *node,
                            struct bytes instance, size_t room, struct consul_check_list *ret)
{
    struct buf prefix;
    struct range_result rows;
    buf_init(&prefix, KEY_MAX);
    check_prefix(ns(), node->row.name, instance.p == NULL ? bytes_str("") : instance, &prefix);
    enum err e = read_prefix(r, buf_bytes(&prefix), &rows);
    buf_fini(&prefix);
    if (e != OK)
        return e;
    struct consul_check_list list = { .n = room };
    list.all = arena_zalloc(r->arena, room + rows.kv_n, sizeof *list.all);
    for (size_t i = 0; i < rows.kv_n && e == OK; i++)
        e = decode_check(r, node, instance, &rows.kvs[i], &list.all[list.n++]);
    *ret = list;
    return e;
}

enum err consul_node_checks_read(const struct consul_rows *r, const struct consul_node *node,
                                 struct consul_check_list *ret)
{
    enum err e = read_checks(r, node, bytes_str(""), node->is_member, ret);
    if (e == OK && node->is_member)
        ret->all[0] = serf_health(node);
    return e;
}

/* -- instances -------------------------------------------------------------------------------- */

/* What no check says: an operator's or another face's word, as a check of its own. */
static bool needs_word(const struct instance *i)
{
    if (i->from->owner.face != FACE_CONSUL)
        return i->is.status != STATUS_UP;
    return !i->is.enabled || i->is.status != i->from->checks;
}

static struct consul_check word_check(const struct consul_rows *r, const struct instance *i,
                                      const struct consul_service *s)
{
    bool is_out = !i->is.enabled;
    return (struct consul_check){
        .row = { .status = is_out ? STATUS_DOWN : i->is.status,
                 .id = bytes_str(
                     arena_printf(r->arena, "_muster:%.*s", (int)s->id.n, (const char *)s->id.p)),
                 .name = bytes_str(is_out ? "Service Maintenance Mode" : "Registered elsewhere"),
                 .type = bytes_str(is_out ? "maintenance" : ""),
                 .notes = bytes_str(is_out ? "taken out of service" : "") },
        .create = s->create,
        .modify = s->modify
    };
}

static enum err read_instance_checks(const struct consul_rows *r, const struct instance *i,
                                     struct consul_service *s)
{
    struct consul_check_list list = { 0 };
    bool is_consuls = i->from->owner.face == FACE_CONSUL;
    enum err e = OK;
    if (is_consuls)
        e = read_checks(r, s->node, i->from->owner.part, 0, &list);
    if (e != OK)
        return e;
    if (needs_word(i)) {
        struct consul_check *more = arena_zalloc(r->arena, list.n + 1, sizeof *more);
        if (list.n > 0)
            memcpy(more, list.all, list.n * sizeof *more);
        more[list.n++] = word_check(r, i, s);
        list.all = more;
    }
    for (size_t k = 0; k < list.n; k++) {
        list.all[k].node = s->node->row.name;
        list.all[k].instance = s->id;
        list.all[k].service = s->name;
        list.all[k].tags = s->tags;
        list.all[k].tag_n = s->tag_n;
    }
    s->checks = list;
    return OK;
}

static struct bytes id_of(const struct consul_rows *r, const struct service_id *id,
                          const struct published *p)
{
    struct buf text;
    if (p->owner.face == FACE_CONSUL)
        return p->said.id.n > 0 ? p->said.id : p->owner.part;
    buf_init(&text, KEY_MAX);
    instance_id_write(id, p->address, p->said.port, p->said.cluster, &text);
    struct bytes ret = arena_dup(r->arena, buf_bytes(&text));
    buf_fini(&text);
    return ret;
}

/* The node before, since those of one node stand together. */
struct node_memo {
    const struct consul_node *node;
};

static enum err find_node(const struct consul_rows *r, struct bytes name, struct node_memo *memo,
                          const struct consul_node **ret)
{
    if (name.n == 0)
        name = bytes_str(r->self->node_name);
    if (memo->node == NULL || !text_eq_nocase(memo->node->row.name, name)) {
        struct consul_node *node = arena_zalloc(r->arena, 1, sizeof *node);
        enum err e = consul_node_read(r, name, node);
        if (e == ERR_NOT_FOUND) { /* its publisher knows it, its row is gone */
            *node = own_node(r);
            e = OK;
        }
        if (e != OK)
            return e;
        memo->node = node;
    }
    *ret = memo->node;
    return OK;
}

static enum err decode_instance(const struct consul_rows *r, const struct service_id *id,
                                struct bytes word, const struct instance *i, struct node_memo *memo,
                                struct consul_service *ret)
{
    const struct published *p = i->from;
    bool is_consuls = p->owner.face == FACE_CONSUL;
    *ret = (struct consul_service){ .id = id_of(r, id, p),
                                    .name = word,
                                    .address = is_consuls ? p->said.address : p->address,
                                    .port = p->said.port,
                                    .meta = i->metadata,
                                    .tags = p->said.tags,
                                    .tag_n = p->said.tag_n,
                                    .face = p->owner.face,
                                    .create = p->create,
                                    .modify = p->modify,
                                    .extras = consul_extras_none() };
    enum err e = OK;
    if (is_consuls)
        e = as_damage(consul_extras_read(p->said.extras, r->arena, &ret->extras));
    if (i->weight != p->said.weight || !is_consuls)
        ret->extras.passing = (i->weight + WEIGHT_ONE / 2) / WEIGHT_ONE;
    if (e == OK)
        e = find_node(r, p->said.node, memo, &ret->node);
    return e != OK ? e : read_instance_checks(r, i, ret);
}

/* -- Muster's own ----------------------------------------------------------------------------- */

static struct consul_service own_service(const struct consul_rows *r,
                                         const struct consul_node *node)
{
    static struct label meta[] = {
        { { (const uint8_t *)"non_voter", 9 }, { (const uint8_t *)"false", 5 } },
        { { (const uint8_t *)"raft_version", 12 }, { (const uint8_t *)"3", 1 } },
        { { (const uint8_t *)"read_replica", 12 }, { (const uint8_t *)"false", 5 } },
        { { (const uint8_t *)"serf_protocol_current", 21 }, { (const uint8_t *)"2", 1 } },
        { { (const uint8_t *)"serf_protocol_max", 17 }, { (const uint8_t *)"5", 1 } },
        { { (const uint8_t *)"serf_protocol_min", 17 }, { (const uint8_t *)"1", 1 } },
        { { (const uint8_t *)"version", 7 },
          { (const uint8_t *)CONSUL_VERSION, sizeof CONSUL_VERSION - 1 } },
    };
    return (struct consul_service){ .id = bytes_str("consul"),
                                    .name = bytes_str("consul"),
                                    .port = SERVER_PORT,
                                    .meta = { meta, ARRAY_LEN(meta) },
                                    .extras = consul_extras_none(),
                                    .node = node,
                                    .face = FACE_NONE,
                                    .create = MEMBER_REVISION,
                                    .modify = MEMBER_REVISION };
}

static bool is_own_service(const struct service_id *id)
{
    return text_eq_nocase(id->name, bytes_str("consul")) &&
           text_eq_nocase(id->group, bytes_str(GROUP_DEFAULT));
}

/* -- services --------------------------------------------------------------------------------- */

/* As its first owner wrote it. */
static struct bytes shown_name(const struct consul_rows *r, const struct service_id *id)
{
    struct buf key;
    struct bytes row;
    struct service_state state;
    buf_init(&key, KEY_MAX);
    service_key(id, &key);
    enum err e = side_get(r->view, buf_bytes(&key), &row);
    buf_fini(&key);
    if (e == OK && service_state_read(row, &state) == OK)
        return word_of(r, state.group, state.name);
    return word_of(r, id->group, id->name);
}

enum err consul_service_read(const struct consul_rows *r, const struct service_id *id,
                             struct consul_service_list *ret)
{
    struct service_rows rows;
    struct node_memo memo = { 0 };
    const struct consul_node *own;
    bool has_own = is_own_service(id);
    enum err e = service_rows_read(r->view, id, r->arena, &rows);
    if (e != OK)
        return e;
    struct instances listed = instances_listed(FACE_CONSUL, &rows, r->arena);
    struct bytes word = shown_name(r, id);
    struct consul_service_list list = { .all = arena_zalloc(r->arena, listed.n + 1,
                                                            sizeof *list.all) };
    for (size_t i = 0; i < listed.n && e == OK; i++)
        e = decode_instance(r, id, word, &listed.all[i], &memo, &list.all[list.n++]);
    if (e == OK && has_own)
        e = find_node(r, bytes_str(""), &memo, &own);
    if (e == OK && has_own)
        list.all[list.n++] = own_service(r, own);
    *ret = list;
    return e;
}

struct names { /* of all services that have something published */
    const struct consul_rows *r;
    struct service_id *all;
    size_t n, room;
    enum err err;
    bool has_own;
};

static void add_name(struct names *names, struct bytes group, struct bytes name)
{
    if (names->n == names->room) {
        size_t room = names->room == 0 ? 64 : 2 * names->room;
        struct service_id *more = arena_zalloc(names->r->arena, room, sizeof *more);
        if (names->n > 0)
            memcpy(more, names->all, names->n * sizeof *more);
        names->all = more;
        names->room = room;
    }
    names->all[names->n++] = (struct service_id){ .ns = ns(), .group = group, .name = name };
    names->has_own = names->has_own || is_own_service(&names->all[names->n - 1]);
}

static bool take_name(void *ctx, struct bytes key, struct bytes value)
{
    struct names *names = ctx;
    struct service_state state;
    names->err = as_damage(service_state_read(value, &state));
    if (names->err == OK && state.publication_n > 0)
        add_name(names, state.group, state.name);
    return names->err == OK;
}

enum err consul_services_read(const struct consul_rows *r, struct consul_service_list *ret)
{
    struct names names = { .r = r };
    struct consul_service_list list = { 0 };
    struct buf prefix;
    buf_init(&prefix, KEY_MAX);
    service_prefix(ns(), &prefix);
    enum err e = side_each(r->view, buf_bytes(&prefix), take_name, &names);
    buf_fini(&prefix);
    if (e == OK)
        e = names.err;
    if (!names.has_own)
        add_name(&names, bytes_str(GROUP_DEFAULT), bytes_str("consul"));
    struct consul_service_list *parts = arena_zalloc(r->arena, names.n, sizeof *parts);
    for (size_t i = 0; i < names.n && e == OK; i++) {
        e = consul_service_read(r, &names.all[i], &parts[i]);
        list.n += parts[i].n;
    }
    if (e != OK)
        return e;
    list.all = arena_zalloc(r->arena, list.n, sizeof *list.all);
    size_t at = 0;
    for (size_t i = 0; i < names.n; i++) {
        memcpy(list.all + at, parts[i].all, parts[i].n * sizeof *list.all);
        at += parts[i].n;
    }
    *ret = list;
    return OK;
}

/* -- what stands on a node -------------------------------------------------------------------- */

static int compare_services(const void *a, const void *b)
{
    const struct consul_service *x = a, *y = b;
    return bytes_cmp(x->id, y->id);
}

enum err consul_node_services_read(const struct consul_rows *r, const struct consul_node *node,
                                   struct consul_service_list *ret)
{
    struct consul_service_list list;
    enum err e = consul_services_read(r, &list);
    if (e != OK)
        return e;
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++)
        if (text_eq_nocase(list.all[i].node->row.name, node->row.name))
            list.all[n++] = list.all[i];
    list.n = n;
    qsort(list.all, n, sizeof *list.all, compare_services);
    *ret = list;
    return OK;
}

enum err consul_registered_read(const struct consul_rows *r, const struct consul_node *node,
                                struct bytes id, struct consul_service *ret)
{
    struct consul_service_list list;
    enum err e = consul_node_services_read(r, node, &list);
    for (size_t i = 0; e == OK && i < list.n; i++) {
        if (list.all[i].face != FACE_CONSUL || !bytes_eq(list.all[i].id, id))
            continue;
        *ret = list.all[i];
        return OK;
    }
    return e == OK ? ERR_NOT_FOUND : e;
}
