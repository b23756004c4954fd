/* disk/view_state.h -- DIR/view.state: whether the view file may be taken as it is.
 */
#ifndef DISK_VIEW_STATE_H
#define DISK_VIEW_STATE_H

#include "base/buf.h"
#include "base/err.h"

enum view_verdict {
    VIEW_FRESH,  /* there is none */
    VIEW_CLEAN,  /* closed cleanly: take it */
    VIEW_IN_USE, /* same file, same boot: its process died, the pages are whole: take it */
    VIEW_REBUILD /* anything else: build it again from snapshot and log */
};

struct view_state {
    char boot[40];  /* of this run of the kernel */
    uint64_t inode; /* of the view file */
    uint64_t birth_s, birth_ns;
    bool clean;
};

enum { VIEW_STATE_MAX = 512 };

void view_state_write(struct buf *out, const struct view_state *s);
/* ERR_MALFORMED: to be treated as if there were none. ERR_VERSION. */
MUST_CHECK enum err view_state_read(struct bytes text, struct view_state *ret);
/* What SAVED says of a view file that NOW describes. ERR_DAMAGED: the folder was copied in use. */
MUST_CHECK enum err view_state_judge(const struct view_state *saved, const struct view_state *now,
                                     enum view_verdict *ret);

#endif
