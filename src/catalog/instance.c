/* Merging by sorting: what is the same stands together, the best of it first; one of each run is
 * taken, and those taken go back into the order of their rows. */
#include "catalog/instance.h"

#include <stdlib.h>

#include "catalog/service.h"

/* -- state ------------------------------------------------------------------------------------ */

enum status status_worse(enum status a, enum status b)
{
    return a > b ? a : b;
}

static enum status status_of_stage(enum lease_stage stage)
{
    switch (stage) {
    case LEASE_LIVE:
        return STATUS_UP;
    case LEASE_SUSPECT:
        return STATUS_SUSPECT;
    case LEASE_DOWN:
    case LEASE_REMOVED:
        break;
    }
    return STATUS_DOWN;
}

static bool gives_way(enum status reported)
{
    return reported == STATUS_UP || reported == STATUS_SUSPECT || reported == STATUS_OUT_OF_SERVICE;
}

struct effective effective_state(const struct state_inputs *in)
{
    const struct overlay none = { 0 }, *over = in->overlay == NULL ? &none : in->overlay;
    bool decided = (over->has & OVERLAY_STATUS) != 0 && gives_way(in->reported);
    enum status said = decided ? over->status : in->reported;
    bool in_service = said != STATUS_OUT_OF_SERVICE;
    enum status health = status_worse(status_of_stage(in->stage), in->checks);
    health = status_worse(health, in_service ? said : STATUS_UP);
    struct effective is = {
        .enabled = in_service && (over->has & OVERLAY_ENABLED ? over->enabled : in->enabled),
        .healthy = health <= STATUS_SUSPECT,
    };
    is.status = is.enabled ? health : STATUS_OUT_OF_SERVICE;
    return is;
}

/* -- order ------------------------------------------------------------------------------------ */

struct pick {
    const struct published *p;
    size_t at; /* its row */
    bool own;
};

static uint8_t folded(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static int cmp_folded(struct bytes a, struct bytes b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++)
        if (folded(a.p[i]) != folded(b.p[i]))
            return folded(a.p[i]) < folded(b.p[i]) ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

static int cmp_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static struct bytes cluster_or_default(struct bytes cluster)
{
    return cluster.n == 0 ? bytes_str(CLUSTER_DEFAULT) : cluster;
}

static int cmp_cluster(struct bytes a, struct bytes b)
{
    return bytes_cmp(cluster_or_default(a), cluster_or_default(b));
}

/* By address; by node where that is not known, before all addresses. */
static int cmp_host(const struct published *a, const struct published *b)
{
    if ((a->address.n == 0) != (b->address.n == 0))
        return a->address.n == 0 ? -1 : 1;
    return a->address.n == 0 ? cmp_folded(a->said.node, b->said.node)
                             : cmp_folded(a->address, b->address);
}

/* By address and port; 0 for the same place. Two without a port never are. */
static int cmp_place(const struct pick *a, const struct pick *b)
{
    const struct publication *x = &a->p->said, *y = &b->p->said;
    int order = cmp_host(a->p, b->p);
    if (order == 0)
        order = cmp_number(x->port, y->port);
    return order == 0 && x->port == 0 ? cmp_number(a->at, b->at) : order;
}

static int cmp_address(const struct pick *a, const struct pick *b)
{
    int order = cmp_place(a, b);
    return order != 0 ? order : cmp_cluster(a->p->said.cluster, b->p->said.cluster);
}

static int cmp_id(const struct pick *a, const struct pick *b)
{
    const struct publication *x = &a->p->said, *y = &b->p->said;
    int order = cmp_host(a->p, b->p);
    if (order == 0)
        order = cmp_number(x->port, y->port);
    if (order == 0)
        order = cmp_cluster(x->cluster, y->cluster);
    if (order == 0)
        order = bytes_cmp(x->id, y->id);
    return order == 0 ? cmp_folded(x->node, y->node) : order;
}

/* The better one first. */
static int cmp_worth(const struct pick *a, const struct pick *b)
{
    bool a_down = a->p->said.stage == LEASE_DOWN, b_down = b->p->said.stage == LEASE_DOWN;
    if (a_down != b_down)
        return a_down ? 1 : -1;
    int order = cmp_number(b->p->said.spoke, a->p->said.spoke);
    return order != 0 ? order : cmp_number(b->at, a->at);
}

static int cmp_place_worth(const void *a, const void *b)
{
    int order = cmp_place(a, b);
    return order != 0 ? order : cmp_worth(a, b);
}

static int cmp_address_worth(const void *a, const void *b)
{
    int order = cmp_address(a, b);
    return order != 0 ? order : cmp_worth(a, b);
}

static int cmp_id_worth(const void *a, const void *b)
{
    int order = cmp_id(a, b);
    return order != 0 ? order : cmp_worth(a, b);
}

static int cmp_rows(const void *a, const void *b)
{
    const struct pick *x = a, *y = b;
    if (x->own != y->own)
        return x->own ? -1 : 1;
    return cmp_number(x->at, y->at);
}

static void sort(struct pick *picks, size_t n, int (*cmp)(const void *, const void *))
{
    if (n > 0)
        qsort(picks, n, sizeof *picks, cmp);
}

/* -- picking ---------------------------------------------------------------------------------- */

/* Leaves the best of each run of equals; how many. */
static size_t keep_best(struct pick *picks, size_t n, int (*cmp_all)(const void *, const void *),
                        int (*cmp)(const struct pick *, const struct pick *))
{
    size_t kept = 0;
    sort(picks, n, cmp_all);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || cmp(&picks[kept - 1], &picks[i]) != 0)
            picks[kept++] = picks[i];
    return kept;
}

