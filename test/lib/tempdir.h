/* test/lib/tempdir.h -- a fresh folder for one test, and its end. */
#ifndef TEST_LIB_TEMPDIR_H
#define TEST_LIB_TEMPDIR_H

/* Gives the path of a new empty folder below TMPDIR (tempdir_free). Aborts if it cannot be made. */
char *tempdir_new(void);
/* Removes the folder with all it holds and frees the path. */
void tempdir_free(char *path);
/* Removes all it holds and keeps the folder. */
void tempdir_empty(const char *path);

#endif
