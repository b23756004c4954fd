/* /v1/exported-services and /v1/imported-services: what the exported-services entry says that peers
 * may see. There are no peers, so nobody sees it, and nothing is imported. */
#include <stdlib.h>

#include "faces/consul/call/answer.h"
#include "faces/consul/call/areas.h"
#include "faces/consul/call/core.h"
#include "faces/consul/call/gate.h"
#include "faces/consul/config/entries.h"
#include "faces/consul/rows/lookup.h"
#include "faces/consul/rows/proxy.h"

struct exported { /* a service, and to whom */
    struct bytes service, peer;
};

struct exports {          /* call->state, of one view */
    struct exported *all; /* by service and peer, once each */
    size_t n, room;
};

/* -- the entry -------------------------------------------------------------------------------- */

/* The elements of a member that is a list. */
static const struct json_node *elements(const struct json_node *of, const char *name)
{
    const struct json_node *list = consul_member(of, name);
    return list == NULL || list->kind != JSON_NODE_ARRAY ? NULL : list->first;
}

static struct bytes text_of(const struct json_node *of, const char *name)
{
    const struct json_node *text = consul_member(of, name);
    return text == NULL || text->kind != JSON_NODE_STRING ? bytes_str("") : text->text;
}

static void add(struct exports *e, struct bytes service, struct bytes peer, struct arena *arena)
{
    if (e->n == e->room) {
        e->room = e->room == 0 ? 16 : 2 * e->room;
        struct exported *more = arena_zalloc(arena, e->room, sizeof *more);
        for (size_t i = 0; i < e->n; i++)
            more[i] = e->all[i];
        e->all = more;
    }
    e->all[e->n++] = (struct exported){ service, peer };
}

/* SERVICE, or all ordinary ones that there are for "*". */
static void add_named(struct exports *e, const struct consul_service_list *services,
                      struct bytes service, struct bytes peer, struct arena *arena)
{
    if (!bytes_is(service, "*")) {
        add(e, service, peer, arena);
        return;
    }
    for (size_t i = 0; i < services->n; i++) {
        const struct consul_service *s = &services->all[i];
        bool is_again = i > 0 && bytes_eq(services->all[i - 1].name, s->name);
        if (s->extras.kind.n == 0 && s->face != FACE_NONE && !is_again)
            add(e, s->name, peer, arena);
    }
}

static int compare(const void *a, const void *b)
{
    const struct exported *x = a, *y = b;
    int order = bytes_cmp(x->service, y->service);
    return order != 0 ? order : bytes_cmp(x->peer, y->peer);
}

static void gather(struct exports *e, const struct json_node *entry,
                   const struct consul_service_list *services, struct arena *arena)
{
    size_t n = 0;
    for (const struct json_node *s = elements(entry, "Services"); s != NULL; s = s->next) {
        struct bytes name = text_of(s, "Name");
        for (const struct json_node *to = elements(s, "Consumers"); to != NULL; to = to->next) {
            struct bytes peer = text_of(to, "Peer");
            peer = peer.n > 0 ? peer : text_of(to, "PeerName");
            if (name.n > 0 && peer.n > 0)
                add_named(e, services, name, peer, arena);
        }
    }
    if (e->n > 0)
        qsort(e->all, e->n, sizeof *e->all, compare);
    for (size_t i = 0; i < e->n; i++)
        if (n == 0 || compare(&e->all[n - 1], &e->all[i]) != 0)
            e->all[n++] = e->all[i];
    e->n = n;
}

/* -- answers ---------------------------------------------------------------------------------- */

static enum err index_exports(struct consul_call *c, const struct view *view, uint64_t *ret)
{
    struct arena *arena = &c->face->scratch;
    struct consul_rows rows = consul_rows_of(c, view);
    struct exports *e = c->state = arena_zalloc(arena, 1, sizeof *e);
    struct consul_service_list services;
    struct consul_entries all;
    uint64_t of_config = 0;
    enum err err = consul_index_of_table(c, view, REGISTRY_SERVICES, ret);
    if (err == OK)
        err = consul_index_of_table(c, view, REGISTRY_CONFIG, &of_config);
    if (of_config > *ret)
        *ret = of_config;
    if (err == OK)
        err = consul_services_read(&rows, &services);
    if (err == OK)
        err = consul_entries_read(view, ENTRY_EXPORTED_SERVICES, arena, &all);
    for (size_t i = 0; err == OK && i < all.n; i++) {
        const struct config_entry *entry = consul_entry_decode(&all, &all.all[i]);
        if (entry != NULL)
            gather(e, entry->as_sent, &services, arena);
        err = all.err;
    }
    return err;
}

static void answer_exports(struct consul_call *c, const struct view *view)
{
    const struct exports *e = c->state;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    for (size_t i = 0; i < e->n;) {
        struct bytes service = e->all[i].service;
        json_open_object(j);
        json_add_string(j, "Service", service);
        json_add_object(j, "Consumers");
        json_add_array(j, "Peers");
        for (; i < e->n && bytes_eq(e->all[i].service, service); i++)
            json_put_string(j, e->all[i].peer);
        json_close_array(j);
        json_close_object(j);
        json_close_object(j);
    }
    json_close_array(j);
    consul_answer_json(c, 200);
}

static void handle_exported(struct consul_call *c)
{
    static const struct consul_query query = { index_exports, answer_exports };
    if (consul_grant(c, ACCESS_READ, ACCESS_MESH, bytes_str("")))
        consul_query(c, &query);
}

static void handle_imported(struct consul_call *c)
{
    if (!consul_grant(c, ACCESS_READ, ACCESS_MESH, bytes_str("")))
        return;
    struct json_writer *j = consul_json(c);
    json_open_array(j);
    json_close_array(j);
    consul_answer_json(c, 200);
}

static const struct consul_route routes[] = {
    { .method = "GET",
      .path = "/v1/exported-services",
      .handle = handle_exported,
      .flags = CONSUL_INDEXED | CONSUL_BLOCKS | CONSUL_LEVELS,
      .access = "mesh:read",
      .does =
          "the services that the exported-services entry names, `*` being all ordinary ones, and "
          "the peers it names for each",
      .test = "test_exports services_are_listed_with_their_peers" },
    { .method = "GET",
      .path = "/v1/imported-services",
      .handle = handle_imported,
      .access = "mesh:read",
      .does = "none: there are no peers",
      .test = "test_exports nothing_is_imported" },
};

const struct consul_area consul_exports_area = { "exported-services", routes, ARRAY_LEN(routes) };
