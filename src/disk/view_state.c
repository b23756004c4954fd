/* A small text with a CRC in its last line, so that a person can read it too.
 *
 * Clean means that the view file was synced before this was written, so any copy of it is as good.
 * In use means that pages may exist in the memory of one running kernel only: the file is right for
 * the same file under the same boot, and for nobody else. */
#include "disk/view_state.h"

#include <inttypes.h>

#include "base/crc32c.h"
#include "base/text.h"

enum { VIEW_STATE_FORMAT = 1 };

void view_state_write(struct buf *out, const struct view_state *s)
{
    size_t begin = out->n;
    buf_printf(out, "muster-view %d\nboot %s\ninode %" PRIu64 "\nbirth_s %" PRIu64 "\n",
               VIEW_STATE_FORMAT, s->boot, s->inode, s->birth_s);
    buf_printf(out, "birth_ns %" PRIu64 "\nstate %s\n", s->birth_ns, s->clean ? "clean" : "in-use");
    if (!out->full)
        buf_printf(out, "crc %" PRIu32 "\n", crc32c(0, bytes_of(out->p + begin, out->n - begin)));
}

/* Takes "NAME value\n" off the front of TEXT. */
static bool take_line(struct bytes *text, const char *name, struct bytes *ret)
{
    const uint8_t *end = text->n == 0 ? NULL : memchr(text->p, '\n', text->n);
    if (end == NULL)
        return false;
    struct bytes line = bytes_of(text->p, (size_t)(end - text->p));
    struct bytes want = bytes_str(name);
    if (!bytes_starts(line, want) || line.n <= want.n || line.p[want.n] != ' ')
        return false;
    *text = bytes_skip(*text, line.n + 1);
    *ret = bytes_skip(line, want.n + 1);
    return true;
}

static bool take_number(struct bytes *text, const char *name, uint64_t *ret)
{
    struct bytes value;
    return take_line(text, name, &value) && text_u64(value, ret);
}

static bool take_body(struct bytes *text, struct view_state *s)
{
    struct bytes boot, state;
    if (!take_line(text, "boot", &boot) || boot.n >= sizeof s->boot)
        return false;
    memcpy(s->boot, boot.p, boot.n);
    if (!take_number(text, "inode", &s->inode) || !take_number(text, "birth_s", &s->birth_s) ||
        !take_number(text, "birth_ns", &s->birth_ns) || !take_line(text, "state", &state))
        return false;
    s->clean = bytes_is(state, "clean");
    return s->clean || bytes_is(state, "in-use");
}

enum err view_state_read(struct bytes text, struct view_state *ret)
{
    struct bytes all = text;
    struct view_state s = { 0 };
    uint64_t format, crc;
    if (!take_number(&text, "muster-view", &format))
        return ERR_MALFORMED;
    if (format != VIEW_STATE_FORMAT)
        return ERR_VERSION;
    if (!take_body(&text, &s))
        return ERR_MALFORMED;
    struct bytes before = bytes_of(all.p, all.n - text.n);
    if (!take_number(&text, "crc", &crc) || text.n != 0 || crc != crc32c(0, before))
        return ERR_MALFORMED;
    *ret = s;
    return OK;
}

enum err view_state_judge(const struct view_state *saved, const struct view_state *now,
                          enum view_verdict *ret)
{
    bool same_file = saved->inode == now->inode && saved->birth_s == now->birth_s &&
                     saved->birth_ns == now->birth_ns;
    if (!saved->clean && !same_file)
        return ERR_DAMAGED;
    if (saved->clean)
        *ret = VIEW_CLEAN;
    else
        *ret = strcmp(saved->boot, now->boot) == 0 ? VIEW_IN_USE : VIEW_REBUILD;
    return OK;
}
