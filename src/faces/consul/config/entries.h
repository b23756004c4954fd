/* faces/consul/config/entries.h -- configuration entries out of a view and into a command.
 *
 * What entries say of one another is checked before a write, here, against the view that the write
 * was read from. So that no two writes that are each right, but not together, can both pass, each
 * command also puts the guard: a row beside the entries with the revision at which it was read. Of
 * two writes checked against the same view the second finds another guard, is refused as a whole,
 * and is checked again against a newer view. */
#ifndef FACES_CONSUL_CONFIG_ENTRIES_H
#define FACES_CONSUL_CONFIG_ENTRIES_H

#include "catalog/object.h"
#include "faces/consul/call/call.h"
#include "traffic/chain.h"

struct consul_entry {
    enum config_entry_kind kind;
    struct bytes name, json; /* without its indexes */
    uint64_t create, modify;
    struct config_entry entry; /* once it is read */
    bool is_read, is_gone;
};

struct consul_entries {       /* all there are, or all of one kind */
    struct consul_entry *all; /* by kind's and own name */
    size_t n;
    struct arena *arena;
    uint64_t guard;               /* its revision; 0: there is none yet */
    struct consul_entry *pending; /* a write that is being checked, in their place; NULL: none */
    enum err err;                 /* of an entry that could not be read */
};

/* ERR_NOT_FOUND; ERR_DAMAGED, ERR_VERSION. So below. */
MUST_CHECK enum err consul_entry_read(const struct view *view, enum config_entry_kind kind,
                                      struct bytes name, struct arena *arena,
                                      struct consul_entry *ret);
/* KIND, or all kinds for ENTRY_KIND_N. */
MUST_CHECK enum err consul_entries_read(const struct view *view, enum config_entry_kind kind,
                                        struct arena *arena, struct consul_entries *ret);
/* What it holds; NULL: it is gone or damaged. */
const struct config_entry *consul_entry_decode(struct consul_entries *all, struct consul_entry *e);
/* For chains, over all that was read: with the pending write done. */
struct chain_source consul_entries_source(struct consul_entries *all);

/* With its hash and indexes, as it is shown. */
void consul_entry_write(const struct consul_entry *e, struct json_writer *j);
/* ENTRY as it is kept, in ARENA. */
struct bytes consul_entry_json(const struct config_entry *entry, struct arena *arena);

/* -- writing ------------------------------------------------------------------------------------
 */

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

/* -- rights -------------------------------------------------------------------------------------
 */

struct consul_entry_right {
    enum access_kind kind;
    bool by_name; /* of the entry; else of what has no names */
};

struct consul_entry_right consul_entry_right(enum config_entry_kind kind);

#endif
