/* faces/consul/config/entries_write.h -- configuration entries into a command.
 *
 * What entries say of one another is checked before a write, here, against the view that the write
 * was read from. So that no two writes that are each right, but not together, can both pass, each
 * command also puts the guard: a row beside the entries with the revision at which it was read. Of
 * two writes checked against the same view the second finds another guard, is refused as a whole,
 * and is checked again against a newer view. */
#ifndef FACES_CONSUL_CONFIG_ENTRIES_WRITE_H
#define FACES_CONSUL_CONFIG_ENTRIES_WRITE_H

#include "faces/consul/config/entries.h"

/* Whether all chains that the pending write has a part in compile: ERR_INVALID with Consul's
 * sentence. entries_check.c */
MUST_CHECK enum err consul_entries_check(struct consul_entries *all, struct bytes datacenter,
                                         struct why *why);

struct consul_entry_change { /* in the call's arena until it is done */
    enum config_entry_kind kind;
    struct bytes name;
    bool removes, has_cas;
    uint64_t cas;
    struct bytes json; /* of one that is put */
    /* Called once, if nothing failed: DONE is false if the index was another. */
    void (*done)(struct consul_call *c, bool done);
    /* Looks at what there is before it is written, and may change KIND's row or say no; true: it
     * has answered. May be NULL. */
    bool (*prepare)(struct consul_call *c, struct consul_entry_change *change,
                    struct consul_entries *all);
    void *state;
    unsigned tries;
};

/* After consul_grant. Checks and writes. Keeps CHANGE. */
void consul_entry_submit(struct consul_call *c, struct consul_entry_change *change);

#endif
