/* Any bytes as a configuration entry. What is taken is written, and what was written is read again
 * and written the same; its chain compiles or is refused with a sentence, in bounded time. */
#include <assert.h>

#include "traffic/chain.h"
#include "traffic/config_entry_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_entry *find(void *ctx, enum config_entry_kind kind, struct bytes name)
{
    const struct config_entry *only = ctx;
    return only->kind == kind && bytes_eq(only->name, name) ? only : NULL;
}

static void write(const struct config_entry *entry, struct buf *out)
{
    struct json_writer j;
    json_init(&j, out);
    config_entry_write(entry, &j);
    assert(buf_err(out) == OK);
}

static void compile(struct config_entry *entry, struct arena *arena)
{
    const struct chain_source source = { find, entry };
    const struct chain_request request = { .service = entry->name,
                                           .datacenter = { (const uint8_t *)"dc1", 3 },
                                           .trust_domain = { (const uint8_t *)"td", 2 } };
    struct chain chain;
    struct why why = { "" };
    struct buf out;
    struct json_writer j;
    buf_init(&out, 64 << 20);
    if (chain_compile(&request, &source, arena, &chain, &why) == OK) {
        json_init(&j, &out);
        chain_write(&chain, &j);
    } else {
        assert(why.text[0] != 0);
    }
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct config_entry entry, again;
    struct why why = { "" };
    struct buf once, twice;
    arena_init(&arena, 0);
    buf_init(&once, 64 << 20);
    buf_init(&twice, 64 << 20);
    if (config_entry_read(bytes_of(data, size), &arena, &entry, &why) == OK &&
        config_entry_check(&entry, &arena, &why) == OK) {
        write(&entry, &once);
        assert(config_entry_read(buf_bytes(&once), &arena, &again, &why) == OK);
        assert(config_entry_check(&again, &arena, &why) == OK);
        write(&again, &twice);
        assert(bytes_eq(buf_bytes(&once), buf_bytes(&twice)));
        compile(&again, &arena);
    } else {
        assert(why.text[0] != 0);
    }
    buf_fini(&once);
    buf_fini(&twice);
    arena_fini(&arena);
    return 0;
}
