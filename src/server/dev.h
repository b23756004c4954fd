/* server/dev.h -- what `--dev` says, and takes away again; what an agent says. */
#ifndef SERVER_DEV_H
#define SERVER_DEV_H

struct config;
struct parts;

/* The ports and three commands to copy, on standard output. */
void dev_greet(struct parts *p);
/* What those who start Consul's agent wait for, on standard output. */
void dev_greet_as_consul(const struct config *config);
/* Removes the temporary directory. */
void dev_remove(const char *dir);

#endif
