/* server/agent_keys.h -- the keys of a Consul agent's configuration, and its command line's twins.
 *
 * One table: what a key is called in a file (objects joined by dots), the flag that sets it too,
 * and what becomes of it here. A key that is not in it stops the start, as with Consul. */
#ifndef SERVER_AGENT_KEYS_H
#define SERVER_AGENT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

enum agent_kind {
    AGENT_TEXT, /* strings; numbers and durations too, as they were written */
    AGENT_BOOL,
    AGENT_LIST, /* of strings: each adds to what is there, joined by commas */
    AGENT_TREE  /* anything */
};

enum agent_use {
    AGENT_OPTION,  /* `muster serve` has an option for it: NOTE */
    AGENT_OWN,     /* agent_options.c knows what to do with it */
    AGENT_DEFINES, /* services and checks */
    AGENT_UNUSED,  /* has no meaning here: taken and listed */
    AGENT_REFUSED  /* cannot be left out of account: NOTE says why; nothing, false, 0 and 1 can */
};

struct agent_key {
    const char *path, *flag; /* flag "": none */
    enum agent_kind kind;
    enum agent_use use;
    const char *note;
};

extern const struct agent_key agent_keys[];
extern const size_t agent_key_n;

/* Where it stands in the table, or agent_key_n. Without the case of ASCII letters. */
size_t agent_key_find(struct bytes path);
size_t agent_flag_find(struct bytes flag);
/* True if PATH is the beginning of a key's: an object that is read member by member. */
bool agent_key_is_object(struct bytes path);
/* The known name nearest to NAME, or NULL. */
const char *agent_key_nearest(struct bytes path);
const char *agent_flag_nearest(struct bytes flag);

#endif
