/* Instances of services, decoded, with what is made here beside them. */
#include "faces/consul/rows/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/index.h"
#include "faces/consul/call/face.h"
#include "faces/consul/rows/rows_core.h"
#include "faces/consul/rows/virtual_tag.h"
#include "wire/json_reader.h"

enum { SERVER_PORT = 8300 };

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
        e = consul_rows_read_checks(r, s->node, i->from->owner.part, 0, &list);
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
    buf_init(&text, ROWS_KEY_MAX);
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
            *node = consul_rows_own_node(r);
            e = OK;
        }
        if (e != OK)
            return e;
        memo->node = node;
    }
    *ret = memo->node;
    return OK;
}

static enum err read_proxy(const struct consul_rows *r, struct consul_service *s)
{
    return s->extras.proxy.n == 0
               ? OK
               : consul_rows_damage(json_read(s->extras.proxy, r->arena, &s->proxy, NULL));
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
        e = consul_rows_damage(consul_extras_read(p->said.extras, r->arena, &ret->extras));
    if (i->weight != p->said.weight || !is_consuls)
        ret->extras.passing = (i->weight + WEIGHT_ONE / 2) / WEIGHT_ONE;
    if (e == OK)
        e = read_proxy(r, ret);
    if (e == OK && is_consuls)
        e = consul_virtual_tag(r, ret);
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
                                    .create = ROWS_OF_MEMBER,
                                    .modify = ROWS_OF_MEMBER };
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
    struct service_state state;
    if (service_state_get(r->view, id, &state) == OK && state.name.n > 0)
        return consul_rows_word(r, state.group, state.name);
    return consul_rows_word(r, id->group, id->name);
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

/* The ids of all services, Muster's own among them; how many. */
static size_t all_ids(const struct services *services, struct service_id *ids)
{
    size_t n = 0;
    bool has_own = false;
    for (size_t i = 0; i < services->n; i++) {
        ids[n++] = services->all[i].id;
        has_own = has_own || is_own_service(&services->all[i].id);
    }
    if (!has_own)
        ids[n++] = (struct service_id){ .ns = consul_rows_ns(),
                                        .group = bytes_str(GROUP_DEFAULT),
                                        .name = bytes_str("consul") };
    return n;
}

/* By the name that is shown; those without instances first. */
static int compare_lists(const void *a, const void *b)
{
    const struct consul_service_list *x = a, *y = b;
    if (x->n == 0 || y->n == 0)
        return (x->n > 0) - (y->n > 0);
    return bytes_cmp(x->all[0].name, y->all[0].name);
}

static enum err read_all(const struct consul_rows *r, const struct service_id *ids, size_t n,
                         struct consul_service_list *ret)
{
    struct consul_service_list list = { 0 };
    struct consul_service_list *parts = arena_zalloc(r->arena, n, sizeof *parts);
    enum err e = OK;
    for (size_t i = 0; i < n && e == OK; i++) {
        e = consul_service_read(r, &ids[i], &parts[i]);
        list.n += parts[i].n;
    }
    if (e != OK)
        return e;
    qsort(parts, n, sizeof *parts, compare_lists);
    list.all = arena_zalloc(r->arena, list.n, sizeof *list.all);
    for (size_t i = 0, at = 0; i < n; at += parts[i++].n)
        if (parts[i].n > 0)
            memcpy(list.all + at, parts[i].all, parts[i].n * sizeof *list.all);
    *ret = list;
    return OK;
}

enum err consul_services_read(const struct consul_rows *r, struct consul_service_list *ret)
{
    struct services services;
    enum err e = services_read(r->view, consul_rows_ns(), r->arena, &services);
    if (e != OK)
        return e;
    struct service_id *ids = arena_zalloc(r->arena, services.n + 1, sizeof *ids);
    return read_all(r, ids, all_ids(&services, ids), ret);
}

static int compare_tags(const void *a, const void *b)
{
    const struct consul_tags *x = a, *y = b;
    return bytes_cmp(x->name, y->name);
}

enum err consul_tags_read(const struct consul_rows *r, struct consul_tag_list *ret)
{
    struct services services;
    struct consul_tag_list list = { 0 };
    bool has_own = false;
    enum err e = services_read(r->view, consul_rows_ns(), r->arena, &services);
    if (e != OK)
        return e;
    list.all = arena_zalloc(r->arena, services.n + 1, sizeof *list.all);
    for (size_t i = 0; i < services.n && e == OK; i++) {
        const struct service_id *id = &services.all[i].id;
        struct tags tags;
        if (services.all[i].state.publication_n == 0)
            continue;
        e = service_tags_read(r->view, id, r->arena, &tags);
        if (e == OK)
            list.all[list.n++] =
                (struct consul_tags){ consul_rows_word(r, id->group, id->name), tags.all, tags.n };
        has_own = has_own || is_own_service(id);
    }
    if (!has_own)
        list.all[list.n++] = (struct consul_tags){ .name = bytes_str("consul") };
    qsort(list.all, list.n, sizeof *list.all, compare_tags);
    *ret = list;
    return e;
}

