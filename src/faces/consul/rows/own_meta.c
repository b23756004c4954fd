#include "faces/consul/rows/own_meta.h"

/* In its place: labels ascend. */
static void add(struct labels *to, const char *name, const char *value)
{
    size_t at = to->n++;
    for (; at > 0 && bytes_cmp(to->all[at - 1].key, bytes_str(name)) > 0; at--)
        to->all[at] = to->all[at - 1];
    to->all[at] = (struct label){ bytes_str(name), bytes_str(value) };
}

struct labels consul_own_meta(const struct consul_meta *meta, size_t n, struct arena *arena)
{
    struct labels labels = { .all = arena_zalloc(arena, n + 2, sizeof *labels.all) };
    add(&labels, "consul-network-segment", "");
    add(&labels, "consul-version", CONSUL_VERSION);
    for (size_t i = 0; i < n; i++)
        add(&labels, meta[i].name, meta[i].value);
    return labels;
}
