/* disk/view_file.h -- the view's file as the disk sees it: can it be taken, has it room to grow. */
#ifndef DISK_VIEW_FILE_H
#define DISK_VIEW_FILE_H

#include "disk/fs.h"
#include "disk/os.h"
#include "disk/view_state.h"

struct view_file {
    struct fs *fs;
    uint64_t assured_bytes; /* it has blocks up to here */
    char parent[OS_PATH_MAX];
    char dir[OS_PATH_MAX], path[OS_PATH_MAX]; /* PARENT/view, PARENT/view/view.mdb */
    char state[OS_PATH_MAX];                  /* PARENT/view.state */
};

/* PARENT is the data directory. */
void view_file_init(struct view_file *v, struct fs *fs, const char *parent);
/* The rest as datadir.h has it. */
MUST_CHECK enum err view_file_judge(struct view_file *v, bool rebuild, enum view_verdict *ret,
                                    struct why *why);
MUST_CHECK enum err view_file_mark(struct view_file *v, bool clean, struct why *why);
MUST_CHECK enum err view_file_drop(struct view_file *v, struct why *why);
MUST_CHECK enum err view_file_assure(struct view_file *v, uint64_t upto_bytes, struct why *why);

#endif
