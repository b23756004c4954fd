/* Packing and reading entries; the layout stands in entry.h. */
#include "store/entry.h"

void entry_writer_init(struct entry_writer *w, size_t max_bytes)
{
    *w = (struct entry_writer){ 0 };
    buf_init(&w->commands, max_bytes);
    buf_init(&w->origins, max_bytes);
}

void entry_writer_fini(struct entry_writer *w)
{
    buf_fini(&w->commands);
    buf_fini(&w->origins);
}

/* -- writing ---------------------------------------------------------------------------------- */

static void put_origin(struct buf *b, const struct origin *o)
{
    buf_put_run(b, o->principal);
    buf_put_u8(b, (uint8_t)o->face);
    buf_put_run(b, o->address);
    buf_put_run(b, o->why);
}

enum { RECENT = ENTRY_RECENT_ORIGINS };

/* The number of O in this entry; written if it is none of the last few. Whole encodings are
 * compared: a hash could be made to collide, and a command would have another's origin. */
static uint16_t number_of(struct entry_writer *w, const struct origin *o)
{
    size_t at = w->origins.n;
    put_origin(&w->origins, o);
    if (w->origins.full)
        return 0;
    struct bytes written = bytes_skip(buf_bytes(&w->origins), at);
    size_t known = w->origin_n < RECENT ? w->origin_n : RECENT;
    for (size_t i = 0; i < known; i++) {
        if (!bytes_eq(bytes_of(w->origins.p + w->recent[i].at, w->recent[i].n), written))
            continue;
        w->origins.n = at;
        return w->recent[i].number;
    }
    size_t slot = w->origin_n % RECENT;
    w->recent[slot].at = at;
    w->recent[slot].n = written.n;
    w->recent[slot].number = w->origin_n;
    return w->origin_n++;
}

enum err entry_writer_add(struct entry_writer *w, const struct command *command)
{
    const struct entry_writer before = *w;
    if (w->origin_n == UINT16_MAX)
        return ERR_TOO_BIG;
    uint16_t origin = number_of(w, command->origin);
    buf_put_u16(&w->commands, (uint16_t)command->kind);
    buf_put_u16(&w->commands, origin);
    buf_put_u64(&w->commands, command->policy_mark);
    buf_put_run(&w->commands, command->body);
    if (buf_err(&w->commands) == OK && buf_err(&w->origins) == OK) {
        w->command_n++;
        return OK;
    }
    /* As before, but for the memory, which may have moved. */
    memcpy(w->recent, before.recent, sizeof w->recent);
    w->origin_n = before.origin_n;
    w->commands.n = before.commands.n;
    w->origins.n = before.origins.n;
    w->commands.full = w->origins.full = false;
    return ERR_TOO_BIG;
}

enum err entry_writer_finish(struct entry_writer *w, struct entry_time time, struct buf *out)
{
    buf_put_u8(out, ENTRY_FORMAT);
    buf_put_u32(out, ENTRY_RULES);
    buf_put_u64(out, time.wall_ms);
    buf_put_u64(out, time.age_ms);
    buf_put_u16(out, w->origin_n);
    buf_put_bytes(out, buf_bytes(&w->origins));
    buf_put_u32(out, w->command_n);
    buf_put_bytes(out, buf_bytes(&w->commands));
    enum { KEEP_BYTES = 1024 * 1024 };
    buf_clear(&w->commands, KEEP_BYTES);
    buf_clear(&w->origins, KEEP_BYTES);
    w->command_n = 0;
    w->origin_n = 0;
    return buf_err(out);
}

/* -- reading ---------------------------------------------------------------------------------- */

static struct origin take_origin(struct rd *r)
{
    struct origin o = { 0 };
    o.principal = rd_run(r);
    uint8_t face = rd_u8(r);
    if (face >= FACES)
        rd_fail(r, ERR_MALFORMED);
    else
        o.face = (enum face)face;
    o.address = rd_run(r);
    o.why = rd_run(r);
    return o;
}

enum err entry_read(struct bytes payload, struct arena *arena, struct entry_reader *ret)
{
    enum { ORIGIN_MIN_BYTES = 13, COMMAND_MIN_BYTES = 16 };
    struct entry_reader e = { 0 };
    rd_init(&e.rd, payload);
    uint8_t format = rd_u8(&e.rd);
    if (e.rd.err == OK && format != ENTRY_FORMAT)
        return ERR_VERSION;
    e.rules = rd_u32(&e.rd);
    if (e.rd.err == OK && (e.rules == 0 || e.rules > ENTRY_RULES))
        return ERR_RULES;
    e.time.wall_ms = rd_u64(&e.rd);
    e.time.age_ms = rd_u64(&e.rd);
    e.origin_n = rd_u16(&e.rd);
    if (e.rd.err == OK && (size_t)e.origin_n * ORIGIN_MIN_BYTES > e.rd.left.n)
        return ERR_TRUNCATED;
    e.origins = arena_zalloc(arena, e.rd.err == OK ? e.origin_n : 0, sizeof *e.origins);
    for (size_t i = 0; i < e.origin_n && e.rd.err == OK; i++)
        e.origins[i] = take_origin(&e.rd);
    e.command_n = rd_u32(&e.rd);
    if (e.rd.err != OK)
        return e.rd.err;
    if ((uint64_t)e.command_n * COMMAND_MIN_BYTES > e.rd.left.n)
        return ERR_TRUNCATED;
    if (e.command_n == 0 && e.rd.left.n != 0)
        return ERR_MALFORMED;
    *ret = e;
    return OK;
}

enum err entry_next(struct entry_reader *e, struct command *ret)
{
    if (e->command_n == 0)
        return ERR_NOT_FOUND;
    struct command c = { 0 };
    c.kind = (enum command_kind)rd_u16(&e->rd);
    uint16_t origin = rd_u16(&e->rd);
    c.policy_mark = rd_u64(&e->rd);
    c.body = rd_run(&e->rd);
    if (e->rd.err == OK && origin >= e->origin_n)
        rd_fail(&e->rd, ERR_MALFORMED);
    if (e->rd.err == OK && --e->command_n == 0 && e->rd.left.n != 0)
        rd_fail(&e->rd, ERR_MALFORMED);
    if (e->rd.err != OK)
        return e->rd.err;
    c.origin = &e->origins[origin];
    *ret = c;
    return OK;
}
