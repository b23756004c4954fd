/* Names, and the one word `group--name`. */
#include "catalog/identity.h"

#include <inttypes.h>

#include "base/text.h"

/* Where PAIR, two bytes, first stands in TEXT; TEXT.n if it does not. */
static size_t find_pair(struct bytes text, const char *pair)
{
    for (size_t i = 0; i + 1 < text.n; i++)
        if (text.p[i] == (uint8_t)pair[0] && text.p[i + 1] == (uint8_t)pair[1])
            return i;
    return text.n;
}

static bool has_pair(struct bytes text, const char *pair)
{
    return find_pair(text, pair) < text.n;
}

static bool ends_with(struct bytes text, char c)
{
    return text.n > 0 && text.p[text.n - 1] == (uint8_t)c;
}

static struct bytes or_default(struct bytes text, const char *fallback)
{
    return text.n == 0 ? bytes_str(fallback) : text;
}

bool is_name(struct bytes text, size_t max)
{
    if (text.n == 0 || text.n > max || !text_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7f)
            return false;
    return true;
}

void fold_append(struct bytes text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        buf_put_u8(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c);
    }
}

struct bytes fold_dup(struct bytes text, struct arena *arena)
{
    struct buf folded;
    buf_init(&folded, text.n);
    fold_append(text, &folded);
    struct bytes ret = arena_dup(arena, buf_bytes(&folded));
    buf_fini(&folded);
    return ret;
}

/* -- services --------------------------------------------------------------------------------- */

enum err service_id_make(struct bytes ns, struct bytes group, struct bytes name,
                         struct service_id *ret)
{
    struct service_id id = { .ns = or_default(ns, NAMESPACE_DEFAULT),
                             .group = or_default(group, GROUP_DEFAULT),
                             .name = name };
    if (id.ns.n > NAMESPACE_MAX || id.group.n > GROUP_MAX || id.name.n > SERVICE_NAME_MAX)
        return ERR_TOO_BIG;
    if (!is_name(id.ns, NAMESPACE_MAX) || !is_name(id.group, GROUP_MAX) ||
        !is_name(id.name, SERVICE_NAME_MAX))
        return ERR_INVALID;
    if (has_pair(id.group, "@@") || ends_with(id.group, '@'))
        return ERR_INVALID; /* Nacos splits group@@name at the first @@ */
    *ret = id;
    return OK;
}

bool service_id_eq(const struct service_id *a, const struct service_id *b)
{
    return bytes_eq(a->ns, b->ns) && text_eq_nocase(a->group, b->group) &&
           text_eq_nocase(a->name, b->name);
}

enum err service_id_write(const struct service_id *id, struct buf *out)
{
    bool bare = text_eq_nocase(id->group, bytes_str(GROUP_DEFAULT)) && !has_pair(id->name, "--");
    if (has_pair(id->group, "--") || ends_with(id->group, '-'))
        return ERR_INVALID;
    if (!bare) {
        buf_put_bytes(out, id->group);
        buf_put_str(out, "--");
    }
    buf_put_bytes(out, id->name);
    return buf_err(out);
}

enum err service_id_parse(struct bytes ns, struct bytes word, struct service_id *ret)
{
    size_t at = find_pair(word, "--");
    bool split = at > 0 && at + 2 < word.n;
    struct bytes group = split ? bytes_of(word.p, at) : (struct bytes){ 0 };
    return service_id_make(ns, group, split ? bytes_skip(word, at + 2) : word, ret);
}

void instance_id_write(const struct service_id *id, struct bytes address, uint16_t port,
                       struct bytes cluster, struct buf *out)
{
    buf_put_bytes(out, address);
    buf_printf(out, "#%" PRIu16 "#", port);
    buf_put_bytes(out, or_default(cluster, CLUSTER_DEFAULT));
    buf_put_str(out, "#");
    buf_put_bytes(out, id->group);
    buf_put_str(out, "@@");
    buf_put_bytes(out, id->name);
}
