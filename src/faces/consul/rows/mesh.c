#include "faces/consul/rows/mesh.h"

#include "base/text.h"
#include "wire/json_bind.h"

struct proxy {
    struct bytes destination;
};

static const struct json_field proxy_fields[] = {
    JSON_FIELD(struct proxy, destination, "DestinationServiceName", STRING),
};
static const struct json_shape proxy_shape = { "ConnectProxyConfig", sizeof(struct proxy),
                                               proxy_fields, ARRAY_LEN(proxy_fields), true };

struct connect {
    bool native;
};

static const struct json_field connect_fields[] = {
    JSON_FIELD(struct connect, native, "Native", BOOL),
};
static const struct json_shape connect_shape = { "ServiceConnect", sizeof(struct connect),
                                                 connect_fields, ARRAY_LEN(connect_fields), true };

bool consul_extras_are_native(const struct consul_extras *x)
{
    struct arena arena;
    struct connect connect = { 0 };
    if (x->connect.n == 0)
        return false;
    arena_init(&arena, 0);
    enum err e = json_decode(x->connect, &connect_shape, &arena, &connect, NULL);
    arena_fini(&arena);
    return e == OK && connect.native;
}

bool consul_extras_are_proxy(const struct consul_extras *x, struct arena *arena, struct bytes *ret)
{
    struct proxy proxy = { 0 };
    if (!bytes_is(x->kind, "connect-proxy") ||
        json_decode(x->proxy, &proxy_shape, arena, &proxy, NULL) != OK)
        return false;
    *ret = proxy.destination;
    return true;
}

struct bytes consul_extras_mesh_service(const struct consul_extras *x, struct bytes service,
                                        struct arena *arena)
{
    struct bytes behind;
    if (consul_extras_are_proxy(x, arena, &behind))
        return behind;
    return consul_extras_are_native(x) ? service : bytes_str("");
}

bool consul_extras_are_mesh_of(const struct consul_extras *x, struct bytes service,
                               struct bytes name, struct arena *arena)
{
    struct bytes of;
    if (text_eq_nocase(service, name))
        return consul_extras_are_native(x);
    return consul_extras_are_proxy(x, arena, &of) && text_eq_nocase(of, name);
}

bool consul_instance_is_mesh_of(const struct instance *i, struct bytes service, struct bytes name,
                                struct arena *arena)
{
    struct consul_extras extras;
    return i->from->owner.face == FACE_CONSUL &&
           consul_extras_read(i->from->said.extras, arena, &extras) == OK &&
           consul_extras_are_mesh_of(&extras, service, name, arena);
}