/* Leaves what is not where one of OWN is; how many. */
static size_t drop_places(struct pick *picks, size_t n, struct pick *own, size_t own_n)
{
    size_t kept = 0, o = 0;
    sort(own, own_n, cmp_place_worth);
    for (size_t i = 0; i < n; i++) {
        while (o < own_n && cmp_place(&own[o], &picks[i]) < 0)
            o++;
        if (o == own_n || cmp_place(&own[o], &picks[i]) != 0)
            picks[kept++] = picks[i];
    }
    return kept;
}

static const struct overlay *find_overlay(const struct service_rows *rows,
                                          const struct published *p)
{
    size_t from = 0, to = rows->overlay_n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        const struct overlaid *o = &rows->overlays[mid];
        int order = cmp_folded(o->address, p->address);
        if (order == 0)
            order = cmp_number(o->port, p->said.port);
        if (order == 0)
            order = cmp_cluster(o->cluster, p->said.cluster);
        if (order == 0)
            return &o->overlay;
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

static struct instance make_instance(const struct service_rows *rows, const struct published *p,
                                     struct arena *arena)
{
    const struct publication *said = &p->said;
    const struct overlay *over = find_overlay(rows, p);
    struct state_inputs in = { .stage = said->stage,
                               .reported = said->reported,
                               .enabled = said->enabled,
                               .checks = p->checks,
                               .overlay = over };
    struct instance i = {
        .from = p, .metadata = said->metadata, .weight = said->weight, .is = effective_state(&in)
    };
    if (over != NULL && (over->has & OVERLAY_WEIGHT) != 0)
        i.weight = over->weight;
    if (over != NULL && (over->has & OVERLAY_METADATA) != 0)
        i.metadata = labels_merge(&said->metadata, &over->metadata, arena);
    return i;
}

static struct instances make_instances(const struct service_rows *rows, struct pick *picks,
                                       size_t n, struct arena *arena)
{
    struct instances made = { .n = n, .all = arena_zalloc(arena, n, sizeof *made.all) };
    sort(picks, n, cmp_rows);
    for (size_t i = 0; i < n; i++)
        made.all[i] = make_instance(rows, picks[i].p, arena);
    return made;
}

struct instances instances_merge(const struct service_rows *rows, struct arena *arena)
{
    size_t n = rows->published_n;
    struct pick *picks = arena_zalloc(arena, n, sizeof *picks);
    for (size_t i = 0; i < n; i++)
        picks[i] = (struct pick){ .p = &rows->published[i], .at = i };
    n = keep_best(picks, n, cmp_address_worth, cmp_address);
    return make_instances(rows, picks, n, arena);
}

struct instances instances_listed(enum face face, const struct service_rows *rows,
                                  struct arena *arena)
{
    struct pick *picks = arena_zalloc(arena, rows->published_n, sizeof *picks);
    struct pick *foreign = arena_zalloc(arena, rows->published_n, sizeof *foreign);
    size_t own_n = 0, foreign_n = 0;
    for (size_t i = 0; i < rows->published_n; i++) {
        struct pick pick = { .p = &rows->published[i], .at = i };
        pick.own = pick.p->owner.face == face;
        if (pick.own)
            picks[own_n++] = pick;
        else
            foreign[foreign_n++] = pick;
    }
    own_n = keep_best(picks, own_n, cmp_id_worth, cmp_id);
    foreign_n = keep_best(foreign, foreign_n, cmp_place_worth, cmp_place);
    foreign_n = drop_places(foreign, foreign_n, picks, own_n);
    if (foreign_n > 0)
        memcpy(&picks[own_n], foreign, foreign_n * sizeof *foreign);
    return make_instances(rows, picks, own_n + foreign_n, arena);
}

bool instances_are_protected(const struct instances *instances, const struct service *service)
{
    uint64_t enabled = 0, healthy = 0;
    for (size_t i = 0; i < instances->n; i++) {
        const struct effective *is = &instances->all[i].is;
        enabled += is->enabled;
        healthy += is->enabled && is->healthy;
    }
    return service != NULL && enabled > 0 &&
           healthy * THRESHOLD_ONE <= enabled * service->protect_threshold;
}
