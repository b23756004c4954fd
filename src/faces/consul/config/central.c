#include "faces/consul/config/central.h"

#include "faces/consul/call/answer.h"
#include "faces/consul/call/core.h"
#include "faces/consul/config/entries.h"
#include "faces/consul/rows/index.h"
#include "faces/consul/rows/mesh.h"
#include "traffic/central.h"

static bool is_asked(struct consul_call *c)
{
    return consul_param_is_given(c, "merge-central-config");
}

enum err consul_central_index(struct consul_call *c, const struct view *view, uint64_t *index)
{
    uint64_t of_config = 0;
    if (!is_asked(c))
        return OK;
    enum err e = consul_index_of_table(c, view, REGISTRY_CONFIG, &of_config);
    if (e == OK && of_config > *index)
        *index = of_config;
    return e;
}

static enum err merge(const struct chain_source *source, struct consul_service *s,
                      struct arena *arena)
{
    struct bytes service = s->name;
    (void)consul_extras_are_proxy(&s->extras, arena, &service);
    const struct config_entry *defaults =
        source->find(source->ctx, ENTRY_SERVICE_DEFAULTS, service);
    const struct config_entry *proxies =
        source->find(source->ctx, ENTRY_PROXY_DEFAULTS, bytes_str("global"));
    enum err e = central_merge(s->extras.proxy, defaults == NULL ? NULL : &defaults->defaults,
                               proxies == NULL ? NULL : &proxies->proxy, arena, &s->extras.proxy);
    return e == OK ? json_read(s->extras.proxy, arena, &s->proxy, NULL) : e;
}

bool consul_central_merge(struct consul_call *c, const struct view *view,
                          struct consul_service_list *list)
{
    struct consul_entries all;
    if (!is_asked(c))
        return true;
    enum err e = consul_entries_read(view, ENTRY_KIND_N, &c->face->scratch, &all);
    const struct chain_source source = consul_entries_source(&all);
    for (size_t i = 0; i < list->n && e == OK; i++)
        if (list->all[i].extras.kind.n > 0)
            e = merge(&source, &list->all[i], &c->face->scratch);
    if (e == OK)
        e = all.err;
    if (e != OK)
        consul_fail(c, e == ERR_MALFORMED ? ERR_DAMAGED : e);
    return e == OK;
}
