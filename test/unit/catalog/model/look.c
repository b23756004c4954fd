/* The store's rows, decoded one by one whatever reads them elsewhere. */
#include <assert.h>
#include <inttypes.h>

#include "base/rd.h"
#include "catalog/key.h"
#include "catalog/key_read.h"
#include "catalog/last.h"
#include "catalog/node.h"
#include "catalog/overlay.h"
#include "catalog/publication.h"
#include "catalog/service.h"
#include "store/range.h"
#include "store/side.h"
#include "test/unit/catalog/model/script.h"
#include "test/unit/catalog/model/translate.h"

enum { PARTS_OF_A_KEY = 6 };

struct looking {
    struct arena *arena;
    struct buf *out;
};

/* The parts of a key behind its letter, as text; how many. */
static size_t split(struct bytes key, struct arena *a, const char *parts[PARTS_OF_A_KEY])
{
    size_t n = 0;
    struct bytes rest = bytes_skip(key, 1);
    for (;;) {
        const uint8_t *end = rest.n == 0 ? NULL : memchr(rest.p, 0, rest.n);
        size_t part_n = end == NULL ? rest.n : (size_t)(end - rest.p);
        assert(n < PARTS_OF_A_KEY);
        parts[n++] = arena_str(a, bytes_of(rest.p, part_n));
        if (end == NULL)
            return n;
        rest = bytes_skip(rest, part_n + 1);
    }
}

static void put_row(struct buf *out, const struct kv *kv, unsigned value)
{
    buf_printf(out, "create=%" PRIu64 " mod=%" PRIu64 " value=%u", kv->create, kv->mod, value);
}

static bool is_shouted(struct bytes name)
{
    return name.n > 0 && name.p[0] >= 'A' && name.p[0] <= 'Z';
}

static void look_at_publication(struct looking *l, const struct kv *kv, struct bytes row)
{
    struct publication p;
    struct owner owner;
    struct service_id id;
    enum err e = publication_read(row, l->arena, &p);
    assert(e == OK);
    e = publication_key_owner(kv->key, &owner);
    assert(e == OK);
    e = publication_key_service(kv->key, &id);
    assert(e == OK);
    buf_printf(l->out, "publication %s %s ", arena_str(l->arena, id.ns),
               arena_str(l->arena, id.name));
    if (owner.name.n > 0)
        buf_printf(l->out, "%s/", arena_str(l->arena, owner.name));
    buf_printf(l->out, "%s ", arena_str(l->arena, owner.part));
    put_row(l->out, kv, p.port);
    buf_printf(l->out, " shout=%d lease=%" PRId64 " stage=%d spoke=%" PRIu64 "\n", is_shouted(p.id),
               kv->lease, (int)p.stage, p.spoke);
}

static void look_at_check(struct looking *l, const struct kv *kv, struct bytes row)
{
    const char *parts[PARTS_OF_A_KEY] = { NULL };
    struct check c;
    enum err e = check_read(row, &c);
    assert(e == OK);
    split(kv->key, l->arena, parts);
    buf_printf(l->out, "check %s %s/%s %s ", parts[0], parts[1], parts[2],
               arena_str(l->arena, c.id));
    put_row(l->out, kv, c.status == STATUS_DOWN ? 2 : (unsigned)c.status);
    buf_printf(l->out, " notes=%s output=%s of=%s\n", arena_str(l->arena, c.notes),
               arena_str(l->arena, c.output), arena_str(l->arena, c.service));
}

static void look_at_node(struct looking *l, const struct kv *kv, struct bytes row)
{
    const char *parts[PARTS_OF_A_KEY] = { NULL };
    struct node n;
    enum err e = node_read(row, l->arena, &n);
    assert(e == OK);
    split(kv->key, l->arena, parts);
    buf_printf(l->out, "node %s %s ", parts[0], arena_str(l->arena, n.name));
    put_row(l->out, kv, n.address.p[1] - '0');
    buf_put_str(l->out, "\n");
}

static void look_at_overlay(struct looking *l, const struct kv *kv, struct bytes row)
{
    const char *parts[PARTS_OF_A_KEY] = { NULL };
    struct overlay o;
    enum err e = overlay_read(row, l->arena, &o);
    assert(e == OK);
    split(kv->key, l->arena, parts);
    buf_printf(l->out, "overlay %s %s %s ", parts[0], parts[2], parts[3]);
    put_row(l->out, kv, o.weight);
    buf_put_str(l->out, "\n");
}

