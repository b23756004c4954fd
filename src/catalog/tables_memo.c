/* A list of namespaces; an entry touches few. Consul's pairs have no namespace: they stand under
 * the empty one, and are known to the store, since they are also removed in ranges. */
#include "catalog/tables_memo.h"

#include "base/compiler.h"
#include "catalog/last.h"
#include "store/entry.h"
#include "store/side.h"

enum { KEY_MAX = 1 + NAMESPACE_MAX, ROW_MAX_BYTES = 1 + 8 * REGISTRY_TABLES };

struct touched_ns {
    struct bytes ns;
    struct registry_tables tables;
    struct touched_ns *next;
};

struct memo {
    struct arena *arena;
    struct touched_ns *first;
    bool pairs_done, has_rules;
    struct projection_rules rules;
};

static struct memo *memo_of(struct apply_context *c)
{
    struct arena *arena;
    void **at = apply_entry_memo(c, &arena);
    if (*at == NULL) {
        struct memo *m = arena_zalloc(arena, 1, sizeof *m);
        m->arena = arena;
        *at = m;
    }
    return *at;
}

void tables_memo_set_rules(struct apply_context *c, const struct projection_rules *rules)
{
    struct memo *m = memo_of(c);
    m->has_rules = true;
    m->rules = *rules;
    for (size_t i = 0; i < rules->n; i++)
        m->rules.all[i].prefix = arena_dup(m->arena, rules->all[i].prefix);
}

enum err tables_memo_rules(struct apply_context *c, const struct projection_rules **ret)
{
    struct memo *m = memo_of(c);
    struct projection_rules rules = { .n = 0 };
    enum err e = OK;
    if (!m->has_rules) {
        if (apply_rules(c) >= RULES_PROJECTION)
            e = projection_rules_get(draft_for(c, m->arena), &rules);
        if (e == OK)
            tables_memo_set_rules(c, &rules);
    }
    *ret = &m->rules;
    return e;
}

static void note(struct memo *m, struct bytes ns, enum registry_table table, uint64_t revision)
{
    struct touched_ns *t = m->first;
    while (t != NULL && !bytes_eq(t->ns, ns))
        t = t->next;
    if (t == NULL) {
        t = arena_zalloc(m->arena, 1, sizeof *t);
        t->ns = arena_dup(m->arena, ns);
        t->next = m->first;
        m->first = t;
    }
    if (t->tables.last[table] < revision)
        t->tables.last[table] = revision;
}

static bool table_of(uint8_t letter, enum registry_table *ret)
{
    static const struct {
        char letter;
        enum registry_table table;
    } tables[] = { { 'p', REGISTRY_SERVICES },   { 'o', REGISTRY_SERVICES },
                   { 's', REGISTRY_SERVICES },   { 'n', REGISTRY_NODES },
                   { 'c', REGISTRY_CHECKS },     { 'x', REGISTRY_SESSIONS },
                   { 'g', REGISTRY_CONFIG },     { 'q', REGISTRY_QUERIES },
                   { 'l', REGISTRY_COORDINATES } };
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        if ((uint8_t)tables[i].letter == letter) {
            *ret = tables[i].table;
            return true;
        }
    }
    return false;
}

struct noting {
    struct memo *memo;
    uint64_t revision;
};

static void note_change(void *ctx, enum space space, struct bytes key)
{
    const struct noting *n = ctx;
    enum registry_table table;
    if (space != SPACE_CATALOG || key.n < 2 || !table_of(key.p[0], &table))
        return;
    const uint8_t *end = memchr(key.p + 1, 0, key.n - 1);
    if (end != NULL)
        note(n->memo, bytes_of(key.p + 1, (size_t)(end - key.p) - 1), table, n->revision);
}

void tables_memo_note(struct apply_context *c, const struct plan *p)
{
    struct noting n = { .memo = memo_of(c), .revision = draft_revision(p->draft) };
    draft_each_change(p->draft, note_change, &n);
    for (const struct extinct *x = p->extinct; x != NULL; x = x->next)
        note(n.memo, x->ns, REGISTRY_EXTINCT, n.revision);
}

/* -- at the end ------------------------------------------------------------------------------- */

static enum err write_ns(struct apply_context *c, const struct touched_ns *t)
{
    uint8_t key_room[KEY_MAX], row_room[ROW_MAX_BYTES];
    struct buf key = { .p = key_room, .room = sizeof key_room, .max = sizeof key_room };
    struct buf row = { .p = row_room, .room = sizeof row_room, .max = sizeof row_room };
    struct registry_tables tables = { 0 };
    struct bytes stands;
    tables_key(t->ns, &key);
    enum err e = side_get(apply_view(c), buf_bytes(&key), &stands);
    if (e == OK && registry_tables_read(stands, &tables) != OK)
        e = ERR_DAMAGED;
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    for (size_t i = 0; i < REGISTRY_TABLES; i++)
        if (tables.last[i] < t->tables.last[i])
            tables.last[i] = t->tables.last[i];
    registry_tables_write(&tables, &row);
    return apply_side_put(c, buf_bytes(&key), buf_bytes(&row));
}

enum err tables_memo_write(struct apply_context *c, void *memo, uint64_t *rows, bool *ret_done)
{
    uint64_t pairs = apply_last_revision(c, SPACE_CONSUL_KV);
    enum err e = OK;
    struct memo *m = memo;
    if (m == NULL && pairs == 0) {
        *ret_done = true;
        return OK;
    }
    m = memo_of(c);
    if (!m->pairs_done && pairs > 0)
        note(m, bytes_str(""), REGISTRY_PAIRS, pairs);
    m->pairs_done = true;
    for (; e == OK && m->first != NULL && *rows > 0; m->first = m->first->next, --*rows)
        e = write_ns(c, m->first);
    *ret_done = m->first == NULL;
    return e;
}
