/* From keys back to their parts. */
#include "catalog/key_read.h"

#include <string.h>

#include "base/rd.h"

/* Takes the part up to the next zero off *REST. */
static enum err take_part(struct bytes *rest, struct bytes *ret)
{
    const uint8_t *end = rest->n == 0 ? NULL : memchr(rest->p, 0, rest->n);
    if (end == NULL)
        return ERR_MALFORMED;
    *ret = bytes_of(rest->p, (size_t)(end - rest->p));
    *rest = bytes_skip(*rest, ret->n + 1);
    return OK;
}

/* Takes the service off a publication's key. */
static enum err take_service(struct bytes key, struct bytes *ret_rest, struct service_id *ret)
{
    struct bytes rest = bytes_skip(key, 1);
    struct service_id id = { 0 };
    if (key.n == 0 || key.p[0] != 'p')
        return ERR_MALFORMED;
    enum err e = take_part(&rest, &id.ns);
    if (e == OK)
        e = take_part(&rest, &id.group);
    if (e == OK)
        e = take_part(&rest, &id.name);
    *ret_rest = rest;
    *ret = id;
    return e;
}

enum err publication_key_service(struct bytes key, struct service_id *ret)
{
    struct bytes rest;
    return take_service(key, &rest, ret);
}

static enum err take_face(struct bytes *rest, enum face *ret)
{
    if (rest->n == 0 || rest->p[0] == FACE_NONE || rest->p[0] >= FACES)
        return ERR_MALFORMED;
    *ret = (enum face)rest->p[0];
    *rest = bytes_skip(*rest, 1);
    return OK;
}

enum err from_node_key_owner(struct bytes rest, struct owner *ret)
{
    enum face face;
    enum err e = take_face(&rest, &face);
    if (e == OK)
        *ret = (struct owner){ .face = face, .part = rest };
    return e;
}

enum err at_place_key_owner(struct bytes rest, struct owner *ret)
{
    struct bytes name;
    enum face face = FACE_NONE;
    enum err e = take_face(&rest, &face);
    if (e == OK)
        e = take_part(&rest, &name);
    if (e == OK)
        *ret = (struct owner){ .face = face, .name = name, .part = rest };
    return e;
}

enum err publication_key_owner(struct bytes key, struct owner *ret)
{
    struct bytes rest;
    struct service_id id;
    enum err e = take_service(key, &rest, &id);
    return e == OK ? at_place_key_owner(rest, ret) : e;
}

enum err check_key_read(struct bytes key, struct check_id *ret)
{
    struct bytes rest = bytes_skip(key, 1);
    struct check_id id = { 0 };
    if (key.n == 0 || key.p[0] != 'c')
        return ERR_MALFORMED;
    enum err e = take_part(&rest, &id.ns);
    if (e == OK)
        e = take_part(&rest, &id.node);
    if (e == OK)
        e = take_part(&rest, &id.instance);
    id.check = rest;
    if (e == OK)
        *ret = id;
    return e;
}

enum err overlay_key_place(struct bytes rest, struct bytes *ret_address, uint16_t *ret_port,
                           struct bytes *ret_cluster)
{
    struct bytes address;
    enum err e = take_part(&rest, &address);
    if (e != OK || rest.n < 3)
        return ERR_MALFORMED;
    *ret_address = address;
    *ret_port = (uint16_t)(rest.p[0] << 8 | rest.p[1]);
    *ret_cluster = bytes_skip(rest, 2);
    return OK;
}

enum err session_key_read(struct bytes key, struct bytes *ret_ns, struct uuid *ret)
{
    struct bytes rest = bytes_skip(key, 1), ns;
    if (key.n == 0 || key.p[0] != 'x')
        return ERR_MALFORMED;
    enum err e = take_part(&rest, &ns);
    if (e != OK || rest.n != UUID_BYTES)
        return ERR_MALFORMED;
    *ret_ns = ns;
    memcpy(ret->b, rest.p, UUID_BYTES);
    return OK;
}

enum err bound_key_session(struct bytes key, struct uuid *ret)
{
    if (key.n < 1 + UUID_BYTES || key.p[0] != 'b')
        return ERR_MALFORMED;
    memcpy(ret->b, key.p + key.n - UUID_BYTES, UUID_BYTES);
    return OK;
}

enum err lock_delay_end_key_read(struct bytes key, uint64_t *ret_until_ms, struct bytes *ret)
{
    struct rd r;
    rd_init(&r, key);
    uint8_t letter = rd_u8(&r);
    uint64_t until_ms = rd_be64(&r);
    if (r.err != OK || letter != 'e')
        return ERR_MALFORMED;
    *ret_until_ms = until_ms;
    *ret = r.left;
    return OK;
}

enum err user_event_key_number(struct bytes key, uint64_t *ret)
{
    struct rd r;
    struct bytes rest = bytes_skip(key, 1), ns;
    if (key.n == 0 || key.p[0] != 'v' || take_part(&rest, &ns) != OK)
        return ERR_MALFORMED;
    rd_init(&r, rest);
    *ret = rd_be64(&r);
    return rd_end(&r) == OK ? OK : ERR_MALFORMED;
}
