/* test/lib/sim_fs.h -- files in memory whose power can go at any moment.
 *
 * A write without FS_DIRECT is in the page cache: until a sync each of its 512-byte sectors may be
 * lost by itself, and so may the file's size. A write with FS_DIRECT is durable when it returns; if
 * the power goes during it, any of its sectors may be there. A file that was made, renamed or
 * removed may be back under its old name until its folder was synced, each of these by itself. One
 * thread. */
#ifndef TEST_LIB_SIM_FS_H
#define TEST_LIB_SIM_FS_H

#include "disk/fs.h"

struct sim_fs;

struct sim_fs *sim_fs_new(void);
void sim_fs_free(struct sim_fs *s);
struct fs *sim_fs_fs(struct sim_fs *s);

/* Calls so far that change or sync something: the points at which the power may go. */
uint64_t sim_fs_points(const struct sim_fs *s);
/* The power goes during the N-th such call from now (1 is the next), 0: never. */
void sim_fs_cut_at(struct sim_fs *s, uint64_t n);
bool sim_fs_is_off(const struct sim_fs *s);
/* The power comes back: SEED decides what of the unsynced is there. All files must be closed. */
void sim_fs_reboot(struct sim_fs *s, uint64_t seed);

/* Not the power went, only the process: everything it wrote is in the page cache. */
void sim_fs_revive(struct sim_fs *s);

/* All calls so far (but close), and the one from now on that fails with ERR_IO; 0: none. */
uint64_t sim_fs_calls(const struct sim_fs *s);
void sim_fs_fail_at(struct sim_fs *s, uint64_t n);
/* What the failed call was: its path, and its offset if it was a read or write (*ret_at, else
 * false). */
const char *sim_fs_failed_path(const struct sim_fs *s);
bool sim_fs_failed_offset(const struct sim_fs *s, uint64_t *ret_at);

/* From now on FS_DIRECT writes report before they are durable, one write early. */
void sim_fs_lie(struct sim_fs *s);

/* The file's bytes as a reader sees them, lent; NULL if there is none. */
struct bytes sim_fs_bytes(const struct sim_fs *s, const char *path);
/* Makes or replaces a file, durably. */
void sim_fs_put(struct sim_fs *s, const char *path, struct bytes bytes);
/* Open files: 0 when nobody leaks. */
size_t sim_fs_open_n(const struct sim_fs *s);

#endif
