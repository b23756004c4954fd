/* Open mode: everyone may do everything, and says who he is as far as is known. */
#include "hub/gate.h"

struct granted {
    struct origin origin;
    uint64_t policy_mark; /* store/policy.h */
};

static const struct granted self = { .origin = { .face = FACE_KEEPER } };

enum err access_check(const struct caller *caller, const struct operation *operations, size_t n,
                      struct arena *arena, const struct granted **ret)
{
    struct granted *g = arena_zalloc(arena, 1, sizeof *g);
    g->origin = (struct origin){
        .principal = bytes_str(caller->client_name == NULL ? "" : caller->client_name),
        .face = caller->face,
        .address = bytes_str(caller->peer == NULL ? "" : caller->peer),
        .why = caller->why,
    };
    *ret = g;
    return OK;
}

const struct granted *granted_self(void)
{
    return &self;
}

const struct origin *granted_origin(const struct granted *g)
{
    return &g->origin;
}

uint64_t granted_policy_mark(const struct granted *g)
{
    return g->policy_mark;
}
