/* rig.h -- a store with one kind of command: a list of steps on pairs, sessions, nodes and checks,
 * planned in a draft and done all or not at all. */
#ifndef TEST_CATALOG_KV_RIG_H
#define TEST_CATALOG_KV_RIG_H

#include "catalog/kv_plan.h"
#include "catalog/session_plan.h"
#include "catalog/status.h"
#include "test/unit/store/stand.h"

enum step_kind {
    STEP_KV,
    STEP_CREATE,
    STEP_END,
    STEP_NODE,
    STEP_NODE_GONE,
    STEP_CHECK,
    STEP_CHECK_GONE
};

struct step {
    enum step_kind kind;
    struct kv_op kv;
    struct session_create create;
    struct uuid session;
    struct bytes node, check; /* of the node */
    enum status status;
};

struct answer { /* to one step */
    struct kv_result kv;
    struct session_result session;
};

struct rig {
    struct stand *stand;
    const struct step *steps; /* of the command under way */
    size_t step_n;
};

void rig_init(struct rig *r);
void rig_fini(struct rig *r);

/* One command as one entry; ERR_INVALID: a step was refused. Answers live until the next entry. */
enum err rig_apply(struct rig *r, const struct step *steps, size_t n, const struct answer **ret);
/* The age that the next entry will have; each is a second older than the one before. */
uint64_t rig_age_ms(const struct rig *r);
/* What stands at KEY; false if nothing does. Lent until the next entry. */
bool rig_get(struct rig *r, struct bytes key, struct kv_entry *ret);
bool rig_has_session(struct rig *r, const struct uuid *id);
/* Rows beside the spaces whose keys begin with LETTER. */
size_t rig_side_rows(struct rig *r, const char *letter);

bool answer_is_refusal(const struct step *step, const struct answer *answer);

#endif
