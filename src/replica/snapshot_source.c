/* Rows come from the dump of a pinned view; a piece ends after the row that reaches PIECE_BYTES. */
#include "replica/snapshot_source.h"

#include "loop/loop.h"
#include "store/dump.h"

enum { PIECE_BYTES = 256 * 1024 };

enum err snapshot_source_open(struct snapshot_source *s, struct store *store, uint64_t cluster_id)
{
    *s = (struct snapshot_source){ .cluster_id = cluster_id };
    buf_init(&s->rows, SNAPSHOT_PIECE_MAX);
    buf_init(&s->identity, 65536);
    enum err e = store_identity(store, &s->identity);
    return e != OK && e != ERR_NOT_FOUND ? e : dump_open(store, &s->dump);
}

void snapshot_source_close(struct snapshot_source *s)
{
    if (s->dump != NULL)
        dump_close(s->dump);
    buf_fini(&s->rows);
    buf_fini(&s->identity);
}

uint64_t snapshot_source_index(const struct snapshot_source *s)
{
    return dump_index(s->dump);
}

struct snapshot_head snapshot_source_head(const struct snapshot_source *s)
{
    return (struct snapshot_head){
        .format = SNAPSHOT_FORMAT,
        .index = dump_index(s->dump),
        .term = dump_term(s->dump),
        .revision = dump_revision(s->dump),
        .cluster_id = s->cluster_id,
        .wall_ms = clock_wall_ms(),
        .members = buf_bytes(&s->identity),
    };
}

enum err snapshot_source_next(struct snapshot_source *s,
                              enum err (*each)(void *ctx, struct bytes block), void *ctx)
{
    buf_clear(&s->rows, PIECE_BYTES * 2);
    enum err e = dump_next(s->dump, PIECE_BYTES, &s->rows, &s->end);
    if (e != OK)
        return e;
    struct bytes left = buf_bytes(&s->rows);
    while (left.n > 0 && e == OK) {
        size_t n = left.n < SNAPSHOT_BLOCK ? left.n : SNAPSHOT_BLOCK;
        e = each(ctx, bytes_of(left.p, n));
        s->bytes += n;
        left = bytes_skip(left, n);
    }
    return e;
}
