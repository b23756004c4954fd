/* faces/consul/config/entries.h -- configuration entries out of a view.
 */
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
/* OK if the row of OBJECT can be read, and is of the entry that its key says. Besides the above
 * ERR_MALFORMED, ERR_TOO_BIG. */
MUST_CHECK enum err consul_entry_check(const struct object *object, struct arena *arena);
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

/* -- rights -------------------------------------------------------------------------------------
 */

struct consul_entry_right {
    enum access_kind kind;
    bool by_name; /* of the entry; else of what has no names */
};

struct consul_entry_right consul_entry_right(enum config_entry_kind kind);

#endif
