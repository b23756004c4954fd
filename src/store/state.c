/* The row of META that holds the counters: fixed width, little-endian. It is read and written with
 * every transaction. */
#include "store/state.h"

#include "store/lmdb_err.h"

enum { STATE_FORMAT = 1, STATE_BYTES = 1 + 7 * 8 + SPACES * (5 * 8 + 4) + 2 * 4 };

static uint8_t *put(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> (8 * i));
    return p + n;
}

static uint64_t take(const uint8_t **p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)(*p)[i] << (8 * i);
    *p += n;
    return v;
}

static void read_fields(const uint8_t *p, struct state *s)
{
    uint64_t *const counters[] = { &s->revision, &s->system_revision, &s->index, &s->term,
                                   &s->age_ms,   &s->wall_ms,         &s->time_s };
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        *counters[i] = take(&p, 8);
    for (size_t i = 0; i < SPACES; i++) {
        s->compacted[i] = take(&p, 8);
        s->swept[i] = take(&p, 8);
        s->swept_sub[i] = (uint32_t)take(&p, 4);
        s->sweeping[i] = take(&p, 8);
        s->sweep_done[i] = take(&p, 8);
        s->keys[i] = take(&p, 8);
    }
    s->next_layer = (uint32_t)take(&p, 4);
    s->origins = (uint32_t)take(&p, 4);
}

enum err state_read(MDB_txn *txn, MDB_dbi meta, struct state *ret)
{
    MDB_val key = lmdb_val(bytes_str("state")), row;
    enum err e = lmdb_err(mdb_get(txn, meta, &key, &row));
    if (e == ERR_NOT_FOUND) {
        *ret = (struct state){ .revision = 1 };
        return OK;
    }
    if (e != OK)
        return e;
    const uint8_t *p = row.mv_data;
    if (row.mv_size > 0 && p[0] != STATE_FORMAT)
        return ERR_VERSION;
    if (row.mv_size != STATE_BYTES)
        return ERR_DAMAGED;
    read_fields(p + 1, ret);
    return OK;
}

enum err state_write(MDB_txn *txn, MDB_dbi meta, const struct state *s)
{
    uint8_t bytes[STATE_BYTES], *p = bytes;
    const uint64_t counters[] = { s->revision, s->system_revision, s->index, s->term,
                                  s->age_ms,   s->wall_ms,         s->time_s };
    *p++ = STATE_FORMAT;
    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        p = put(p, counters[i], 8);
    for (size_t i = 0; i < SPACES; i++) {
        p = put(p, s->compacted[i], 8);
        p = put(p, s->swept[i], 8);
        p = put(p, s->swept_sub[i], 4);
        p = put(p, s->sweeping[i], 8);
        p = put(p, s->sweep_done[i], 8);
        p = put(p, s->keys[i], 8);
    }
    p = put(p, s->next_layer, 4);
    put(p, s->origins, 4);
    MDB_val key = lmdb_val(bytes_str("state")), row = lmdb_val(bytes_of(bytes, sizeof bytes));
    return lmdb_err(mdb_put(txn, meta, &key, &row, 0));
}

uint64_t state_oldest(const struct state *s, bool system)
{
    uint64_t oldest = state_compacted(s, SPACE_SYSTEM);
    for (unsigned i = 0; i < SPACES && !system; i++)
        if (i == 0 || (i != SPACE_SYSTEM && state_compacted(s, (enum space)i) < oldest))
            oldest = state_compacted(s, (enum space)i);
    return oldest;
}
