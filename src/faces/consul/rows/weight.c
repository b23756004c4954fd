#include "faces/consul/rows/weight.h"

#include "faces/consul/rows/extras.h"

static uint16_t whole(uint32_t hundredths)
{
    uint32_t weight = (hundredths + WEIGHT_ONE - 1) / WEIGHT_ONE;
    return weight > UINT16_MAX ? UINT16_MAX : (uint16_t)weight;
}

uint16_t consul_srv_weight(const struct instance *i)
{
    const struct published *from = i->from;
    struct consul_extras extras;
    struct arena arena;
    if (from->owner.face != FACE_CONSUL || i->weight != from->said.weight)
        return whole(i->weight);
    arena_init(&arena, 0);
    enum err e = consul_extras_read(from->said.extras, &arena, &extras);
    arena_fini(&arena);
    if (e != OK)
        return whole(i->weight);
    return (uint16_t)(i->is.status == STATUS_SUSPECT ? extras.warning : extras.passing);
}
