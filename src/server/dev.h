/* server/dev.h -- what `--dev` says, and takes away again. */
#ifndef SERVER_DEV_H
#define SERVER_DEV_H

struct parts;

/* The ports and three commands to copy, on standard output. */
void dev_greet(struct parts *p);
/* Removes the temporary directory. */
void dev_remove(const char *dir);

#endif
