/* model/model_state.h -- what the model's own files change its state with. */
#ifndef MODEL_MODEL_STATE_H
#define MODEL_MODEL_STATE_H

#include "test/unit/store/model/model.h"

/* NULL if nothing was ever put there. */
const struct model_key *model_key(const struct model *m, unsigned space, struct bytes key);
/* The living version at REVISION, or NULL. */
const struct model_event *model_key_at(const struct model_key *key, uint64_t revision);
/* Adds a change whose space, kind, key, value, lease, mod and sub are given; the rest follows from
 * what stood there. */
void model_happen(struct model *m, const struct model_event *event);
/* Forgets all changes above the newest revisions: of a transaction that was refused half way. */
void model_unhappen(struct model *m);
void model_lease_add(struct model *m, const struct model_lease *lease);
void model_lease_drop(struct model *m, int64_t id);

/* Writes of one transaction or revoke: all common ones share one new revision, SYSTEM's another. */
struct model_writing {
    struct model *m;
    uint32_t sub, system_sub; /* of the next change */
};
void model_write(struct model_writing *w, struct model_event event);
/* Makes the new revisions current, if there was a write. */
void model_written(struct model_writing *w);

/* Selects, filters, sorts and cuts, at AT; refuses nothing. */
void model_select(const struct model *m, const struct model_range *range, uint64_t at,
                  struct arena *arena, struct model_rows *ret);
/* What a range at REVISION may be refused with. */
enum err model_readable(const struct model *m, unsigned space, int64_t revision);

enum err model_txn_run(struct model *m, const struct model_txn *txn, struct arena *arena,
                       struct model_txn_answer **ret);

#endif
