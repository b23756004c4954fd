/* differential/script.h -- entries of commands, in the model's words, to be run on model and store.
 *
 * A script is whole before it is run, so that commands can be left out of it until only those
 * remain that show a difference (shrink.h). */
#ifndef DIFFERENTIAL_SCRIPT_H
#define DIFFERENTIAL_SCRIPT_H

#include "test/unit/store/model/model.h"

struct script_entry {
    size_t number; /* from 1; stays when others are left out */
    struct model_command *commands;
    size_t n;
};

struct script {
    struct arena arena; /* of all that stands in it */
    struct script_entry *entries;
    size_t entry_n, entry_room;
    struct bytes *keys; /* those that it is about, for questions */
    size_t key_n, key_room;
};

void script_init(struct script *s);
void script_fini(struct script *s);
/* Begins an entry; commands are added to the last one. */
void script_entry(struct script *s);
void script_add(struct script *s, const struct model_command *command);
/* Makes KEY (kept) known. */
void script_know(struct script *s, struct bytes key);
/* Operations, and commands that are not transactions. */
size_t script_operations(const struct script *s);
/* The script as text on stderr. */
void script_print(const struct script *s);

/* N bytes FILL, then the bytes of TAIL: in the script's memory. */
struct bytes script_bytes(struct script *s, char fill, size_t n, const char *tail);
/* Commands of one operation. */
void script_put(struct script *s, unsigned space, struct bytes key, struct bytes value,
                int64_t lease);
void script_remove(struct script *s, unsigned space, struct bytes key, struct bytes end);
void script_txn(struct script *s, const struct model_op *ops, size_t n);
void script_grant(struct script *s, int64_t id);
void script_revoke(struct script *s, int64_t id);
void script_compact(struct script *s, unsigned space, uint64_t revision);

#endif
