/* server/agent_file.h -- configuration files of a Consul agent, one by one or a directory of them.
 */
#ifndef SERVER_AGENT_FILE_H
#define SERVER_AGENT_FILE_H

#include "base/arena.h"
#include "base/why.h"

struct agent_files {
    struct arena *arena; /* texts and names live here */
    bool any_name;       /* also files that end in neither .json nor .hcl */
    enum err (*take)(void *ctx, const char *file, struct bytes text);
    void *ctx;
    struct why *why;
};

/* Calls TAKE for the file, or for those of a directory (which is not gone into) in order of their
 * names. ERR_INVALID, with the sentence, for what cannot be read; what TAKE gave. A file of another
 * ending is refused if it is named, and passed over in a directory. */
MUST_CHECK enum err agent_file_read(const struct agent_files *files, const char *path);
MUST_CHECK enum err agent_dir_read(const struct agent_files *files, const char *path);

#endif