static void look_at_service(struct looking *l, const struct kv *kv, struct bytes row)
{
    const char *parts[PARTS_OF_A_KEY] = { NULL };
    struct service s;
    enum err e = service_read(row, l->arena, &s);
    assert(e == OK);
    split(kv->key, l->arena, parts);
    buf_printf(l->out, "service %s %s ", parts[0], parts[2]);
    put_row(l->out, kv, s.protect_threshold);
    buf_put_str(l->out, "\n");
}

static void look_at_object(struct looking *l, const struct kv *kv, struct bytes row)
{
    const char *parts[PARTS_OF_A_KEY] = { NULL };
    split(kv->key, l->arena, parts);
    buf_printf(l->out, "object %s %s ", parts[0], parts[2]);
    put_row(l->out, kv, row.p[0] - '0');
    buf_put_str(l->out, "\n");
}

static void look_at(struct looking *l, const struct kv *kv, struct bytes row)
{
    switch (kv->key.p[0]) {
    case 'p':
        look_at_publication(l, kv, row);
        break;
    case 'c':
        look_at_check(l, kv, row);
        break;
    case 'n':
        look_at_node(l, kv, row);
        break;
    case 'o':
        look_at_overlay(l, kv, row);
        break;
    case 's':
        look_at_service(l, kv, row);
        break;
    case 'g':
        look_at_object(l, kv, row);
        break;
    default:
        assert(false);
    }
}

/* -- beside the spaces ------------------------------------------------------------------------ */

static void look_at_state(struct looking *l, const char *const *parts, struct bytes row)
{
    struct service_state s;
    enum err e = service_state_read(row, &s);
    assert(e == OK);
    buf_printf(l->out, "state %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", parts[0],
               arena_str(l->arena, s.name), s.revision, s.last_removal, s.publication_n);
}

static void look_at_from(struct looking *l, const char *const *parts, struct bytes row)
{
    struct rd r;
    rd_init(&r, row);
    rd_run(&r);
    const char *service = arena_str(l->arena, rd_run(&r));
    rd_run(&r);
    assert(rd_end(&r) == OK && parts[2][0] == FACE_CONSUL);
    buf_printf(l->out, "from %s %s/%s %s\n", parts[0], parts[1], parts[2] + 1, service);
}

static void look_at_tables(struct looking *l, const char *const *parts, struct bytes row)
{
    struct registry_tables t;
    enum err e = registry_tables_read(row, &t);
    assert(e == OK);
    buf_printf(l->out,
               "tables %s nodes=%" PRIu64 " services=%" PRIu64 " checks=%" PRIu64 " config=%" PRIu64
               " extinct=%" PRIu64 "\n",
               parts[0], t.last[REGISTRY_NODES], t.last[REGISTRY_SERVICES], t.last[REGISTRY_CHECKS],
               t.last[REGISTRY_CONFIG], t.last[REGISTRY_EXTINCT]);
}

static bool look_beside(void *ctx, struct bytes key, struct bytes row)
{
    struct looking *l = ctx;
    const char *parts[PARTS_OF_A_KEY] = { NULL };
    uint64_t revision;
    split(key, l->arena, parts);
    switch (key.p[0]) {
    case 's':
        look_at_state(l, parts, row);
        break;
    case 'w':
        look_at_from(l, parts, row);
        break;
    case 't':
        look_at_tables(l, parts, row);
        break;
    case 'n':
        if (node_state_read(row, &revision) == OK)
            buf_printf(l->out, "node-state %s %s %" PRIu64 "\n", parts[0], parts[1], revision);
        break;
    default:
        assert(false);
    }
    return true;
}

void translate_store(const struct view *view, struct arena *arena, struct buf *out)
{
    struct looking l = { arena, out };
    struct range_query all = { .space = SPACE_CATALOG, .end = bytes_of("", 1) };
    struct range_result r;
    enum err e = range_read(view, &all, arena, &r);
    assert(e == OK);
    for (size_t i = 0; i < r.kv_n; i++) {
        struct bytes row;
        e = value_whole(view, &r.kvs[i].value, arena, &row);
        assert(e == OK);
        look_at(&l, &r.kvs[i], row);
    }
    e = side_each(view, (struct bytes){ 0 }, look_beside, &l);
    assert(e == OK);
}
