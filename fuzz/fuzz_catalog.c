/* Any bytes as a row of the catalog, a change of it, or a service's one word: the first byte says
 * which. What is read is written again as the same bytes; a word that is read names the same
 * service when it has been written. */
#include <assert.h>

#include "base/compiler.h"
#include "catalog/change.h"
#include "catalog/identity.h"
#include "catalog/node.h"
#include "catalog/overlay.h"
#include "catalog/publication.h"
#include "catalog/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err rewrite_publication(struct bytes in, struct arena *arena, struct buf *out)
{
    struct publication p;
    enum err e = publication_read(in, arena, &p);
    if (e == OK)
        publication_write(&p, out);
    return e;
}

static enum err rewrite_overlay(struct bytes in, struct arena *arena, struct buf *out)
{
    struct overlay o;
    enum err e = overlay_read(in, arena, &o);
    if (e == OK)
        overlay_write(&o, out);
    return e;
}

static enum err rewrite_service(struct bytes in, struct arena *arena, struct buf *out)
{
    struct service s;
    enum err e = service_read(in, arena, &s);
    if (e == OK)
        service_write(&s, out);
    return e;
}

static enum err rewrite_service_state(struct bytes in, struct arena *arena, struct buf *out)
{
    struct service_state s;
    enum err e = service_state_read(in, &s);
    if (e == OK)
        service_state_write(&s, out);
    return e;
}

static enum err rewrite_node(struct bytes in, struct arena *arena, struct buf *out)
{
    struct node n;
    enum err e = node_read(in, arena, &n);
    if (e == OK)
        node_write(&n, out);
    return e;
}

static enum err rewrite_check(struct bytes in, struct arena *arena, struct buf *out)
{
    struct check c;
    enum err e = check_read(in, &c);
    if (e == OK)
        check_write(&c, out);
    return e;
}

static void try_word(struct bytes word, struct buf *out)
{
    struct service_id id, back;
    if (service_id_parse((struct bytes){ 0 }, word, &id) != OK)
        return;
    enum err e = service_id_write(&id, out);
    assert(e == OK); /* a group that comes out of a word can go into one */
    e = service_id_parse((struct bytes){ 0 }, buf_bytes(out), &back);
    /* A name at its limit may have no room for its group beside it. */
    assert(e == OK || (e == ERR_TOO_BIG && out->n > SERVICE_NAME_MAX));
    assert(e != OK || service_id_eq(&id, &back));
}

static enum err rewrite_change(struct bytes in, struct arena *arena, struct buf *out)
{
    struct change_op *ops;
    size_t n;
    enum err e = change_read(in, arena, &ops, &n);
    if (e == OK)
        change_write(ops, n, out);
    return e;
}

static enum err (*const rewrites[])(struct bytes in, struct arena *arena, struct buf *out) = {
    rewrite_publication,   rewrite_overlay, rewrite_service,
    rewrite_service_state, rewrite_node,    rewrite_check,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buf out;
    if (size < 1)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    size_t kind = data[0] % (ARRAY_LEN(rewrites) + 2);
    arena_init(&arena, 0);
    buf_init(&out, SIZE_MAX / 4);
    if (kind == ARRAY_LEN(rewrites)) {
        try_word(in, &out);
    } else if (kind > ARRAY_LEN(rewrites)) {
        enum err e = rewrite_change(in, &arena, &out);
        assert(e != OK || bytes_eq(buf_bytes(&out), in));
        assert(arena.used_bytes <= 64 * in.n + 4096);
    } else if (rewrites[kind](in, &arena, &out) == OK) {
        assert(bytes_eq(buf_bytes(&out), in));
        assert(arena.used_bytes <= 16 * in.n + 4096);
    }
    buf_fini(&out);
    arena_fini(&arena);
    return 0;
}