/* -- what stands on a node -------------------------------------------------------------------- */

static int compare_services(const void *a, const void *b)
{
    const struct consul_service *x = a, *y = b;
    return bytes_cmp(x->id, y->id);
}

static int compare_ids(const void *a, const void *b)
{
    const struct service_id *x = a, *y = b;
    int order = bytes_cmp(x->group, y->group);
    return order != 0 ? order : bytes_cmp(x->name, y->name);
}

/* All instances of the services that something is published in from NODE. */
static enum err read_services_of(const struct consul_rows *r, const struct consul_node *node,
                                 struct consul_service_list *ret)
{
    struct all_from_node from;
    enum err e = from_node_read(r->view, consul_rows_ns(), node->row.name, r->arena, &from);
    if (e != OK)
        return e;
    struct service_id *ids = arena_zalloc(r->arena, from.n, sizeof *ids);
    size_t n = 0;
    for (size_t i = 0; i < from.n; i++)
        ids[i] = from.all[i].service;
    qsort(ids, from.n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < from.n; i++)
        if (n == 0 || compare_ids(&ids[n - 1], &ids[i]) != 0)
            ids[n++] = ids[i];
    return read_all(r, ids, n, ret);
}

/* Other faces' instances are on the node that their publication names, or on Muster's own: what
 * stands on that, only all services together know. */
enum err consul_node_services_read(const struct consul_rows *r, const struct consul_node *node,
                                   struct consul_service_list *ret)
{
    struct consul_service_list list;
    enum err e =
        node->is_member ? consul_services_read(r, &list) : read_services_of(r, node, &list);
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

/* -- what agents have registered ----------------------------------------------------------------
 */

static enum err decode_registered(const struct consul_rows *r, const struct consul_node *node,
                                  const struct from_node *from, struct consul_service *ret)
{
    const struct publication *said = &from->published.said;
    *ret = (struct consul_service){ .id = said->id,
                                    .name = shown_name(r, &from->service),
                                    .address = said->address,
                                    .port = said->port,
                                    .meta = said->metadata,
                                    .tags = said->tags,
                                    .tag_n = said->tag_n,
                                    .node = node,
                                    .face = FACE_CONSUL,
                                    .create = from->published.create,
                                    .modify = from->published.modify };
    enum err e = consul_rows_damage(consul_extras_read(said->extras, r->arena, &ret->extras));
    return e == OK ? read_proxy(r, ret) : e;
}

enum err consul_registered_read(const struct consul_rows *r, const struct consul_node *node,
                                struct bytes id, struct consul_service *ret)
{
    struct owner owner = { .face = FACE_CONSUL, .name = node->row.name, .part = id };
    struct from_node from;
    if (owner_check(&owner) != OK)
        return ERR_NOT_FOUND;
    enum err e = from_node_find(r->view, consul_rows_ns(), &owner, r->arena, &from);
    if (e == OK)
        e = decode_registered(r, node, &from, ret);
    if (e == OK && !bytes_eq(ret->id, id))
        return ERR_NOT_FOUND; /* an agent knows its own by their exact ids */
    if (e == OK)
        e = consul_rows_read_checks(r, node, id, 0, &ret->checks);
    for (size_t i = 0; e == OK && i < ret->checks.n; i++) {
        ret->checks.all[i].tags = ret->tags;
        ret->checks.all[i].tag_n = ret->tag_n;
        ret->checks.all[i].instance = ret->id;
    }
    return e;
}

enum err consul_registered_list(const struct consul_rows *r, const struct consul_node *node,
                                struct consul_service_list *ret)
{
    struct all_from_node from;
    struct consul_service_list list = { 0 };
    enum err e = from_node_read(r->view, consul_rows_ns(), node->row.name, r->arena, &from);
    if (e != OK)
        return e;
    list.all = arena_zalloc(r->arena, from.n, sizeof *list.all);
    for (size_t i = 0; i < from.n && e == OK; i++)
        if (from.all[i].published.owner.face == FACE_CONSUL)
            e = decode_registered(r, node, &from.all[i], &list.all[list.n++]);
    if (list.n > 0)
        qsort(list.all, list.n, sizeof *list.all, compare_services);
    *ret = list;
    return e;
}
