#include "faces/consul/rows/virtual_tag.h"

#include "faces/consul/rows/mesh.h"

static void insert(const struct consul_rows *r, struct consul_extras *x,
                   struct consul_tagged tagged)
{
    struct consul_tagged *all = arena_zalloc(r->arena, x->tagged_n + 1, sizeof *all);
    size_t at = 0;
    while (at < x->tagged_n && bytes_cmp(x->tagged[at].name, tagged.name) < 0) {
        all[at] = x->tagged[at];
        at++;
    }
    all[at] = tagged;
    for (size_t i = at; i < x->tagged_n; i++)
        all[i + 1] = x->tagged[i];
    x->tagged = all;
    x->tagged_n++;
}

enum err consul_virtual_tag(const struct consul_rows *r, struct consul_service *s)
{
    struct virtual_address v;
    struct bytes service = consul_extras_mesh_service(&s->extras, s->name, r->arena);
    if (service.n == 0)
        return OK;
    enum err e = virtual_get(r->view, bytes_str(CONSUL_NS), service, r->arena, &v);
    if (e == ERR_NOT_FOUND)
        return OK;
    char *text = arena_alloc(r->arena, VIRTUAL_TEXT_MAX);
    if (e == OK && v.number > 0) {
        virtual_print(v.number, text);
        insert(r, &s->extras,
               (struct consul_tagged){ .name = bytes_str("consul-virtual"),
                                       .address = bytes_str(text),
                                       .port = s->port });
    }
    return e;
}

enum err consul_virtual_find(const struct view *view, struct bytes service, struct arena *arena,
                             struct bytes *ret)
{
    struct virtual_address v;
    char *text = arena_alloc(arena, VIRTUAL_TEXT_MAX);
    *ret = bytes_str("");
    enum err e = virtual_get(view, bytes_str(CONSUL_NS), service, arena, &v);
    if (e != OK)
        return e == ERR_NOT_FOUND ? OK : e;
    virtual_print(v.number, text);
    *ret = v.by_hand_n > 0 ? v.by_hand[0] : bytes_str(text);
    return OK;
}
