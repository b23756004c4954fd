/* model.h -- Consul's rules for pairs and sessions, over a handful of names, in plain arrays. */
#ifndef TEST_CATALOG_KV_MODEL_H
#define TEST_CATALOG_KV_MODEL_H

#include "test/unit/catalog/kv/rig.h"

enum { MODEL_KEYS = 8, MODEL_SESSIONS = 5, MODEL_NODES = 2, MODEL_CHECKS = 2 };

/* In their order. The last is longer than a key of LMDB. */
struct bytes model_key(size_t i);
struct uuid model_session(size_t i);
struct bytes model_node(size_t i);
struct bytes model_check(size_t i);

struct model_mark { /* of a row, in one command */
    bool touched, before;
};

struct model {
    uint64_t revision;
    struct {
        bool there;
        struct kv_entry entry;
        uint64_t delayed_until_ms;
        struct model_mark mark;
    } pairs[MODEL_KEYS];
    struct {
        bool there;
        struct session_create create;
        struct model_mark mark;
    } sessions[MODEL_SESSIONS];
    struct {
        bool there;
        struct model_mark mark;
    } nodes[MODEL_NODES];
    struct {
        bool there;
        enum status status;
        struct model_mark mark;
    } checks[MODEL_NODES][MODEL_CHECKS];
};

void model_init(struct model *m);
/* As rig_apply; ANSWERS has room for N, their entries lie in the arena. */
enum err model_apply(struct model *m, uint64_t age_ms, const struct step *steps, size_t n,
                     struct arena *arena, struct answer *answers);
/* A range of pairs is removed by a transaction of the kernel's own. */
void model_remove_range(struct model *m, struct bytes prefix);

#endif
