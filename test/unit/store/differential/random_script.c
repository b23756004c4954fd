/* Whole random scripts: a universe of keys, then entries of commands that a model runs along with,
 * so that compares, leases and revisions hit what is there. */
#include "test/unit/store/differential/random.h"
#include "test/unit/store/differential/translate.h"

#include "base/compiler.h"

enum { LONGEST_KEY = 4096, ENTRY_COMMANDS = 20 };

struct style {
    size_t key_n;
    bool long_keys, duplicates, crowded; /* crowded: few keys, many versions */
    unsigned compact_weight;
};

static const int64_t lease_ids[] = { 1, 2, 3, -7, INT64_MAX, INT64_MIN };

/* -- keys ------------------------------------------------------------------------------------- */

static struct bytes short_key(struct script *s, struct dice *d)
{
    static const uint8_t letters[] = { 'a', 'b', '/', 0x00, 0x01, 0xff };
    size_t n = dice_below(d, 5);
    uint8_t *p = arena_alloc(&s->arena, n + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = letters[dice_below(d, ARRAY_LEN(letters))];
    return bytes_of(p, n);
}

/* A key that shares its beginning with the others of the same BASE. */
static struct bytes long_key(struct script *s, struct dice *d, const uint8_t *base)
{
    static const size_t lengths[] = { 489, 490, 491, 510, 511, 512, 980, 981, 982, 1470, 4096 };
    static const size_t places[] = { 0, 488, 489, 490, 491, 492, 979, 980, 981, 1471 };
    static const uint8_t letters[] = { 'a', 'b', 0x00, 0x01, 0xff };
    size_t n = lengths[dice_below(d, ARRAY_LEN(lengths))];
    uint8_t *p = arena_alloc(&s->arena, n);
    memcpy(p, base, n);
    if (dice_percent(d, 50))
        p[n - 1] = letters[dice_below(d, ARRAY_LEN(letters))];
    size_t place = places[dice_below(d, ARRAY_LEN(places))];
    if (dice_percent(d, 30) && place < n)
        p[place] = letters[dice_below(d, ARRAY_LEN(letters))];
    return bytes_of(p, n);
}

static void make_keys(struct script *s, struct dice *d, const struct style *style)
{
    uint8_t base[LONGEST_KEY];
    static const uint8_t fills[] = { 'a', 0x00, 0xff };
    memset(base, fills[dice_below(d, ARRAY_LEN(fills))], sizeof base);
    for (size_t tries = 0; tries < style->key_n * 2 && s->key_n < style->key_n; tries++) {
        bool is_long = style->long_keys && dice_percent(d, 70);
        script_know(s, is_long ? long_key(s, d, base) : short_key(s, d));
    }
    if (dice_percent(d, 20))
        script_know(s, bytes_of("", 0));
}

/* -- commands --------------------------------------------------------------------------------- */

static int64_t some_lease_id(struct random_source *r)
{
    if (r->model->lease_n > 0 && dice_percent(r->dice, 85))
        return r->model->leases[dice_below(r->dice, r->model->lease_n)].grant.id;
    return lease_ids[dice_below(r->dice, ARRAY_LEN(lease_ids))];
}

static struct model_command make_grant(struct random_source *r)
{
    uint64_t ttl_ms = dice_between(r->dice, 1, 100) * 1000;
    return (struct model_command){
        .kind = MODEL_COMMAND_GRANT,
        .grant = {
            .id = dice_percent(r->dice, 3) ? 0 : lease_ids[dice_below(r->dice, ARRAY_LEN(lease_ids))],
            .ttl_ms = ttl_ms,
            .suspect_ms = dice_percent(r->dice, 50) ? ttl_ms / 3 : 0,
            .down_ms = dice_percent(r->dice, 50) ? ttl_ms / 2 : 0,
            .remove_ms = dice_percent(r->dice, 3) ? 0 : ttl_ms,
            .face = dice_percent(r->dice, 80) ? 1 : (int)dice_between(r->dice, 1, 3),
        },
    };
}

static struct model_command make_revoke(struct random_source *r)
{
    int64_t id = some_lease_id(r);
    const struct model_lease *lease = model_lease(r->model, id);
    int face = lease == NULL || dice_percent(r->dice, 10) ? (int)dice_below(r->dice, 4)
                                                          : lease->grant.face;
    return (struct model_command){ .kind = MODEL_COMMAND_REVOKE,
                                   .revoke = { .id = id, .face = face } };
}

static struct model_command make_move(struct random_source *r)
{
    int64_t id = some_lease_id(r);
    const struct model_lease *lease = model_lease(r->model, id);
    bool aimed = lease != NULL && dice_percent(r->dice, 90);
    return (struct model_command){
        .kind = MODEL_COMMAND_MOVE,
        .move = {
            .id = id,
            .from = aimed ? lease->stage : (enum model_stage)dice_below(r->dice, 3),
            .to = (enum model_stage)dice_below(r->dice, 4),
        },
    };
}

static struct model_command make_checkpoint(struct random_source *r)
{
    size_t n = dice_below(r->dice, 4);
    struct model_remaining *leases = arena_zalloc(r->arena, n + 1, sizeof *leases);
    for (size_t i = 0; i < n; i++)
        leases[i] = (struct model_remaining){ .id = some_lease_id(r),
                                              .remaining_ms = dice_below(r->dice, 100000) };
    return (struct model_command){ .kind = MODEL_COMMAND_CHECKPOINT,
                                   .checkpoint = { .leases = leases, .n = n } };
}

static struct model_command make_compact(struct random_source *r)
{
    unsigned space = random_space(r->dice);
    uint64_t newest = model_newest(r->model, space);
    uint64_t compacted = r->model->spaces[space].compacted;
    uint64_t revision = dice_between(r->dice, compacted, newest);
    switch (dice_below(r->dice, 12)) {
    case 0:
        revision = newest + 1;
        break;
    case 1:
        revision = dice_below(r->dice, compacted + 1);
        break;
    case 2:
    case 3:
    case 4:
        revision = newest;
        break;
    }
    return (struct model_command){ .kind = MODEL_COMMAND_COMPACT,
                                   .compact = { .space = space, .revision = revision } };
}

/* What an upper folder's kind would write: single keys. */
static struct model_command make_writes(struct random_source *r)
{
    struct model_txn *txn = arena_zalloc(r->arena, 1, sizeof *txn);
    size_t n = dice_below(r->dice, 4);
    txn->then_ops = arena_zalloc(r->arena, n + 1, sizeof *txn->then_ops);
    txn->then_n = n;
    for (size_t i = 0; i < n; i++) {
        unsigned space = random_space(r->dice);
        struct bytes key = r->keys[dice_below(r->dice, r->key_n)];
        txn->then_ops[i] =
            (struct model_op){ .kind = MODEL_OP_REMOVE, .remove = { .space = space, .key = key } };
        if (dice_percent(r->dice, 30))
            continue;
        struct model_put put = { .space = space, .key = key, .value = random_value(r->dice) };
        put.lease = dice_percent(r->dice, 25) ? some_lease_id(r) : 0;
        put.want_prev = dice_percent(r->dice, 20);
        txn->then_ops[i] = (struct model_op){ .kind = MODEL_OP_PUT, .put = put };
    }
    return (struct model_command){ .kind = MODEL_COMMAND_WRITES, .txn = txn };
}

static struct model_command make_command(struct random_source *r, const struct style *style)
{
    unsigned weights[] = { 80, 5, 3, 5, 2, style->compact_weight, 5 };
    switch (dice_weighted(r->dice, weights, ARRAY_LEN(weights))) {
    case 1:
        return make_grant(r);
    case 2:
        return make_revoke(r);
    case 3:
        return make_move(r);
    case 4:
        return make_checkpoint(r);
    case 5:
        return make_compact(r);
    case 6:
        return make_writes(r);
    }
    struct model_txn *txn =
        random_txn(r, dice_percent(r->dice, 5), style->duplicates && dice_percent(r->dice, 50));
    return (struct model_command){ .kind = MODEL_COMMAND_TXN, .txn = txn };
}

static struct style make_style(struct dice *d)
{
    struct style style = {
        .long_keys = dice_percent(d, 60),
        .duplicates = dice_percent(d, 25),
        .crowded = dice_percent(d, 30),
        .compact_weight = (unsigned)dice_below(d, 8),
    };
    style.key_n = style.crowded ? dice_between(d, 2, 4) : dice_between(d, 5, 30);
    return style;
}

static void fill_entry(struct script *s, struct random_source *r, struct model *m,
                       const struct style *style)
{
    script_entry(s);
    model_entry(m, m->index + 1, 1, 0, 0);
    size_t n = dice_percent(r->dice, 3) ? 0 : dice_between(r->dice, 1, ENTRY_COMMANDS);
    for (size_t i = 0; i < n; i++) {
        struct model_command command = make_command(r, style);
        command.origin = (unsigned)dice_below(r->dice, 100);
        script_add(s, &command);
        struct arena arena;
        struct model_outcome outcome;
        arena_init(&arena, 0);
        m->face = translate_origin(command.origin).face;
        model_run(m, &command, &arena, &outcome);
        arena_fini(&arena);
    }
}

void random_script(struct script *s, uint64_t seed, size_t operations)
{
    struct dice d = dice_of(seed, 0);
    struct style style = make_style(&d);
    make_keys(s, &d, &style);
    struct model *m = model_new();
    struct random_source r = {
        .dice = &d, .keys = s->keys, .key_n = s->key_n, .model = m, .arena = &s->arena
    };
    for (size_t done = 0; done < operations;) {
        size_t entry = s->entry_n;
        fill_entry(s, &r, m, &style);
        struct script last = { .entries = &s->entries[entry], .entry_n = 1 };
        done += script_operations(&last) + 1;
    }
    model_free(m);
}
